"""Two servers on one catalog: each window is decided once, whoever dies, sleeps or comes back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from served import MINUTE, HandClock, Served
from watched_telemetry import check, criteria, request_item

from openinsights.catalog import tables
from openinsights.catalog.postgresql import open_postgresql
from openinsights.clock import TICKS_PER_SECOND
from openinsights.settings import resolve

pytestmark = pytest.mark.databases

FAILURES = {
    "severity": 2,
    "evaluationFrequency": "PT1M",
    "windowSize": "PT1M",
    "criteria": criteria(check("requests/failed", "Count", "GreaterThan", 2)),
}


class Pair:
    """Two servers with one clock, one catalog, and the same telemetry in each store."""

    def __init__(self, portal, url):
        self.clock = HandClock()
        settings = resolve({"catalog": url})
        self.one, self.other = (Served(self.clock, portal, None, settings) for _ in range(2))
        self.look = open_postgresql(url)
        self.one.create()
        self.other.parts.resources.catch_up()

    def leases(self, served):
        return served.parts.fellows.leases

    def holds(self, served):
        return self.leases(served).turn("alerts").is_ours

    def run_out(self):
        """Let the database's time pass, in which nobody renewed anything."""
        with self.look.begin() as connection:
            connection.execute(sa.update(tables.leases).values(until_ms=0))

    def send(self, failures):
        now = self.clock.now + TICKS_PER_SECOND
        for each in (self.one, self.other):
            each.send(*(request_item(now, success=False, role="web") for _ in range(failures)))
            each.send(request_item(now, role="web"))

    def minute(self, failures, *awake):
        """Send a minute's requests; servers that are awake renew and evaluate."""
        self.send(failures)
        self.clock.now += MINUTE
        for each in awake:
            self.leases(each).look()
        return [each.parts.alerts.engine.run_due() for each in awake]

    def events(self):
        row = tables.alert_history.c
        with self.look.connect() as connection:
            statement = sa.select(row.event, row.facts).order_by(row.number)
            return [(each.event, each.facts.get("value")) for each in connection.execute(statement)]

    def last_due(self):
        with self.look.connect() as connection:
            return connection.scalar(sa.select(tables.rule_states.c.last_due))

    def stop(self):
        self.one.stop()
        self.other.stop()
        self.look.dispose()


@pytest.fixture
def pair(portal, empty_postgresql):
    both = Pair(portal, empty_postgresql)
    both.leases(both.one).look()
    both.leases(both.other).look()
    yield both
    both.stop()


def test_a_rule_that_one_server_takes_is_evaluated_by_the_one_whose_turn_it_is(pair):
    pair.other.put_rule("failures", FAILURES)
    pair.one.parts.alerts.engine.catch_up()
    pair.clock.now += 10 * TICKS_PER_SECOND
    for _ in range(3):
        pair.minute(5, pair.one, pair.other)
    assert pair.events() == [("Fired", 5.0)]
    # the other one knows how the rule stands, though it does not evaluate it
    assert pair.other.rules()["failures"]["state"] == "fired"
    pair.other.ask("DELETE", f"{pair.other.rules()['failures']['id']}")
    pair.one.parts.alerts.engine.catch_up()
    pair.minute(5, pair.one, pair.other)
    assert [event for event, _ in pair.events()] == ["Fired", "RuleDeleted"]


def test_no_window_is_left_out_or_decided_twice_when_a_server_dies(pair):
    pair.one.put_rule("failures", FAILURES)
    pair.other.parts.alerts.engine.catch_up()
    pair.clock.now += 10 * TICKS_PER_SECOND
    pair.minute(5, pair.one, pair.other)
    decided = pair.last_due()
    # the first one dies before it evaluates the next window
    pair.minute(6)
    pair.run_out()
    pair.leases(pair.other).look()
    assert pair.holds(pair.other)
    pair.other.parts.alerts.engine.run_due()
    assert pair.last_due() == decided + MINUTE
    pair.other.parts.alerts.engine.run_due()
    assert pair.last_due() == decided + MINUTE
    for _ in range(3):
        pair.minute(0, pair.other)
    assert [event for event, _ in pair.events()] == ["Fired", "Resolved"]


def test_a_server_that_was_asleep_decides_nothing_when_it_wakes(pair):
    pair.one.put_rule("failures", FAILURES)
    pair.other.parts.alerts.engine.catch_up()
    pair.clock.now += 10 * TICKS_PER_SECOND
    pair.minute(0, pair.one, pair.other)
    decided = pair.last_due()
    pair.send(5)
    pair.clock.now += MINUTE
    pair.leases(pair.one).look()  # it believes in its lease for some seconds from here on
    pair.run_out()
    pair.leases(pair.other).look()
    assert pair.holds(pair.one)
    assert pair.holds(pair.other)
    pair.one.parts.alerts.engine.run_due()
    assert (pair.last_due(), pair.events()) == (decided, [])
    pair.other.parts.alerts.engine.run_due()
    assert pair.last_due() == decided + MINUTE
    assert pair.events() == [("Fired", 5.0)]
    # it lets go, gets it back, and goes on where the other one stopped
    pair.leases(pair.one).look()
    assert not pair.holds(pair.one)
    pair.leases(pair.other).close()
    pair.leases(pair.one).look()
    pair.minute(7, pair.one)
    assert pair.last_due() == decided + 2 * MINUTE
    assert pair.events() == [("Fired", 5.0)]


def test_a_server_that_leaves_hands_over_at_once(pair):
    pair.one.put_rule("failures", FAILURES)
    pair.other.parts.alerts.engine.catch_up()
    pair.clock.now += 10 * TICKS_PER_SECOND
    pair.minute(5, pair.one, pair.other)
    pair.one.parts.fellows.let_go()
    pair.minute(5, pair.other)
    assert pair.last_due() == pair.other.parts.alerts.engine.watched()[0].standing.last_due
    assert pair.events() == [("Fired", 5.0)]
