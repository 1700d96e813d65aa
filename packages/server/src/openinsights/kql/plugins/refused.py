"""Plugins that are known and not run: rows of reasons, and of what to write instead."""

from __future__ import annotations

from typing import Final

from openinsights.kql.refusal import Refusal

_NETWORK: Final = Refusal(
    "queries reach no other machine", "fetch the rows elsewhere and paste them as a datatable"
)
_MODEL: Final = Refusal("there is no language model", "read the rows with openinsights.open()")
_PROGRAM: Final = Refusal(
    "queries run no programs",
    "read the rows with openinsights.open(…).kql(…).df() and compute in Python",
)
_STORAGE: Final = Refusal("queries read no storage but the telemetry")

_SEQUENCES: Final = Refusal(
    "how it counts overlapping sequences and rows of one time is not documented",
    "write the steps out with the operator scan, then summarize dcount of the ids",
)

PLUGINS: Final[dict[str, Refusal]] = {
    **dict.fromkeys(
        ("funnel_sequence", "funnel_sequence_completion", "sequence_detect"), _SEQUENCES
    ),
    **dict.fromkeys(
        (
            "azure_digital_twins_query_request",
            "cosmosdb_sql_request",
            "dax_request",
            "http_request",
            "http_request_post",
            "mysql_request",
            "postgresql_request",
            "sql_request",
        ),
        _NETWORK,
    ),
    **dict.fromkeys(
        ("ai_chat_completion", "ai_chat_completion_prompt", "ai_embed_text", "ai_embeddings"),
        _MODEL,
    ),
    **dict.fromkeys(("csharp", "python", "r"), _PROGRAM),
    **dict.fromkeys(
        (
            "external_datatable",
            "infer_storage_schema",
            "infer_storage_schema_with_suggestions",
        ),
        _STORAGE,
    ),
    "execute_query": Refusal("a text is not run as a query", "write the query out"),
    "execute_show_command": Refusal(
        "a text is not run as a command", "send the '.show' command by itself"
    ),
    "identity_v3": Refusal("what it does is not documented"),
    "session_count": Refusal(
        "how it counts sessions is not documented",
        "mark where sessions begin with row_window_session(…), then summarize dcount of it",
    ),
    "user_cohort": Refusal(
        "what it does is not documented", "use activity_metrics or new_activity_metrics"
    ),
}
"""Plugins by name."""
