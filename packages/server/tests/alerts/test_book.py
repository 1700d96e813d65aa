"""One alert at a time of a rule and combination; told in the transaction that changes it."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from openinsights.alerts.alert import (
    Criterion,
    Evidence,
    Fired,
    MonitorCondition,
    Signal,
    UserState,
)
from openinsights.alerts.book import AlertBook
from openinsights.alerts.errors import AlertNotFound
from openinsights.catalog import tables
from openinsights.clock import TICKS_PER_SECOND

MINUTE = 60 * TICKS_PER_SECOND
ROLE = (("cloud/roleName", "web"),)
FIRED, RESOLVED = MonitorCondition.FIRED, MonitorCondition.RESOLVED


def met(at, *, value=7.5, app="a" * 36, rule="r1", split=(), resolves=True, **more):
    return Fired(
        app_id=app,
        rule_id=rule,
        rule_name="failed requests",
        signal=Signal.METRIC,
        severity=2,
        at_ticks=at,
        window_ticks=5 * MINUTE,
        evidence=Evidence("requests | count", at - 5 * MINUTE, at),
        criteria=(
            Criterion("requests/failed", "", "Count", "GreaterThan", 5.0, value, split, (1.0, 5.0)),
        ),
        split=split,
        auto_resolves=resolves,
        **more,
    )


class Told:
    """Keeps what it is told in a table of the same transaction."""

    def __init__(self, engine):
        self.engine = engine
        self.refuses = False
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE told (alert TEXT, condition TEXT)"))

    def __call__(self, connection, alert, condition):
        assert alert.condition is condition
        values = {"a": alert.alert_id, "c": condition.value}
        connection.execute(sa.text("INSERT INTO told VALUES (:a, :c)"), values)
        if self.refuses:
            raise RuntimeError("no room")

    @property
    def rows(self):
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text("SELECT * FROM told"))]


@pytest.fixture
def told(catalog):
    return Told(catalog)


@pytest.fixture
def book(catalog, clock, told):
    return AlertBook(catalog, clock, told)


def test_fires_once_while_the_condition_stays_met(book, clock, told):
    first = book.fire(met(clock.now))
    again = book.fire(met(clock.now + MINUTE, value=9.0))
    assert again.alert_id == first.alert_id
    (alert,) = book.list()
    assert alert == again
    assert alert.fired.criteria[0].value == 9.0
    assert alert.fired_ticks == clock.now
    assert alert.changed_ticks == clock.now + MINUTE
    assert told.rows == [(first.alert_id, "Fired")]


def test_what_is_kept_is_what_was_fired(book, clock):
    fired = met(
        clock.now,
        split=ROLE,
        description="more than usual",
        action_groups=("/subscriptions/s/g",),
        properties={"team": "shop"},
        context={"conditionType": "x", "more": [1, {"a": None}]},
    )
    book.fire(fired)
    assert book.list()[0].fired == fired


def test_each_combination_of_dimensions_has_its_own(book, clock):
    web = book.fire(met(clock.now, split=ROLE))
    api = book.fire(met(clock.now, split=(("cloud/roleName", "api"),)))
    none = book.fire(met(clock.now))
    assert len({web.alert_id, api.alert_id, none.alert_id}) == 3
    ended = book.resolve(web.fired.app_id, "r1", ROLE, clock.now + MINUTE)
    assert (ended.alert_id, ended.condition) == (web.alert_id, RESOLVED)
    assert {each.alert_id for each in book.list(condition=FIRED)} == {api.alert_id, none.alert_id}


def test_resolves_once_and_fires_anew_as_another(book, clock, told):
    first = book.fire(met(clock.now))
    ended = book.resolve(first.fired.app_id, "r1", (), clock.now + MINUTE)
    assert ended.resolved_ticks == clock.now + MINUTE
    assert book.resolve(first.fired.app_id, "r1", (), clock.now + 2 * MINUTE) is None
    second = book.fire(met(clock.now + 3 * MINUTE))
    assert second.alert_id != first.alert_id
    assert told.rows == [
        (first.alert_id, "Fired"),
        (first.alert_id, "Resolved"),
        (second.alert_id, "Fired"),
    ]
    assert [each.alert_id for each in book.list()] == [second.alert_id, first.alert_id]


def test_a_change_of_which_nobody_can_be_told_is_not_made(book, clock, told):
    told.refuses = True
    with pytest.raises(RuntimeError):
        book.fire(met(clock.now))
    assert (book.list(), told.rows) == ([], [])
    told.refuses = False
    alert = book.fire(met(clock.now))
    told.refuses = True
    with pytest.raises(RuntimeError):
        book.resolve(alert.fired.app_id, "r1", (), clock.now)
    assert book.get(alert.alert_id).condition is FIRED
    assert [each.event for each in book.history(alert.alert_id)] == ["Fired"]


def test_several_changes_in_one_transaction_are_made_together_or_not_at_all(book, clock, told):
    def fire_two_and_die():
        with book.writing() as connection:
            book.fire(met(clock.now), connection)
            book.fire(met(clock.now, rule="r2"), connection)
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        fire_two_and_die()
    assert (book.list(), told.rows) == ([], [])


def test_anew_is_another_alert_and_ends_the_one_before_quietly(book, clock, told):
    first = book.fire(met(clock.now, resolves=False))
    second = book.fire(met(clock.now + MINUTE, resolves=False), anew=True)
    assert second.alert_id != first.alert_id
    assert [each.alert_id for each in book.list(condition=FIRED)] == [second.alert_id]
    assert [each.event for each in book.history(first.alert_id)] == ["Fired", "Replaced"]
    assert [condition for _, condition in told.rows] == ["Fired", "Fired"]


def test_people_acknowledge_and_close_and_the_condition_stays(book, clock, told):
    alert = book.fire(met(clock.now))
    clock.now += MINUTE
    taken = book.acknowledge(alert.alert_id, "ada")
    assert (taken.user_state, taken.user, taken.condition) == (UserState.ACKNOWLEDGED, "ada", FIRED)
    book.acknowledge(alert.alert_id, "bob")  # is already
    book.close_alert(alert.alert_id, "bob")
    book.set_user_state(alert.alert_id, UserState.NEW, "eve")
    assert book.fire(met(clock.now, value=8.0)).user == "eve"
    changes = book.history(alert.alert_id)
    assert [(each.event, each.facts.get("who")) for each in changes] == [
        ("Fired", None),
        ("Acknowledged", "ada"),
        ("Closed", "bob"),
        ("New", "eve"),
    ]
    assert [each.at_ticks for each in changes][1:] == [clock.now] * 3
    assert len(told.rows) == 1


def test_what_does_not_end_by_itself_ends_when_it_is_closed(book, clock, told):
    alert = book.fire(met(clock.now, resolves=False))
    closed = book.close_alert(alert.alert_id, "ada")
    assert (closed.condition, closed.resolved_ticks) == (RESOLVED, clock.now)
    assert len(told.rows) == 1


def test_an_unknown_alert_is_said_to_be_unknown(book):
    for act in (
        book.get,
        lambda id: book.acknowledge(id, "x"),
        lambda id: book.close_alert(id, ""),
    ):
        with pytest.raises(AlertNotFound, match="cannot find alert 'nope'"):
            act("nope")
    assert book.history("nope") == []


def test_lists_by_resource_rule_condition_and_time(book, clock):
    now = clock.now
    old = book.fire(met(now - 60 * MINUTE, rule="old"))
    book.resolve(old.fired.app_id, "old", (), now - 50 * MINUTE)
    new = book.fire(met(now, app="b" * 36))
    ids = lambda **asked: [each.alert_id for each in book.list(**asked)]  # noqa: E731
    assert ids() == [new.alert_id, old.alert_id]
    assert ids(app_ids=["b" * 36]) == [new.alert_id]
    assert ids(app_ids=[]) == []
    assert ids(rule_id="old") == [old.alert_id]
    assert ids(condition=RESOLVED) == [old.alert_id]
    assert ids(since_ticks=now - 55 * MINUTE) == [new.alert_id, old.alert_id]
    assert ids(since_ticks=now - 45 * MINUTE) == [new.alert_id]
    assert ids(until_ticks=now - MINUTE) == [old.alert_id]
    assert ids(count=1) == [new.alert_id]


def test_what_a_deleted_rule_fired_ends_quietly(book, clock, told):
    alert = book.fire(met(clock.now, split=ROLE))
    other = book.fire(met(clock.now, rule="r2"))
    book.end_of_rule("r1")
    assert [each.alert_id for each in book.list(condition=FIRED)] == [other.alert_id]
    assert [each.event for each in book.history(alert.alert_id)] == ["Fired", "RuleDeleted"]
    assert len(told.rows) == 2


def test_forgets_with_the_history(book, clock, catalog):
    gone = book.fire(met(clock.now))
    book.resolve(gone.fired.app_id, "r1", (), clock.now)
    kept = book.fire(met(clock.now, app="b" * 36))
    book.forget_before(clock.now + 1)
    assert [each.alert_id for each in book.list()] == [kept.alert_id]
    book.forget_resource("b" * 36)
    with catalog.connect() as connection:
        assert connection.execute(sa.select(tables.alert_history)).all() == []


def test_threads_that_see_the_same_fire_one_alert(book, clock, told):
    start = threading.Barrier(4)

    def one(number):
        start.wait()
        for step in range(5):
            book.fire(met(clock.now + step, value=float(number)))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(book.list()) == len(told.rows) == 1


def test_long_combinations_are_told_apart(book, clock):
    long = [(("customDimensions/url", "x" * 5_000 + end),) for end in "ab"]
    alerts = [book.fire(met(clock.now, split=each)) for each in long]
    assert alerts[0].alert_id != alerts[1].alert_id
    assert book.resolve(alerts[0].fired.app_id, "r1", long[1], clock.now).alert_id == (
        alerts[1].alert_id
    )
