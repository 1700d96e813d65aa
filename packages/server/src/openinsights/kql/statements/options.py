"""`set name = value`: options that bound the result or change nothing; others are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Constant
from openinsights.kql.errors import KqlSemanticError, KqlUnsupported
from openinsights.kql.expressions import Expressions
from openinsights.kql.functions import choices
from openinsights.kql.suggest import did_you_mean
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.scope import Scope
    from openinsights.kql.syntax import Node, SetOption

MAX_RECORDS: Final = ("truncationmaxrecords", "query_take_max_records")
"""Options that bound the rows of each result; obeyed."""
NOW: Final = "query_now"
"""The option that says what now() is; obeyed."""
BINS: Final = (choices.BIN_SIZE, choices.BIN_AT)
"""Options that say what bin_auto(…) rounds to; obeyed."""
_BOUNDED: Final = "the server bounds results for all queries alike"
_MEMORY: Final = "the server bounds the memory of all queries"
_SPREAD: Final = "one machine runs the query"
_CLIENT: Final = "it tells about the caller"
IGNORED: Final = {
    "notruncation": _BOUNDED,
    "truncationmaxsize": _BOUNDED,
    "maxoutputcolumns": _BOUNDED,
    "servertimeout": "the request names its time",
    "norequesttimeout": "the server bounds the time of all queries",
    "query_results_cache_max_age": "there is no cache of results",
    "query_results_cache_per_shard": "there is no cache of results",
    "query_results_cache_force_refresh": "there is no cache of results",
    "best_effort": "a table is there or not; see union isfuzzy=true",
    "query_datascope": "all rows are in one place",
    "queryconsistency": "all rows are in one place",
    "maxmemoryconsumptionperiterator": _MEMORY,
    "max_memory_consumption_per_query_per_node": _MEMORY,
    "query_language": "all queries are KQL",
    "query_max_entities_in_union": "unions have a bound of their own",
    "query_distribution_nodes_span": _SPREAD,
    "query_fanout_nodes_percent": _SPREAD,
    "query_fanout_threads_percent": _SPREAD,
    "push_selection_through_aggregation": "the engine plans on its own",
    "materialized_view_shuffle_query": "there are no materialized views",
    "query_results_progressive_row_count": "results come as a whole",
    "query_results_progressive_update_period": "results come as a whole",
    "results_progressive_enabled": "results come as a whole",
    "deferpartialqueryfailures": "results come as a whole",
    "query_log_query_parameters": "queries are not logged",
    "querytrace": "there is no trace",
    "validatepermissions": "the query runs with its caller's rights",
    "request_app_name": _CLIENT,
    "request_user": _CLIENT,
    "request_description": _CLIENT,
    "request_readonly": "a query changes nothing",
    "request_readonly_hardline": "a query changes nothing",
    "request_callout_disabled": "nothing is called",
    "request_external_data_disabled": "there is no external data",
    "request_external_table_disabled": "there are no external tables",
    "request_sandboxed_execution_disabled": "there are no sandboxes",
    "request_impersonation_disabled": "nobody is impersonated",
}
"""Options that change nothing, and why; other options are refused."""


def bind(binder: Binder, node: SetOption, scope: Scope) -> None:
    """Obey the option, or know that it changes nothing."""
    name = node.name.lower()
    if name in MAX_RECORDS and node.value is not None:
        expressions = Expressions(binder, scope, None)
        binder.max_records = expressions.integer_constant(node.value, f"'{node.name}'")
    elif name == NOW and node.value is not None:
        binder.options = replace(binder.options, now_ticks=_ticks(binder, node.value, scope))
    elif name in BINS and node.value is not None:
        binder.bins[name] = Expressions(binder, scope, None).bind(node.value)
    elif name not in IGNORED:
        hint = did_you_mean(node.name, [*MAX_RECORDS, NOW, *BINS, *IGNORED])
        message = f"the option '{node.name}' is not known"
        raise KqlUnsupported(message, node.start, node.end, hint)


def _ticks(binder: Binder, node: Node, scope: Scope) -> int:
    value = Expressions(binder, scope, None).bind(node)
    known = value.value if isinstance(value, Constant) else None
    if value.type is KqlType.DATETIME and isinstance(known, int):
        return known
    raise KqlSemanticError(f"'{NOW}' is a datetime known in advance", node.start, node.end)
