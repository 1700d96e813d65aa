"""Rules on availability tests: so many locations fail at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from openinsights.alerts.rules.measure import Measure, Rows, Source
from openinsights.alerts.rules.rule import Check
from openinsights.alerts.rules.threshold import Static
from openinsights.alerts.rules.timing import SHORTEST_TICKS
from openinsights.clock import TICKS_PER_SECOND
from openinsights.query.metrics import interval_text

if TYPE_CHECKING:
    from openinsights.alerts.rules.properties import Properties
    from openinsights.alerts.rules.timing import Timing

CRITERIA_TYPE: Final = "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria"
METRIC: Final = "Failed Location"
WINDOW: Final = "PT5M"
_EVERY_TICKS: Final = 60 * TICKS_PER_SECOND
_NEWEST: Final = "summarize arg_max(timestamp, success) by name, location"
_FAILED: Final = 'countif(tolower(success) !in ("1", "true"))'
_MOST_LOCATIONS: Final = 1_000


def availability_check(criteria: Properties, test: str, timing: Timing, app_id: str) -> Check:
    """Return the condition of a rule: by the newest result of each location, so many fail.

    Args:
        criteria: the property of that name.
        test: as its results name it; "" takes the last part of its resource id.
        timing: of the rule.
        app_id: of the resource that has the results.

    Raises:
        InvalidRule: a property cannot be used.
    """
    test = test or criteria.text("webTestId").rstrip("/").rpartition("/")[2]
    if not test:
        raise criteria.wrong("webTestId", "the resource id of a test is needed")
    failed = criteria.whole("failedLocationCount", None, 1, _MOST_LOCATIONS)
    rows = Rows("availabilityResults", keys=("name",), then=_NEWEST)
    return Check(
        Measure(Source((app_id,), rows, timing.window, (), (test,)), _FAILED, is_total=False),
        Static("GreaterThanOrEqual", failed),
        metric=METRIC,
        aggregation="Count",
    )


def failing_locations(locations: int) -> int:
    """Return how many of a test's locations have to fail: all but two, and at least one."""
    return max(1, locations - 2)


def document_of_test(
    test_path: str, test_name: str, component_path: str, locations: int, every_ticks: int = 0
) -> dict[str, Any]:  # JSON of the management API
    """Return the rule that a new test has, as the management API takes it.

    Args:
        test_path: resource id of the test.
        test_name: for people.
        component_path: resource id of the resource that has the results.
        locations: how many it has.
        every_ticks: how often the test runs; one that runs more often than once a minute is looked
            at as often. 0 is once a minute.
    """
    every = min(_EVERY_TICKS, max(every_ticks or _EVERY_TICKS, SHORTEST_TICKS))
    failing = failing_locations(locations)
    return {
        "location": "global",
        "tags": {
            f"hidden-link:{component_path}": "Resource",
            f"hidden-link:{test_path}": "Resource",
        },
        "properties": {
            "description": f"{failing} of {locations} locations of the test {test_name} fail",
            "severity": 1,
            "enabled": True,
            "scopes": [test_path, component_path],
            "evaluationFrequency": interval_text(every),
            "windowSize": WINDOW,
            "autoMitigate": True,
            "criteria": {
                "odata.type": CRITERIA_TYPE,
                "webTestId": test_path,
                "componentId": component_path,
                "failedLocationCount": failing,
            },
            "actions": [],
        },
    }
