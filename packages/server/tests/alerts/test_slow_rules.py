"""Rules that take long have rounds beside the others, and keep on sharing a question there."""

from __future__ import annotations

from served import HandClock, Served
from watched_telemetry import request_item

from openinsights.clock import TICKS_PER_SECOND

MINUTE = 60 * TICKS_PER_SECOND


class Slowing(HandClock):
    """A clock on which each look at it takes a second, as long as a test says so."""

    is_slow = False
    passed_s = 0.0

    def monotonic_s(self):
        self.passed_s += self.is_slow
        return super().monotonic_s() + self.passed_s


def counting(query, threshold=1, **more):
    condition = {"query": query, "operator": "GreaterThan", "threshold": threshold} | more
    times = {"evaluationFrequency": "PT1M", "windowSize": "PT1M"}
    return times | {"criteria": {"allOf": [condition]}}


def test_slow_rules_are_set_aside_together_and_come_back(portal):
    clock = Slowing()
    served = Served(clock, portal)
    try:
        usual = {"criterionType": "DynamicThresholdCriterion", "alertSensitivity": "Low"}
        for number in range(3):
            query = f"requests | where duration > {number}"
            served.put_rule(f"rows {number}", counting(query), kind="log")
        served.put_rule("usual", counting("requests | where duration > 9", **usual), kind="log")
        served.clock.now += 10 * TICKS_PER_SECOND

        def rounds():
            return sorted(
                (key.startswith("aside"), key.endswith("learns"), len(members))
                for key, members in served.parts.alerts.engine._rounds.items()
            )

        def minute():
            served.send(*(request_item(clock.now + n, ms=20) for n in range(5)))
            served.tick()
            return {name: each["error"] for name, each in served.rules().items()}

        minute()
        assert rounds() == [(False, False, 3), (False, True, 1)]
        clock.is_slow = True
        for _ in range(2):
            assert set(minute().values()) == {None}
            assert rounds() == [(True, False, 3), (True, True, 1)]
        assert sorted(each["rule"] for each in served.alerts("fired")) == [
            "rows 0",
            "rows 1",
            "rows 2",
        ]
        clock.is_slow = False
        minute()
        assert rounds() == [(False, False, 3), (False, True, 1)]
    finally:
        served.stop()
