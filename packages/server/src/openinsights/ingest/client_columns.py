"""The columns that say who used the application: address, place, browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openinsights.ingest.places import NOWHERE, Place
from openinsights.ingest.sender import Browser, address_in, browser_of
from openinsights_wire.limits import DROP_ADDRESS_FLAG

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.ingest.accept import Batch
    from openinsights.ingest.sender import Sender
    from openinsights_wire.envelope import Envelope

MASKED_ADDRESS = "0.0.0.0"  # noqa: S104 - shown in rows, listened on by nobody

_ADDRESS_TAG = "ai.location.ip"
_BROWSER_SDK = "javascript"
_BROWSER_TYPE = "Browser"

Columns = dict[str, list[Any]]


def add_addresses(
    batch: Batch,
    columns: Columns,
    sender: Sender,
    place_of: Callable[[str], Place] | None,
) -> None:
    """Fill `client_IP`, and the columns of places that no tag has filled.

    An item that asks for its address to be dropped has neither.
    """
    addresses = [_address(item, sender) for item in batch.items]
    kept = batch.resource.settings.keep_addresses
    columns["client_IP"] = [(address if kept else "") or MASKED_ADDRESS for address in addresses]
    if place_of is not None:
        places = [place_of(address) if address else NOWHERE for address in addresses]
        _fill(columns, Place._fields, places)


def add_browsers(batch: Batch, columns: Columns, sender: Sender) -> None:
    """Fill the columns of browser, system and model of items that a browser sent.

    The user agent of other senders tells of their HTTP library, not of who used the application.
    """
    from_browser = [_is_from_browser(item) for item in batch.items]
    if not any(from_browser):
        return
    found, unknown = browser_of(sender.user_agent), Browser()
    _fill(columns, Browser._fields, [found if each else unknown for each in from_browser])
    columns["client_Type"] = [
        _BROWSER_TYPE if each and not item.tags.get("ai.device.type") else known
        for item, each, known in zip(batch.items, from_browser, columns["client_Type"], strict=True)
    ]


def _fill(columns: Columns, names: tuple[str, ...], rows: list[Any]) -> None:
    for index, name in enumerate(names):
        values = [row[index] for row in rows]
        known = columns.get(name)
        if known is not None:
            values = [told or value for told, value in zip(known, values, strict=True)]
        if any(values):
            columns[name] = values


def _address(item: Envelope, sender: Sender) -> str:
    if (item.flags or 0) & DROP_ADDRESS_FLAG:
        return ""
    return address_in(item.tags.get(_ADDRESS_TAG, "")) or sender.address


def _is_from_browser(item: Envelope) -> bool:
    return (
        item.tags.get("ai.internal.sdkVersion", "").startswith(_BROWSER_SDK)
        or item.tags.get("ai.device.type") == _BROWSER_TYPE
    )
