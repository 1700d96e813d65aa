"""The room's parts, wired: what the composition root opens, starts and closes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.alerts.back_test import BackTester
from openinsights.alerts.book import AlertBook, nobody_is_told
from openinsights.alerts.engine import AlertEngine
from openinsights.alerts.keeping_rules import RuleKeeper, TestRules, rule_of
from openinsights.alerts.telemetry import Telemetry
from openinsights.alerts.usual import UsualValues
from openinsights.catalog.alert_rules import AlertRuleStore
from openinsights.catalog.availability_tests import AvailabilityTestStore
from openinsights.catalog.turns import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from openinsights.alerts.book import OnChange
    from openinsights.catalog.resources import ResourceStore
    from openinsights.catalog.turns import Turn
    from openinsights.clock import Clock
    from openinsights.query.queue import QueryQueue
    from openinsights.query.service import QueryService


@dataclass(frozen=True, slots=True)
class Alerts:
    """What watches by rules.

    Attributes:
        book: what fired.
        keeper: of rules.
        engine: evaluates them; whoever serves starts it.
        tester: tests them over history.
        test_rules: the rules of availability tests.
    """

    book: AlertBook
    keeper: RuleKeeper
    engine: AlertEngine
    tester: BackTester
    test_rules: TestRules


def open_alerts(
    catalog: sa.Engine,
    resources: ResourceStore,
    queries: QueryService,
    queue: QueryQueue,
    settle: Callable[[float], object],
    clock: Clock,
    timeout_s: float,
    on_change: OnChange = nobody_is_told,
    turn: Turn = ALWAYS,
    on_round: Callable[[bool], None] = lambda _: None,
) -> Alerts:
    """Return the parts; nothing is evaluated before the engine is started.

    Args:
        catalog: where rules and alerts lie.
        resources: every one.
        queries: answers queries about the resources that they name.
        queue: gives them their turn.
        settle: waits for telemetry that was acknowledged.
        clock: the time.
        timeout_s: the longest that one question may take.
        on_change: see `AlertBook`.
        turn: whether this server is the one that evaluates.
        on_round: see `AlertEngine`.
    """
    tests = AvailabilityTestStore(catalog)

    def test_named(path: str) -> str:
        found = tests.get(path)
        return "" if found is None else found.display_name

    rules = AlertRuleStore(catalog, clock)
    book = AlertBook(catalog, clock, on_change)
    telemetry = Telemetry(
        queries, queue, resources.get_by_app_id, settle, clock.monotonic_s, timeout_s
    )
    usual = UsualValues(telemetry.ask, clock.monotonic_s)
    engine = AlertEngine(
        rules,
        book,
        telemetry,
        usual,
        rule_of(resources, test_named),
        clock,
        turn,
        on_round,
    )
    keeper = RuleKeeper(rules, book, engine, telemetry, test_named)
    return Alerts(
        book,
        keeper,
        engine,
        BackTester(telemetry, usual, clock.monotonic_s),
        TestRules(keeper, resources),
    )
