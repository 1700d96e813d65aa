"""The alert rules of tests: each test that wants one has one, which comes and goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.clock import TICKS_PER_SECOND

if TYPE_CHECKING:
    from openinsights.alerts.keeping_rules import TestRules
    from openinsights.availability.test import AvailabilityTest
    from openinsights.catalog.availability_tests import KeptTest


class RulesOfTests:
    """Keeps the rules of tests among all others; see `Rules`.

    Args:
        rules: makes and removes them.
    """

    def __init__(self, rules: TestRules) -> None:
        self._rules = rules

    def put(self, test: AvailabilityTest, kept: KeptTest) -> None:
        """Make or change the rule of a test; one whose `alerts` is false gets none."""
        if not test.alerts:
            self._rules.remove(kept.id)
            return
        every_ticks = test.frequency_s * TICKS_PER_SECOND
        self._rules.put(kept.id, test.name, test.app_id, len(test.locations), every_ticks)

    def remove(self, test: AvailabilityTest, kept: KeptTest) -> None:
        """Remove the rule of a test."""
        self._rules.remove(kept.id)
