"""Lists over HTTP, in pages that each name the next one."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Annotated, Final, Generic, TypeVar
from urllib.parse import urlencode

import msgspec

from openinsights.api.errors import BAD_ARGUMENT, ApiError
from openinsights.operation import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request

_Item = TypeVar("_Item")

MOST_OF_A_PAGE: Final = 1_000

TOP = Parameter(
    "$top",
    f"How many at most, from 1 to {MOST_OF_A_PAGE}.",
    shape=Annotated[int, msgspec.Meta(ge=1, le=MOST_OF_A_PAGE)],
)
SKIP_TOKEN = Parameter("$skiptoken", "Where a page begins; it stands in the `nextLink` before.")
PAGING = (TOP, SKIP_TOKEN)


class Page(msgspec.Struct, Generic[_Item], rename="camel", omit_defaults=True, frozen=True):
    """A page of a list.

    Attributes:
        value: what it holds.
        next_link: where the next page is; absent on the last one.
    """

    value: list[_Item]
    next_link: str | None = None


def page_of(request: Request, items: Sequence[_Item], key: Callable[[_Item], str]) -> Page[_Item]:
    """Return the page that a request asks for.

    Args:
        request: with `$top` and `$skiptoken`.
        items: of the whole list, ordered by their keys.
        key: tells one item from every other. A page begins behind the key that its token names, so
            what is made or deleted in the meantime moves no other item.

    Raises:
        ApiError: `$top` cannot be used.
    """
    size = _size(request.query_params.get("$top"))
    token = request.query_params.get("$skiptoken")
    first = bisect_right(items, token, key=key) if token else 0
    shown = list(items[first : first + size])
    if first + size >= len(items):
        return Page(shown)
    return Page(shown, address_with(request, "$skiptoken", key(shown[-1])))


def address_with(request: Request, name: str, value: str) -> str:
    """Return the address of a request with another value of one parameter."""
    kept = [each for each in request.query_params.multi_items() if each[0] != name]
    address = f"{str(request.base_url).rstrip('/')}{request.url.path}"
    return f"{address}?{urlencode([*kept, (name, value)])}"


def _size(text: str | None) -> int:
    if text is None:
        return MOST_OF_A_PAGE
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MOST_OF_A_PAGE):
        raise ApiError(
            400,
            BAD_ARGUMENT,
            f"cannot use $top {text[:40]!r}: a whole number from 1 to {MOST_OF_A_PAGE} is needed",
        )
    return int(text)
