"""Tabular operators: what may start a query or follow a pipe."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name("as", "as Name", "range x from 1 to 2 step 1 | as Numbers | union Numbers | count"),
    Name(
        "assert-schema",
        "assert-schema (name:type, …)",
        "range x from 1 to 2 step 1 | assert-schema (x:long)",
    ),
    Name("consume", "consume", "range x from 1 to 2 step 1 | consume"),
    Name("count", "count", "range x from 1 to 9 step 1 | count"),
    Name(
        "datatable",
        "datatable(name:type, …)[value, …]",
        "datatable(name:string, ms:long)['GET /', 12]",
    ),
    Name("distinct", "distinct column, … or *", "datatable(x:long)[1, 1] | distinct x"),
    Name(
        "evaluate",
        "evaluate plugin(…) [: (name:type, …)]",
        "print d = dynamic({'a': 1}) | evaluate bag_unpack(d)",
    ),
    Name("__executeAndCache", "__executeAndCache", "requests | __executeAndCache"),
    Name("extend", "extend [name =] expression, …", "print a = 2 | extend b = a * 10"),
    Name(
        "externaldata",
        "externaldata (name:type, …) [uri]",
        "externaldata (a:string) ['https://shop.example/a.csv']",
    ),
    Name(
        "external_data",
        "external_data (name:type, …) [uri]",
        "external_data (a:string) ['https://shop.example/a.csv']",
    ),
    Name("facet", "facet by column, … [with (…)]", "datatable(x:long)[1, 1, 2] | facet by x"),
    Name("filter", "filter predicate", "range x from 1 to 3 step 1 | filter x > 2"),
    Name("where", "where predicate", "range x from 1 to 3 step 1 | where x > 2"),
    Name(
        "find",
        "find [in (table, …)] where predicate [project …]",
        "find in (requests, traces) where operation_Id == 'abc' project timestamp",
    ),
    Name(
        "fork",
        "fork [name =] (operators) …",
        "range x from 1 to 3 step 1 | fork small = (where x < 2) big = (where x > 2)",
    ),
    Name("getschema", "getschema", "print a = 1 | getschema"),
    Name(
        "graph-mark-components",
        "graph-mark-components [kind=…] [with_component_id=name]",
        "print a = 'x', b = 'y' | make-graph a --> b with_node_id=id | graph-mark-components"
        " | graph-to-table nodes",
    ),
    Name(
        "graph-match",
        "graph-match [cycles=…] pattern [where predicate] project [name =] expression, …",
        "datatable(a: string, b: string)['x', 'y', 'y', 'z'] | make-graph a --> b with_node_id=id"
        " | graph-match (n)-[e*1..2]->(m) where n.id == 'x' project id = m.id | order by id asc",
    ),
    Name(
        "graph-shortest-paths",
        "graph-shortest-paths [output=…] pattern [where predicate] project [name =] expression, …",
        "datatable(a: string, b: string)['x', 'y', 'y', 'z'] | make-graph a --> b with_node_id=id"
        " | graph-shortest-paths (n)-[e*1..5]->(m) where n.id == 'x' project m.id, map(e, b)",
    ),
    Name(
        "graph-to-table",
        "graph-to-table nodes or edges [as name] [with_node_id=name], …",
        "print a = 'x', b = 'y' | make-graph a --> b with_node_id=id | graph-to-table nodes",
    ),
    Name(
        "graph-where-edges",
        "graph-where-edges predicate",
        "print a = 'x', b = 'y' | make-graph a --> b | graph-where-edges a != b | graph-to-table edges",
    ),
    Name(
        "graph-where-nodes",
        "graph-where-nodes predicate",
        "print a = 'x', b = 'y' | make-graph a --> b with_node_id=id | graph-where-nodes id != 'x'"
        " | graph-to-table nodes",
    ),
    Name(
        "invoke",
        "invoke function(…)",
        "let bigger = (T:(x:long), than:long) { T | where x > than }; range x from 1 to 3 step 1 | invoke bigger(2)",
    ),
    Name(
        "join",
        "join [kind=…] (table) on key, …",
        "print k = 1, a = 'x' | join kind=inner (print k = 1, b = 'y') on k",
    ),
    Name("limit", "limit count", "range x from 1 to 9 step 1 | limit 1"),
    Name(
        "lookup",
        "lookup [kind=…] (table) on key, …",
        "print k = 1 | lookup (print k = 1, b = 'y') on k",
    ),
    Name(
        "macro-expand",
        "macro-expand group as name (…)",
        "macro-expand entity_group [app('a')] as X (X.requests)",
    ),
    Name(
        "make-graph",
        "make-graph source --> target [with table on id, … or with_node_id=name]",
        "print a = 'x', b = 'y' | make-graph a --> b with (print id = 'x', n = 1) on id | graph-to-table nodes",
    ),
    Name(
        "make-series",
        "make-series [name =] aggregate [default = value] on axis from start to end step size [by key, …]",
        "datatable(x:long)[1, 3] | make-series n = count() on x from 1 to 4 step 1",
    ),
    Name(
        "makeseries",
        "makeseries, as make-series",
        "datatable(x:long)[1, 3] | makeseries n = count() on x from 1 to 4 step 1",
    ),
    Name(
        "mv-apply",
        "mv-apply [name =] array [to typeof(type)] on (operators)",
        "print a = dynamic([3, 9, 5]) | mv-apply v = a to typeof(long) on (summarize most = max(v))",
    ),
    Name(
        "mv-expand",
        "mv-expand [name =] array [to typeof(type)], … [limit count]",
        "print a = dynamic([1, 2]) | mv-expand a to typeof(long)",
    ),
    Name("mvexpand", "mvexpand, as mv-expand", "print a = dynamic([1, 2]) | mvexpand a"),
    Name(
        "order",
        "order by expression [asc or desc] [nulls first or last], …",
        "range x from 1 to 2 step 1 | order by x desc",
    ),
    Name(
        "parse-kv",
        "parse-kv text as (name:type, …) [with (…)]",
        "print t = 'code=500 ms=12' | parse-kv t as (code:int, ms:long) with (pair_delimiter=' ', kv_delimiter='=') | project-away t",
    ),
    Name(
        "parse",
        "parse [kind=…] text with 'literal' name[:type] …",
        "print t = 'GET /orders 12 ms' | parse t with verb ' ' path ' ' ms:long ' ms' | project-away t",
    ),
    Name(
        "parse-where",
        "parse-where text with 'literal' name[:type] …",
        "datatable(t:string)['order 42', 'nothing'] | parse-where t with 'order ' id:long",
    ),
    Name(
        "partition",
        "partition [hint.strategy=…] by column (operators)",
        "datatable(k:string, x:long)['a', 1, 'a', 2, 'b', 9] | partition by k (top 1 by x) | order by x asc",
    ),
    Name("__partitionby", "__partitionby column (…)", "requests | __partitionby name (take 1)"),
    Name("print", "print [name =] expression, …", "print sum = 1 + 2"),
    Name("project", "project [name =] expression, …", "print a = 2 | project double = a * 2"),
    Name("project-away", "project-away name, …", "print a = 1, b = 2 | project-away b"),
    Name(
        "project-by-names", "project-by-names text, …", "print a = 1, b = 2 | project-by-names 'b'"
    ),
    Name("project-keep", "project-keep name, …", "print a = 1, b = 2 | project-keep a"),
    Name("project-rename", "project-rename new = old, …", "print a = 1 | project-rename b = a"),
    Name("project-reorder", "project-reorder name, …", "print a = 1, b = 2 | project-reorder b"),
    Name("range", "range name from start to end step size", "range x from 1 to 3 step 1"),
    Name(
        "reduce",
        "reduce by text [with threshold=…]",
        "datatable(t:string)['order 1 failed', 'order 2 failed', 'order 3 failed'] | reduce by t",
    ),
    Name(
        "render",
        "render chart [with (property=value, …)]",
        "range x from 1 to 2 step 1 | render columnchart",
    ),
    Name("sample", "sample count", "range x from 1 to 1 step 1 | sample 5"),
    Name(
        "sample-distinct",
        "sample-distinct count of column",
        "datatable(x:long)[7, 7] | sample-distinct 5 of x",
    ),
    Name(
        "scan",
        "scan [declare (name:type = value)] with (step name: predicate => name = value; …)",
        "range x from 1 to 3 step 1 | order by x asc | scan declare (total:long = 0) with (step s: true => total = x + s.total;)",
    ),
    Name(
        "search",
        "search [kind=…] [in (table, …)] predicate",
        "search in (requests, traces) 'timeout' | count",
    ),
    Name(
        "serialize",
        "serialize [name = expression, …]",
        "range x from 1 to 2 step 1 | serialize n = row_number()",
    ),
    Name(
        ".show",
        ".show tables, .show table NAME schema as json, …",
        ".show table traces cslschema | project TableName",
    ),
    Name("sort", "sort, as order", "range x from 1 to 2 step 1 | sort by x desc"),
    Name(
        "summarize",
        "summarize [name =] aggregate, … by key, …",
        "range x from 1 to 4 step 1 | summarize total = sum(x) by even = x % 2 == 0 | order by even asc",
    ),
    Name("take", "take count", "range x from 1 to 9 step 1 | take 1"),
    Name("top", "top count by expression [asc or desc]", "range x from 1 to 9 step 1 | top 2 by x"),
    Name(
        "top-hitters",
        "top-hitters count of column",
        "datatable(x:string)['a', 'b', 'a'] | top-hitters 1 of x",
    ),
    Name(
        "top-nested",
        "top-nested count of column by aggregate, …",
        "datatable(x:string)['a', 'b', 'a'] | top-nested 1 of x by count()",
    ),
    Name(
        "union",
        "union [kind=…] [withsource=name] table, …",
        "union (print a = 1), (print a = 2) | order by a asc",
    ),
)
