"""What is kept of finished days: the rollups that the store makes.

The portal's lists and charts ask for these keys and measures, so that a week of them is read in a
fraction of a second. A table whose rows would hardly become fewer is not among them.
"""

from __future__ import annotations

from typing import Final

from openinsights.schema.rollup import Measure, Rollup

COUNT: Final = Measure("count")
ITEMS: Final = Measure("sum", ("itemCount",))
FIRST: Final = Measure("min", ("timestamp",))
LAST: Final = Measure("max", ("timestamp",))
TIME_SPENT: Final = Measure("sum", ("duration", "itemCount"))
SQUARES: Final = Measure("sum", ("duration", "duration", "itemCount"))
SHORTEST: Final = Measure("min", ("duration",))
LONGEST: Final = Measure("max", ("duration",))
BAND: Final = Measure("band", ("duration", "itemCount"))

_SENDER: Final = ("appId", "cloud_RoleName", "cloud_RoleInstance", "application_Version")
_WHO: Final = (*_SENDER, "sdkVersion", "client_Type", "operation_SyntheticSource")
_CALLED: Final = ("type", "target", "name")
_BANDED: Final = (COUNT, ITEMS, TIME_SPENT, BAND, SHORTEST, LONGEST)
_COUNTED: Final = (COUNT, ITEMS, FIRST, LAST)

ROLLUPS: Final = (
    Rollup(
        "all",
        "requests",
        ("itemType", "name", "operation_Name", "success", "resultCode", *_WHO),
        (COUNT, ITEMS, FIRST, LAST, TIME_SPENT),
    ),
    Rollup("names", "requests", ("appId", "cloud_RoleName", "name", "success"), _BANDED),
    Rollup(
        "senders",
        "requests",
        ("itemType", *_SENDER, "success"),
        (*_BANDED, SQUARES, FIRST, LAST),
    ),
    Rollup(
        "people", "requests", ("appId", "user_Id", "user_AuthenticatedId", "session_Id"), (COUNT,)
    ),
    Rollup(
        "all",
        "dependencies",
        ("itemType", *_CALLED, "operation_Name", "success", "resultCode", *_WHO),
        (COUNT, ITEMS, FIRST, LAST, TIME_SPENT),
    ),
    Rollup("names", "dependencies", ("appId", "cloud_RoleName", *_CALLED, "success"), _BANDED),
    Rollup("senders", "dependencies", ("itemType", *_SENDER, "success"), (*_BANDED, FIRST, LAST)),
    Rollup(
        "all",
        "traces",
        ("itemType", "severityLevel", "operation_Name", *_WHO),
        _COUNTED,
    ),
)
"""Those that every store may keep, those of a table from the most particular on."""

COARSE_ROLLUPS: Final = (
    *(
        rollup
        for table in ("requests", "dependencies")
        for rollup in (
            Rollup("sources", table, ("itemType", *_SENDER, "success"), (*_COUNTED, TIME_SPENT)),
            Rollup("hours", table, ("appId", "success"), _BANDED),
        )
    ),
    *(
        Rollup("sources", table, ("itemType", *_SENDER), _COUNTED)
        for table in ("traces", "customMetrics", "performanceCounters")
    ),
)
"""Those that only a whole day is worth putting together for: of a few rows at a time, as an insert
has them, nearly each would stay one."""
