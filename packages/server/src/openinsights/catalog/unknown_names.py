"""What a caller is told who names a resource that does not exist: the one that was probably meant.

The command line, the API and queries all say it in these words.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from openinsights.catalog.errors import ResourceNotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 80
"""Characters of a wrong name that are repeated to its author."""
_SHOWN = 8
"""Names that are listed; more are counted."""


def resource_not_found(reference: str, names: Iterable[str]) -> ResourceNotFound:
    """Return the error for a name, id or resource id that is nobody's.

    Args:
        reference: what the caller wrote.
        names: of the resources that exist.
    """
    shown = reference if len(reference) <= _LONGEST else reference[: _LONGEST - 1] + "…"
    return ResourceNotFound(f"cannot find resource {shown!r}{_hint(reference, set(names))}")


def _hint(reference: str, names: set[str]) -> str:
    if not names:
        return ": there is none yet; make one with 'openinsights resource create NAME'"
    by_lower = {name.lower(): name for name in names}
    wanted = reference.rstrip("/").rpartition("/")[2][:_LONGEST].strip().lower()
    near = difflib.get_close_matches(wanted, by_lower, n=1)
    meant = f"; did you mean {by_lower[near[0]]!r}?" if near else ";"
    ordered = sorted(names, key=str.lower)
    more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
    return f"{meant} there is {', '.join(ordered[:_SHOWN])}{more}"
