"""Aggregates: functions of all rows of a group."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name("any", "any(expr)", "range x from 7 to 7 step 1 | summarize any(x)"),
    Name(
        "anyif", "anyif(expr, predicate)", "range x from 1 to 3 step 1 | summarize anyif(x, x > 2)"
    ),
    Name(
        "arg_max",
        "arg_max(maximized, [returned, …])",
        "datatable(name:string, ms:long)['a', 5, 'b', 9] | summarize arg_max(ms, name)",
    ),
    Name(
        "arg_min",
        "arg_min(minimized, [returned, …])",
        "datatable(name:string, ms:long)['a', 5, 'b', 9] | summarize arg_min(ms, name)",
    ),
    Name(
        "argmax",
        "argmax(maximized, [returned, …])",
        "datatable(name:string, ms:long)['a', 5, 'b', 9] | summarize argmax(ms, name)",
    ),
    Name(
        "argmin",
        "argmin(minimized, [returned, …])",
        "datatable(name:string, ms:long)['a', 5, 'b', 9] | summarize argmin(ms, name)",
    ),
    Name("avg", "avg(expr)", "range x from 1 to 4 step 1 | summarize avg(x)"),
    Name(
        "avgif", "avgif(expr, predicate)", "range x from 1 to 4 step 1 | summarize avgif(x, x > 2)"
    ),
    Name(
        "binary_all_and",
        "binary_all_and(expr)",
        "datatable(x:long)[12, 10] | summarize binary_all_and(x)",
    ),
    Name(
        "binary_all_or",
        "binary_all_or(expr)",
        "datatable(x:long)[12, 10] | summarize binary_all_or(x)",
    ),
    Name(
        "binary_all_xor",
        "binary_all_xor(expr)",
        "datatable(x:long)[12, 10] | summarize binary_all_xor(x)",
    ),
    Name(
        "buildschema",
        "buildschema(expr)",
        "datatable(x:dynamic)[dynamic({'a': 1}), dynamic({'b': 'x'})] | summarize buildschema(x)",
    ),
    Name("cnt", "cnt()", "range x from 1 to 4 step 1 | summarize cnt()"),
    Name(
        "count",
        "count([predicate])",
        "range x from 1 to 4 step 1 | summarize count() by even = x % 2 == 0 | order by even asc",
    ),
    Name(
        "count_distinct",
        "count_distinct(expr)",
        "datatable(x:string)['a', 'b', 'a'] | summarize count_distinct(x)",
    ),
    Name(
        "count_distinctif",
        "count_distinctif(expr, predicate)",
        "datatable(x:string)['a', 'b', 'a'] | summarize count_distinctif(x, x != 'b')",
    ),
    Name("countif", "countif(predicate)", "range x from 1 to 4 step 1 | summarize countif(x > 1)"),
    Name(
        "covariance",
        "covariance(expr, expr)",
        "datatable(x:long, y:long)[1, 2, 2, 4, 3, 6] | summarize covariance(x, y)",
    ),
    Name(
        "covarianceif",
        "covarianceif(expr, expr, predicate)",
        "datatable(x:long, y:long)[1, 2, 2, 4, 3, 6] | summarize covarianceif(x, y, x > 1)",
    ),
    Name(
        "covariancep",
        "covariancep(expr, expr)",
        "datatable(x:long, y:long)[1, 2, 3, 6] | summarize covariancep(x, y)",
    ),
    Name(
        "covariancepif",
        "covariancepif(expr, expr, predicate)",
        "datatable(x:long, y:long)[1, 2, 2, 4, 3, 6] | summarize covariancepif(x, y, x != 2)",
    ),
    Name(
        "dcount",
        "dcount(expr, [accuracy])",
        "datatable(x:string)['a', 'b', 'a'] | summarize dcount(x)",
    ),
    Name(
        "dcountif",
        "dcountif(expr, predicate, [accuracy])",
        "datatable(x:string)['a', 'b', 'a'] | summarize dcountif(x, x != 'b')",
    ),
    Name(
        "hll",
        "hll(expr, [accuracy])",
        "range x from 1 to 5 step 1 | summarize state = hll(x) | project dcount_hll(state)",
    ),
    Name(
        "hll_if",
        "hll_if(expr, predicate, [accuracy])",
        "range x from 1 to 5 step 1 | summarize state = hll_if(x, x > 2) | project dcount_hll(state)",
    ),
    Name(
        "hll_merge",
        "hll_merge(hll)",
        "range x from 1 to 5 step 1 | summarize state = hll(x) by x % 2 | summarize dcount_hll(hll_merge(state))",
    ),
    Name(
        "make_bag",
        "make_bag(expr, [maxSize])",
        "datatable(x:dynamic)[dynamic({'a': 1}), dynamic({'b': 2})] | summarize make_bag(x)",
    ),
    Name(
        "make_bag_if",
        "make_bag_if(expr, predicate, [maxSize])",
        "datatable(x:dynamic)[dynamic({'a': 1}), dynamic({'b': 2})] | summarize make_bag_if(x, isnotnull(x.b))",
    ),
    Name(
        "make_dictionary",
        "make_dictionary(expr, [maxSize])",
        "datatable(x:dynamic)[dynamic({'a': 1}), dynamic({'b': 2})] | summarize make_dictionary(x)",
    ),
    Name(
        "make_list",
        "make_list(expr, [maxSize])",
        "range x from 1 to 3 step 1 | summarize make_list(x)",
    ),
    Name(
        "make_list_if",
        "make_list_if(expr, predicate, [maxSize])",
        "range x from 1 to 3 step 1 | summarize make_list_if(x, x > 1)",
    ),
    Name(
        "make_list_with_nulls",
        "make_list_with_nulls(expr)",
        "datatable(x:long)[1, long(null), 3] | summarize make_list_with_nulls(x)",
    ),
    Name(
        "make_set",
        "make_set(expr, [maxSize])",
        "datatable(x:long)[1, 2, 1] | order by x asc | summarize make_set(x)",
    ),
    Name(
        "make_set_if",
        "make_set_if(expr, predicate, [maxSize])",
        "datatable(x:long)[1, 2, 1] | summarize make_set_if(x, x > 1)",
    ),
    Name(
        "makelist",
        "makelist(expr, [maxSize])",
        "range x from 1 to 3 step 1 | summarize makelist(x)",
    ),
    Name("makeset", "makeset(expr, [maxSize])", "datatable(x:long)[1, 1] | summarize makeset(x)"),
    Name("max", "max(expr)", "range x from 1 to 4 step 1 | summarize max(x)"),
    Name(
        "maxif", "maxif(expr, predicate)", "range x from 1 to 4 step 1 | summarize maxif(x, x < 3)"
    ),
    Name(
        "merge_tdigest",
        "merge_tdigest(tdigest)",
        "range x from 1 to 5 step 1 | summarize state = tdigest(x) by x % 2 | summarize percentile_tdigest(merge_tdigest(state), 50)",
    ),
    Name("min", "min(expr)", "range x from 1 to 4 step 1 | summarize min(x)"),
    Name(
        "minif", "minif(expr, predicate)", "range x from 1 to 4 step 1 | summarize minif(x, x > 2)"
    ),
    Name(
        "passthrough", "passthrough(expr)", "range x from 1 to 4 step 1 | summarize passthrough(x)"
    ),
    Name(
        "percentile",
        "percentile(expr, percentile)",
        "range x from 1 to 100 step 1 | summarize percentile(x, 95)",
    ),
    Name(
        "percentiles",
        "percentiles(expr, percentile, …)",
        "range x from 1 to 100 step 1 | summarize percentiles(x, 50, 95, 99)",
    ),
    Name(
        "percentiles_array",
        "percentiles_array(expr, percentile, …)",
        "range x from 1 to 100 step 1 | summarize percentiles_array(x, 50, 95)",
    ),
    Name(
        "percentilesw",
        "percentilesw(expr, weight, percentile, …)",
        "datatable(ms:long, n:long)[10, 9, 200, 1] | summarize percentilesw(ms, n, 50, 99)",
    ),
    Name(
        "percentilesw_array",
        "percentilesw_array(expr, weight, percentile, …)",
        "datatable(ms:long, n:long)[10, 9, 200, 1] | summarize percentilesw_array(ms, n, 50, 99)",
    ),
    Name(
        "percentilew",
        "percentilew(expr, weight, percentile)",
        "datatable(ms:long, n:long)[10, 9, 200, 1] | summarize percentilew(ms, n, 50)",
    ),
    Name("stdev", "stdev(expr)", "datatable(x:long)[2, 4, 6] | summarize stdev(x)"),
    Name(
        "stdevif",
        "stdevif(expr, predicate)",
        "datatable(x:long)[2, 4, 6, 100] | summarize stdevif(x, x < 10)",
    ),
    Name("stdevp", "stdevp(expr)", "datatable(x:long)[1, 3] | summarize stdevp(x)"),
    Name(
        "stdevpif",
        "stdevpif(expr, predicate)",
        "datatable(x:long)[1, 3, 100] | summarize stdevpif(x, x < 10)",
    ),
    Name("sum", "sum(expr)", "range x from 1 to 4 step 1 | summarize sum(x)"),
    Name(
        "sumif", "sumif(expr, predicate)", "range x from 1 to 4 step 1 | summarize sumif(x, x > 2)"
    ),
    Name("take_any", "take_any(expr, …)", "datatable(x:long)[7, 7] | summarize take_any(x)"),
    Name(
        "take_anyif",
        "take_anyif(expr, predicate)",
        "range x from 1 to 3 step 1 | summarize take_anyif(x, x > 2)",
    ),
    Name(
        "tdigest",
        "tdigest(expr, [weight])",
        "range x from 1 to 5 step 1 | summarize state = tdigest(x) | project percentile_tdigest(state, 50)",
    ),
    Name(
        "tdigest_merge",
        "tdigest_merge(tdigest)",
        "range x from 1 to 5 step 1 | summarize state = tdigest(x) by x % 2 | summarize percentile_tdigest(tdigest_merge(state), 50)",
    ),
    Name("variance", "variance(expr)", "datatable(x:long)[2, 4, 6] | summarize variance(x)"),
    Name(
        "varianceif",
        "varianceif(expr, predicate)",
        "datatable(x:long)[2, 4, 6, 100] | summarize varianceif(x, x < 10)",
    ),
    Name("variancep", "variancep(expr)", "datatable(x:long)[1, 3] | summarize variancep(x)"),
    Name(
        "variancepif",
        "variancepif(expr, predicate)",
        "datatable(x:long)[1, 3, 100] | summarize variancepif(x, x < 10)",
    ),
)
