"""What can be set for one resource: one row each, with the name that Azure's tools know it by.

What lives here: the rows and how values are read. What does not: where they are kept
(`resources.py`) and what ingestion makes of them.
"""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import re2

from openinsights.catalog.errors import InvalidResource
from openinsights.catalog.scrub_rules import BY_NAME as SCRUB_RULES
from openinsights.value_readers import READERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MAX_PATTERNS = 50
_MAX_PATTERN_LENGTH = 500


@dataclass(frozen=True, slots=True)
class ResourceSetting:
    """What documentation, the management API and the command line know of one setting.

    Attributes:
        arm_name: the property of a component in Azure's management API, "" where it has none.
    """

    name: str
    type: str
    default: Any
    unit: str
    doc: str
    arm_name: str


def _doc(doc: str, unit: str = "", arm_name: str = "") -> dict[str, str]:
    return {"doc": doc, "unit": unit, "arm_name": arm_name}


@dataclass(frozen=True, slots=True)
class ResourceSettings:
    """The settings of one resource. Each field is one row: name, type, default, unit, sentence."""

    sampling_percentage: float = field(
        default=100.0,
        metadata=_doc(
            "The share of the items kept that no client has sampled: of whole operations, decided"
            " by their id. Metrics, counters and availability results are all kept.",
            "%",
            "SamplingPercentage",
        ),
    )
    keep_addresses: bool = field(
        default=False,
        metadata=_doc(
            "Whether `client_IP` holds the sender's address; otherwise it is 0.0.0.0.",
            arm_name="DisableIpMasking",
        ),
    )
    scrub: tuple[str, ...] = field(
        default=(),
        metadata=_doc(f"What is replaced by *** before storing: {', '.join(SCRUB_RULES)}."),
    )
    scrub_patterns: tuple[str, ...] = field(
        default=(),
        metadata=_doc(
            "Further patterns (RE2) of what is replaced; of one with a group, the group alone."
        ),
    )
    max_items_per_s: int = field(
        default=0,
        metadata=_doc(
            "The items per second taken, averaged over a minute; 0 leaves it to the server's"
            " setting.",
            "items/s",
        ),
    )
    disable_local_auth: bool = field(
        default=False,
        metadata=_doc(
            "Whether senders have to show a token or an API key beside the instrumentation key.",
            arm_name="DisableLocalAuth",
        ),
    )
    daily_cap_bytes: int = field(
        default=0,
        metadata=_doc("The telemetry taken in a day, as sent and unpacked; 0 is no cap.", "bytes"),
    )
    cap_reset_hour: int = field(
        default=0, metadata=_doc("The hour (UTC) at which the day of the cap begins.", "h")
    )

    def to_json(self) -> dict[str, Any]:
        """Return what differs from the defaults, as JSON holds it."""
        return {
            row.name: list(value) if isinstance(value, tuple) else value
            for row in ROWS
            if (value := getattr(self, row.name)) != row.default
        }


def _rows() -> tuple[ResourceSetting, ...]:
    return tuple(
        ResourceSetting(
            name=row.name, type=str(row.type), default=row.default, **dict(row.metadata)
        )
        for row in dataclasses.fields(ResourceSettings)
    )


ROWS: tuple[ResourceSetting, ...] = _rows()
BY_NAME: dict[str, ResourceSetting] = {row.name: row for row in ROWS}
DEFAULTS = ResourceSettings()


def from_json(kept: Mapping[str, Any]) -> ResourceSettings:
    """Return kept settings; names that this version does not know are left out."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in kept.items()
        if name in BY_NAME
    }
    return ResourceSettings(**values)


def changed(settings: ResourceSettings, changes: Mapping[str, object]) -> ResourceSettings:
    """Return the settings with changes, each read by its row.

    Args:
        settings: as they are.
        changes: by name; None sets back to the default. Texts are read as people write them.

    Raises:
        InvalidResource: there is no such setting, or it cannot have the value.
    """
    values: dict[str, Any] = {}
    for name, value in changes.items():
        row = BY_NAME.get(name)
        if row is None:
            near = difflib.get_close_matches(name, BY_NAME, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(BY_NAME)}"
            raise InvalidResource(f"cannot set {name!r}: a resource has no such setting; {hint}")
        if value is None:
            values[name] = row.default
            continue
        try:
            values[name] = _CHECKS.get(name, _any)(READERS[row.type](value))
        except (TypeError, ValueError) as error:
            raise InvalidResource(f"cannot set {name} to {value!r}: {error}") from None
    return dataclasses.replace(settings, **values)


def _any(value: Any) -> Any:
    return value


def _percentage(value: float) -> float:
    if not 0 < value <= 100:
        raise ValueError("it must lie above 0 and be at most 100")
    return value


def _amount(value: int) -> int:
    if not 0 <= value < 2**63:
        raise ValueError("it must not be negative or beyond 64 bits")
    return value


def _hour(value: int) -> int:
    if not 0 <= value <= 23:
        raise ValueError("it must lie between 0 and 23")
    return value


def _rule_names(names: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(name.strip() for text in names for name in text.split(",") if name.strip())
    for name in names:
        if name not in SCRUB_RULES:
            near = difflib.get_close_matches(name, SCRUB_RULES, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"use {', '.join(SCRUB_RULES)}"
            raise ValueError(f"there is no rule {name!r}; {hint}")
    return tuple(dict.fromkeys(names))


def _patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    if len(patterns) > _MAX_PATTERNS:
        raise ValueError(f"there are more than {_MAX_PATTERNS} patterns")
    options = re2.Options()
    options.log_errors = False
    for pattern in patterns:
        if len(pattern) > _MAX_PATTERN_LENGTH:
            raise ValueError(f"a pattern is longer than {_MAX_PATTERN_LENGTH} characters")
        try:
            compiled = re2.compile(pattern, options)
        except re2.error as error:
            raise ValueError(f"{pattern!r} is no RE2 pattern: {_why(error)}") from None
        if compiled.search("") is not None:
            raise ValueError(f"{pattern!r} finds the empty text, so everywhere")
    return patterns


def _why(error: re2.error) -> str:
    reason = error.args[0] if error.args else "it cannot be read"
    return reason.decode() if isinstance(reason, bytes) else str(reason)


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "sampling_percentage": _percentage,
    "cap_reset_hour": _hour,
    "daily_cap_bytes": _amount,
    "max_items_per_s": _amount,
    "scrub": _rule_names,
    "scrub_patterns": _patterns,
}
