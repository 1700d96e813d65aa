"""Equal questions share one answer, and stop when nobody waits for it."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

import pytest

from openinsights.api.freshness import max_age
from openinsights.api.sharing import Kept, SharedAnswers
from openinsights.store.errors import QueryCancelled


class Caller:
    """A request whose caller leaves when told to."""

    def __init__(self):
        self.left = asyncio.Event()

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}


class Questions:
    """Begins work that the test ends."""

    def __init__(self):
        self.turns, self.cancellations = [], []

    def begin(self, cancellation):
        self.turns.append(Future())
        self.turns[-1].set_running_or_notify_cancel()
        self.cancellations.append(cancellation)
        return self.turns[-1]


class Time:
    now_s = 100.0

    def __call__(self):
        return self.now_s


def kept(answer, size_bytes=1, fresh_s=30.0):
    return Kept(answer, size_bytes, fresh_s)


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


def test_those_who_ask_the_same_at_the_same_time_wait_for_one_answer():
    async def main():
        shared, asked = SharedAnswers(), Questions()
        asking = [
            asyncio.ensure_future(shared.answer(Caller(), "k", 30, asked.begin)) for _ in range(50)
        ]
        other = asyncio.ensure_future(shared.answer(Caller(), "other", 30, asked.begin))
        await settle()
        assert len(asked.turns) == 2
        asked.turns[0].set_result(kept("a"))
        asked.turns[1].set_result(kept("b"))
        assert {answer for answer, _ in await asyncio.gather(*asking)} == {"a"}
        assert (await other)[0] == "b"

    asyncio.run(main())


@pytest.mark.parametrize(
    ("after_s", "max_age_s", "fresh_s", "again"),
    [
        (5, 30, 30, False),
        (31, 60, 30, True),
        (11, 10, 30, True),
        (0, 0, 30, True),
        (0, 30, 0, True),
    ],
)
def test_an_answer_is_given_to_others_as_long_as_it_is_fresh(after_s, max_age_s, fresh_s, again):
    async def main():
        time, asked = Time(), Questions()
        shared = SharedAnswers(monotonic_s=time)

        async def ask():
            found = asyncio.ensure_future(shared.answer(Caller(), "k", max_age_s, asked.begin))
            await settle()
            if not asked.turns[-1].done():
                asked.turns[-1].set_result(kept(len(asked.turns), fresh_s=fresh_s))
            return await found

        assert await ask() == (1, 0)
        time.now_s += after_s
        assert await ask() == ((2, 0) if again else (1, after_s))

    asyncio.run(main())


def test_the_work_stops_when_the_last_one_left():
    async def main():
        shared, asked = SharedAnswers(), Questions()
        callers = [Caller(), Caller()]
        asking = [
            asyncio.ensure_future(shared.answer(caller, "k", 30, asked.begin)) for caller in callers
        ]
        await settle()
        callers[0].left.set()
        with pytest.raises(QueryCancelled):
            await asking[0]
        assert not asked.cancellations[0].cancelled
        callers[1].left.set()
        with pytest.raises(QueryCancelled):
            await asking[1]
        assert asked.cancellations[0].cancelled
        late = asyncio.ensure_future(shared.answer(Caller(), "k", 30, asked.begin))
        await settle()
        assert len(asked.turns) == 2, "nobody is given what was stopped"
        for turn in asked.turns:
            turn.set_exception(QueryCancelled("stopped"))
        with pytest.raises(QueryCancelled):
            await late

    asyncio.run(main())


def test_a_mistake_is_told_to_all_and_not_kept():
    async def main():
        shared, asked = SharedAnswers(), Questions()
        asking = [
            asyncio.ensure_future(shared.answer(Caller(), "k", 30, asked.begin)) for _ in range(2)
        ]
        await settle()
        asked.turns[0].set_exception(ValueError("wrong"))
        told = await asyncio.gather(*asking, return_exceptions=True)
        assert [str(each) for each in told] == ["wrong", "wrong"]
        again = asyncio.ensure_future(shared.answer(Caller(), "k", 30, asked.begin))
        await settle()
        asked.turns[1].set_result(kept("right"))
        assert await again == ("right", pytest.approx(0, abs=1))

    asyncio.run(main())


def test_who_may_have_an_older_answer_does_not_wait_for_the_new_one(monkeypatch):
    async def main():
        monkeypatch.setattr("openinsights.api.sharing.PATIENCE_S", 0.01)
        time, asked = Time(), Questions()
        shared = SharedAnswers(monotonic_s=time)

        async def ask():
            return await shared.answer(Caller(), "k", 30, asked.begin, 60)

        first = asyncio.ensure_future(ask())
        await settle()
        asked.turns[0].set_result(kept("old"))
        assert await first == ("old", 0)
        time.now_s += 40
        assert await asyncio.gather(ask(), ask()) == [("old", 40)] * 2
        assert len(asked.turns) == 2
        assert not asked.cancellations[1].cancelled, "the new one is for the others"
        asked.turns[1].set_result(kept("new"))
        await settle()
        time.now_s += 5
        assert await ask() == ("new", 5)
        time.now_s += 60
        late = asyncio.ensure_future(ask())
        await asyncio.sleep(0.05)
        assert not late.done(), "what is too old is not given to anybody"
        asked.turns[2].set_result(kept("newest"))
        assert await late == ("newest", 0)

    asyncio.run(main())


def test_what_is_kept_has_a_bound():
    async def main():
        shared, asked = SharedAnswers(max_bytes=100), Questions()

        async def ask(key):
            before = len(asked.turns)
            found = asyncio.ensure_future(shared.answer(Caller(), key, 30, asked.begin))
            await settle()
            if len(asked.turns) > before:
                asked.turns[-1].set_result(kept(key, size_bytes=40))
            await found
            return len(asked.turns) > before

        assert [await ask(key) for key in ("a", "b", "a", "c", "a", "b")] == [
            *(True, True, False, True),
            *(False, True),
        ]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("", 7.0),
        ("max-age=30", 30.0),
        ("private, MAX-AGE=5", 5.0),
        ("max-age=99999999999", 120.0),
        ("max-age=soon", 7.0),
        ("no-cache, max-age=30", 0.0),
        ("no-store", 0.0),
        ("max-age=0", 0.0),
    ],
)
def test_the_header_says_how_old_an_answer_may_be(header, says):
    assert max_age(header, default=7.0) == says
