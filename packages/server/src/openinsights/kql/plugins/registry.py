"""Every plugin by its name, gathered from the families."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.plugins import (
    activity,
    areas,
    clusters,
    columns,
    lookups,
    neighbours,
    refused,
    sets,
)

if TYPE_CHECKING:
    from openinsights.kql.plugins.plugin import Plugin

ALL: Final = (
    *columns.PLUGINS,
    *activity.PLUGINS,
    *clusters.PLUGINS,
    *lookups.PLUGINS,
    *areas.PLUGINS,
    *neighbours.PLUGINS,
    *sets.PLUGINS,
)
"""Every plugin that is run."""

BY_NAME: Final[dict[str, Plugin]] = {row.name: row for row in ALL}
"""Plugins by name."""

REFUSED: Final = {name: refusal for name, refusal in refused.PLUGINS.items() if name not in BY_NAME}
"""Plugins that are known and not run."""
