from __future__ import annotations

import json

import pytest

from opencensus.ext.azure.common.reply import Verdict, judge


def reply(received: int, accepted: int, *errors: tuple[int, int, str]) -> bytes:
    return json.dumps(
        {
            "itemsReceived": received,
            "itemsAccepted": accepted,
            "errors": [
                {"index": index, "statusCode": status, "message": message}
                for index, status, message in errors
            ],
        }
    ).encode()


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.ACCEPTED),
        (401, Verdict.RETRY),
        (403, Verdict.RETRY),
        (408, Verdict.RETRY),
        (429, Verdict.RETRY),
        (500, Verdict.RETRY),
        (502, Verdict.RETRY),
        (503, Verdict.RETRY),
        (504, Verdict.RETRY),
        (402, Verdict.QUOTA),
        (439, Verdict.QUOTA),
        (413, Verdict.SPLIT),
        (307, Verdict.REDIRECT),
        (308, Verdict.REDIRECT),
        (400, Verdict.REFUSED),
        (404, Verdict.RETRY),
        (405, Verdict.REFUSED),
        (501, Verdict.REFUSED),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"{", b"[]", b"\xff\xfe"])
def test_status_alone_decides_without_a_readable_reply(
    status: int, verdict: Verdict, body: bytes
) -> None:
    outcome = judge(status, body, 3, None)

    assert outcome.verdict is verdict
    assert outcome.again == ()
    assert outcome.refused == (3 if verdict is Verdict.REFUSED else 0)


def test_partial_success_keeps_what_may_work_later() -> None:
    body = reply(5, 1, (0, 400, "bad"), (2, 500, "busy"), (3, 439, "quota"), (4, 429, "slow"))
    outcome = judge(206, body, 5, None)

    assert outcome.verdict is Verdict.ACCEPTED
    assert outcome.again == (2, 3, 4)
    assert outcome.refused == 1
    assert outcome.detail == "bad"


def test_sampled_out_items_are_neither_lost_nor_kept() -> None:
    body = reply(3, 1, (0, 206, "whatever"), (1, 500, "Telemetry sampled out."))
    outcome = judge(206, body, 3, None)

    assert (outcome.again, outcome.refused) == ((), 0)


def test_status_of_the_first_item_does_not_decide_for_the_others() -> None:
    """A server answers with the first item's status when it accepted none."""
    outcome = judge(400, reply(2, 0, (0, 400, "bad"), (1, 503, "busy")), 2, None)

    assert outcome.verdict is Verdict.RETRY
    assert outcome.again == (1,)
    assert outcome.refused == 1


def test_all_items_refused() -> None:
    outcome = judge(400, reply(2, 0, (0, 400, "a"), (1, 400, "b")), 2, None)

    assert (outcome.again, outcome.refused) == ((), 2)


def test_all_items_over_quota_wait_as_long_as_a_quota_needs() -> None:
    outcome = judge(439, reply(2, 0, (0, 439, "q"), (1, 439, "q")), 2, 30.0)

    assert outcome.verdict is Verdict.QUOTA
    assert outcome.again == (0, 1)
    assert outcome.retry_after_s == 30.0


def test_errors_about_another_batch_do_not_count() -> None:
    outcome = judge(500, reply(7, 6, (0, 400, "other")), 2, None)

    assert (outcome.verdict, outcome.again, outcome.refused) == (Verdict.RETRY, (), 0)


def test_indexes_beyond_the_batch_are_ignored() -> None:
    outcome = judge(206, reply(2, 1, (7, 500, "x"), (-1, 500, "x"), (1, 500, "x")), 2, None)

    assert outcome.again == (1,)


def test_item_that_is_listed_twice_counts_once() -> None:
    errors = [(0, 400), (0, 400), (1, 400), (1, 500), (7, 400), (-1, 400)]
    listed = [{"index": index, "statusCode": status, "message": "no"} for index, status in errors]
    body = json.dumps({"itemsReceived": 3, "itemsAccepted": 1, "errors": listed}).encode()
    outcome = judge(206, body, 3, None)

    assert (outcome.again, outcome.refused) == ((1,), 1)
