from __future__ import annotations

from openinsights.clock import TICKS_PER_SECOND
from openinsights.refusals import NOBODYS, Refusal, Refusals

HOUR = 3600 * TICKS_PER_SECOND
MINUTE = 60 * TICKS_PER_SECOND
NOON = 700_000 * 24 * HOUR


def refusal(at=NOON, items=1, message="103: late", reason="out of range", sender=""):
    return Refusal(at, reason, message, items, sender)


def test_sums_are_of_the_last_hour():
    refusals = Refusals()
    refusals.note("a", refusal(NOON, 3))
    refusals.note("a", refusal(NOON + 50 * MINUTE, 4))
    assert refusals.of("a", NOON + 59 * MINUTE).reasons == (("out of range", 7),)
    assert refusals.of("a", NOON + 60 * MINUTE).reasons == (("out of range", 4),)
    assert refusals.of("a", NOON + 3 * HOUR).reasons == ()
    assert len(refusals.of("a", NOON + 3 * HOUR).recent) == 2


def test_reasons_come_with_the_most_items_first():
    refusals = Refusals()
    refusals.note("a", refusal(items=1, reason="rate"))
    refusals.note("a", refusal(items=5, reason="daily cap"))
    assert [name for name, _ in refusals.of("a", NOON).reasons] == ["daily cap", "rate"]


def test_recent_ones_are_bounded_and_newest_first():
    refusals = Refusals()
    for minute in range(80):
        refusals.note("a", refusal(NOON + minute * MINUTE))
    recent = refusals.of("a", NOON).recent
    assert len(recent) == 50
    assert recent[0].at_ticks == NOON + 79 * MINUTE


def test_resources_are_kept_apart_and_long_messages_cut():
    refusals = Refusals()
    refusals.note("a", refusal(message="x" * 10_000))
    refusals.note(NOBODYS, refusal())
    assert refusals.of("b", NOON).recent == ()
    assert len(refusals.of("a", NOON).recent[0].message) == 500
    assert len(refusals.of(NOBODYS, NOON).recent) == 1
