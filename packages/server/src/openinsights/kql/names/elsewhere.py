"""Functions whose subject exists elsewhere alone: clusters, graphs, cursors, extents."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name("__cast", "__cast(type, value)", "print __cast('long', 1)"),
    Name(
        "__geo_length_to_s2cell_level",
        "__geo_length_to_s2cell_level(length)",
        "print __geo_length_to_s2cell_level(1000)",
    ),
    Name(
        "__geo_line_s2cell_covering_level",
        "__geo_line_s2cell_covering_level(lineString)",
        "print __geo_line_s2cell_covering_level(dynamic({}))",
    ),
    Name(
        "__geo_line_validate",
        "__geo_line_validate(lineString)",
        "print __geo_line_validate(dynamic({}))",
    ),
    Name(
        "__geo_polygon_s2cell_covering_level",
        "__geo_polygon_s2cell_covering_level(polygon)",
        "print __geo_polygon_s2cell_covering_level(dynamic({}))",
    ),
    Name(
        "__geo_polygon_validate",
        "__geo_polygon_validate(polygon)",
        "print __geo_polygon_validate(dynamic({}))",
    ),
    Name("__hash_crc32", "__hash_crc32(source, mod, seed)", "print __hash_crc32('a', 10, 0)"),
    Name("__hash_djb2", "__hash_djb2(source, [mod])", "print __hash_djb2('a')"),
    Name("__hash_many_crc32", "__hash_many_crc32(arg, …)", "print __hash_many_crc32('a')"),
    Name("__hash_xxh64", "__hash_xxh64(source, mod, seed)", "print __hash_xxh64('a', 10, 0)"),
    Name("__hll_normalize", "__hll_normalize(hll, …)", "print __hll_normalize(dynamic([]))"),
    Name("__invoke", "__invoke(name, type, [arg, …])", "print __invoke('f', 'long')"),
    Name(
        "__ipv6_lookup_ranges",
        "__ipv6_lookup_ranges(ip, ranges)",
        "print __ipv6_lookup_ranges('::1', dynamic([]))",
    ),
    Name(
        "__lz4_compress_dynamic_array_to_base64_string",
        "__lz4_compress_dynamic_array_to_base64_string(dynamic)",
        "print __lz4_compress_dynamic_array_to_base64_string(dynamic([1]))",
    ),
    Name(
        "all",
        "all(pattern_element, expression)",
        "datatable(a: string, b: string)['x', 'y', 'y', 'z'] | make-graph a --> b with_node_id=id"
        " | graph-match (n)-[e*1..2]->(m) where all(e, a != b) project id = n.id | order by id asc",
    ),
    Name(
        "any",
        "any(pattern_element, expression)",
        "requests | make-graph id --> operation_Id | graph-match (a)-[e*1..3]->(b) where any(e, duration > 5)"
        " project e.name",
    ),
    Name("cluster", "cluster(name)", "cluster('help').database('Samples').StormEvents | count"),
    Name(
        "current_cluster_endpoint", "current_cluster_endpoint()", "print current_cluster_endpoint()"
    ),
    Name("current_cursor", "current_cursor()", "print current_cursor()"),
    Name("current_database", "current_database()", "print strlen(current_database()) > 0"),
    Name("current_node_id", "current_node_id()", "print current_node_id()"),
    Name("current_principal", "current_principal()", "print current_principal()"),
    Name(
        "current_principal_details",
        "current_principal_details()",
        "print current_principal_details()",
    ),
    Name(
        "current_principal_is_member_of",
        "current_principal_is_member_of(group, …)",
        "print current_principal_is_member_of('aadgroup=x')",
    ),
    Name("cursor_after", "cursor_after(cursor)", "requests | where cursor_after('') | count"),
    Name(
        "cursor_before_or_at",
        "cursor_before_or_at(cursor)",
        "requests | where cursor_before_or_at('') | count",
    ),
    Name("cursor_current", "cursor_current()", "print cursor_current()"),
    Name("database", "database([name])", "database('openinsights').requests | count"),
    Name("entity_group", "entity_group(name)", "print entity_group('web')"),
    Name("extent_id", "extent_id()", "requests | project extent_id()"),
    Name("extent_tags", "extent_tags()", "requests | project extent_tags()"),
    Name("extentid", "extentid()", "requests | project extentid()"),
    Name("external_table", "external_table(name, [mapping])", "external_table('orders') | count"),
    Name("graph", "graph(name, [snapshot])", "graph('calls') | count"),
    Name("hll_isvalid", "hll_isvalid(hll, value)", "print hll_isvalid(dynamic({}))"),
    Name("ingestion_time", "ingestion_time()", "requests | project ingestion_time()"),
    Name(
        "inner_nodes",
        "inner_nodes(edge)",
        "datatable(a: string, b: string)['x', 'y', 'y', 'z'] | make-graph a --> b with_node_id=id"
        " | graph-match (n)-[e*1..2]->(m) project x = map(inner_nodes(e), id) | order by tostring(x) asc",
    ),
    Name("labels", "labels([pattern_element])", "print labels(n)"),
    Name(
        "map",
        "map(pattern_element, expression)",
        "datatable(a: string, b: string)['x', 'y', 'y', 'z'] | make-graph a --> b with_node_id=id"
        " | graph-match (n)-[e*1..2]->(m) project x = map(e, b) | order by tostring(x) asc",
    ),
    Name(
        "materialized_view",
        "materialized_view(name, [max_age])",
        "materialized_view('daily') | count",
    ),
    Name(
        "node_degree_in",
        "node_degree_in(node)",
        "datatable(a: string, b: string)['x', 'y', 'y', 'z'] | make-graph a --> b with_node_id=id"
        " | graph-match (n)-[e*1..2]->(m) project x = node_degree_in(m) | order by x asc",
    ),
    Name(
        "node_degree_out",
        "node_degree_out(node)",
        "datatable(a: string, b: string)['x', 'y', 'y', 'z'] | make-graph a --> b with_node_id=id"
        " | graph-match (n)-[e*1..2]->(m) project x = node_degree_out(m) | order by x asc",
    ),
    Name("node_id", "node_id([node])", "print node_id(n)"),
    Name("row_id", "row_id()", "requests | project row_id()"),
    Name(
        "rowstore_ordinal_range",
        "rowstore_ordinal_range()",
        "requests | where rowstore_ordinal_range()",
    ),
    Name(
        "stored_query_result",
        "stored_query_result(name, [index])",
        "stored_query_result('yesterday') | count",
    ),
    Name("table", "table(name, [query_data_scope])", "table('requests') | count"),
    Name(
        "tdigest_isvalid", "tdigest_isvalid(digest, value)", "print tdigest_isvalid(dynamic({}), 1)"
    ),
)
