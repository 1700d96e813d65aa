"""Where addresses are, by a database in MaxMind's format that the operator brings."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import maxminddb

from openinsights.ingest.errors import PlacesError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_KEPT_PLACES = 65_536


class Place(NamedTuple):
    """A place in English, as the columns have it; "" for what the database does not tell."""

    client_City: str = ""
    client_StateOrProvince: str = ""
    client_CountryOrRegion: str = ""


NOWHERE = Place()


def open_places(path: Path) -> Callable[[str], Place]:
    """Return what tells the place of an address; addresses of no known place are nowhere.

    Raises:
        PlacesError: the file cannot be read, or is no such database.
    """
    try:
        # in memory: a file that is replaced while it is mapped would bring the process down
        reader = maxminddb.open_database(str(path), maxminddb.MODE_MEMORY)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise PlacesError(
            f"cannot open the places of addresses in {path}: {error}; name a database in MaxMind's"
            " format (.mmdb), or leave the setting geo_database out"
        ) from None

    @lru_cache(_KEPT_PLACES)
    def place_of(address: str) -> Place:
        try:
            found = reader.get(address)
        except (ValueError, maxminddb.InvalidDatabaseError):
            return NOWHERE
        return _place(found) if isinstance(found, dict) else NOWHERE

    return place_of


def _place(found: dict[str, Any]) -> Place:  # JSON-like, of the operator's database
    regions = found.get("subdivisions")
    region = regions[0] if isinstance(regions, list) and regions else None
    return Place(_name(found.get("city")), _name(region), _name(found.get("country")))


def _name(part: object) -> str:
    names = part.get("names") if isinstance(part, dict) else None
    name = names.get("en") if isinstance(names, dict) else None
    return name if isinstance(name, str) else ""
