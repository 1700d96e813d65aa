"""The `Prefer` header of a query: what the caller wants beside the rows."""

from __future__ import annotations

from dataclasses import dataclass

from openinsights.api.errors import BAD_ARGUMENT, ApiError


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the header asks for.

    Attributes:
        wait_s: how long the query may run; None leaves it to the server.
        statistics: whether to add what the query cost.
        render: whether to add how to draw the result.
        sql: whether to add the SQL that ran, for this product's own client.
        exact: whether dynamic texts keep their quotes, for this product's own client.
    """

    wait_s: float | None = None
    statistics: bool = False
    render: bool = False
    sql: bool = False
    exact: bool = False


def parse_prefer(header: str) -> Preferences:
    """Return the preferences of a header's text; an empty header has none.

    What is not known is ignored, as the header's definition asks.

    Raises:
        ApiError: `wait` is no number of seconds.
    """
    wanted: dict[str, str] = {}
    for part in header.replace(";", ",").split(","):
        name, _, value = part.partition("=")
        wanted[name.strip().lower()] = value.strip().strip('"').lower()
    return Preferences(
        wait_s=_seconds(wanted.get("wait")),
        statistics=wanted.get("include-statistics") == "true",
        render=wanted.get("include-render") == "true",
        sql=wanted.get("include-sql") == "true",
        exact=wanted.get("exact-dynamic") == "true",
    )


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ApiError(
            400, BAD_ARGUMENT, f"cannot use Prefer: wait={text}: a number of seconds is needed"
        )
    return float(text)
