"""Sends messages that wait, on a thread and a loop of its own, until each has arrived or is given up.

At least once: a message is noted as delivered when its receiver has taken it, and a process that
dies before is started again with the message still waiting. Receivers tell by the delivery id.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Final

from openinsights.alerts.notify.back_off import GIVES_UP_AFTER_S, next_try
from openinsights.alerts.notify.message import Message
from openinsights.alerts.notify.notification import from_facts
from openinsights.alerts.notify.notifiers import NOTIFIERS, TIME_LIMITS_S
from openinsights.alerts.notify.outcome import Outcome
from openinsights.catalog.turns import ALWAYS
from openinsights.clock import TICKS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from openinsights.alerts.notify.means import Means
    from openinsights.alerts.notify.notification import Notification
    from openinsights.catalog.action_groups import ActionGroup, ActionGroupStore, Receiver
    from openinsights.catalog.deliveries import Delivery, DeliveryStore
    from openinsights.catalog.turns import Turn
    from openinsights.clock import Clock

logger = logging.getLogger(__name__)

AT_ONCE: Final = 64
"""Messages that are on their way at the same time."""
AT_ONCE_PER_RECEIVER: Final = 4
_LOOKS_EVERY_S: Final = 0.5
_AFTER_TROUBLE_S: Final = 5.0
_STOP_S: Final = 3.0
_KEPT_DAYS: Final = 90


class Deliverer:
    """Sends what waits. `deliver_due` is its work; `start` lets a thread do it again and again.

    Args:
        store: holds what waits.
        groups: where receivers are looked up, as they are when a message is sent.
        open_means: opens what notifiers work with, in the loop that uses it, given where this server
            is reached.
        clock: tells the time.
        chance: returns a number from 0 to 1.
        limits_s: how long one try may take, by the kind of receiver.
        tidy: told the time, in ticks, once a day.
        turn: whether this server is the one that sends what waits.
    """

    def __init__(
        self,
        store: DeliveryStore,
        groups: ActionGroupStore,
        open_means: Callable[[str], AbstractAsyncContextManager[Means]],
        clock: Clock,
        chance: Callable[[], float],
        limits_s: Mapping[str, float] = TIME_LIMITS_S,
        tidy: Callable[[int], None] = lambda _: None,
        turn: Turn = ALWAYS,
    ) -> None:
        self._store = store
        self._groups = groups
        self._open_means = open_means
        self._clock = clock
        self._chance = chance
        self._limits_s = limits_s
        self._tidy_more = tidy
        self._whose = turn
        self._running: dict[str, Delivery] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._closing = threading.Event()
        self._tidied_day = 0

    def start(self, public_url: str) -> None:
        """Begin to send in the background.

        Args:
            public_url: where this server is reached, with one slash at its end, for links.
        """
        self._thread = threading.Thread(
            target=self._run, args=(public_url,), name="openinsights-notify", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop: what is on its way gets a moment, and is sent again after the next start."""
        self._closing.set()
        thread, loop = self._thread, self._loop
        if thread is None:
            return
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake.set)
        thread.join()

    async def deliver_due(self, public_url: str) -> int:
        """Send all that is due and wait for what comes of it; return the number of tries."""
        tries = 0
        async with self._open_means(public_url) as means:
            while taken := self._begin(means):
                tries += taken
                await asyncio.gather(*self._tasks)
        return tries

    async def try_group(
        self,
        group: ActionGroup,
        notification: Notification,
        delivery_id: Callable[[], str],
        public_url: str,
    ) -> list[tuple[Receiver, Outcome]]:
        """Send a notification to every receiver of a group once, and return what came of it."""
        secret = self._groups.secret(group.id)
        messages = [
            Message(delivery_id(), notification, receiver, secret) for receiver in group.receivers
        ]
        async with self._open_means(public_url) as means:
            outcomes = await asyncio.gather(*(self._tell(each, means) for each in messages))
        return list(zip(group.receivers, outcomes, strict=True))

    def _run(self, public_url: str) -> None:
        try:
            asyncio.run(self._watch(public_url))
        except Exception:  # such as certificates that cannot be read
            logger.exception("nobody is told of alerts before the next start")

    async def _watch(self, public_url: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        async with self._open_means(public_url) as means:
            while not self._closing.is_set():
                self._wake.clear()
                await self._wait(self._look(means))
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=_STOP_S)
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _look(self, means: Means) -> float:
        """Begin what is due and return the time until the next look."""
        if not self._whose.is_ours:
            return _LOOKS_EVERY_S
        try:
            self._begin(means)
            self._tidy()
        except Exception:  # the disk is full, the catalog is busy: both pass
            logger.exception("cannot look for notifications that are due")
            return _AFTER_TROUBLE_S
        return _LOOKS_EVERY_S

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def _tidy(self) -> None:
        now = self._clock.now_ticks()
        day = now // TICKS_PER_DAY
        if day != self._tidied_day:
            self._tidied_day = day
            self._store.forget_before((day - _KEPT_DAYS) * TICKS_PER_DAY)
            self._tidy_more(now)

    def _begin(self, means: Means) -> int:
        """Begin to send as much of what is due as there is room for."""
        room = AT_ONCE - len(self._running)
        if room <= 0:
            return 0
        running = list(self._running.values())
        due = self._store.due(self._clock.now_ticks(), AT_ONCE_PER_RECEIVER, running, room)
        for each in due:
            self._running[each.delivery_id] = each
            task = asyncio.get_running_loop().create_task(self._deliver(each, means))
            self._tasks.add(task)
            task.add_done_callback(self._done)
        return len(due)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()

    async def _deliver(self, delivery: Delivery, means: Means) -> None:
        try:
            found = self._message(delivery)
            outcome = found if isinstance(found, Outcome) else await self._tell(found, means)
            self._keep(delivery, outcome)
        except Exception:
            # what was not kept would be sent again at once: rather a little later
            logger.exception("cannot keep what came of notification %s", delivery.delivery_id)
            await asyncio.sleep(_AFTER_TROUBLE_S)
        finally:
            del self._running[delivery.delivery_id]

    def _message(self, delivery: Delivery) -> Message | Outcome:
        """Return the message, or why it cannot be sent to anybody any more."""
        group = self._groups.get(delivery.group_key)
        if group is None:
            return Outcome("its action group has been deleted", is_final=True)
        if not group.enabled:
            return Outcome("its action group has been disabled", is_final=True)
        name = delivery.receiver.lower()
        receiver = next((each for each in group.receivers if each.name.lower() == name), None)
        if receiver is None:
            return Outcome("its action group has no such receiver any more", is_final=True)
        secret = self._groups.secret(group.id)
        notification = from_facts(delivery.notification)
        return Message(delivery.delivery_id, notification, receiver, secret, delivery.first_id)

    async def _tell(self, message: Message, means: Means) -> Outcome:
        kind = message.receiver.kind
        limit_s = self._limits_s[kind]
        try:
            async with asyncio.timeout(limit_s):
                return await NOTIFIERS[kind](message, means)
        except TimeoutError:
            return Outcome(f"it took longer than {limit_s:g} s")
        except Exception:
            logger.exception("notification %s failed", message.delivery_id)
            return Outcome("of a mistake in this server, which is in its log")

    def _keep(self, delivery: Delivery, outcome: Outcome) -> None:
        now = self._clock.now_ticks()
        if outcome.delivered:
            self._store.delivered(delivery, now)
            return
        due = next_try(
            delivery.created_ticks,
            now,
            delivery.attempts + 1,
            outcome.retry_after_s,
            self._chance(),
        )
        if outcome.is_final:
            self._store.given_up(delivery, now, outcome.why)
        elif due is None:
            hours = GIVES_UP_AFTER_S // 3_600
            self._store.given_up(delivery, now, f"given up after {hours} h: {outcome.why}")
        else:
            self._store.postponed(delivery, due, outcome.why)
