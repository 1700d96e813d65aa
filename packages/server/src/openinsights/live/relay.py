"""Live Metrics over several servers: each tells the others what its viewers want, and is told numbers.

A server with viewers says so every other second. The others then ask the senders that come to them,
as if the viewers were theirs, and pass on what these post and what they count themselves. Nothing is
passed on while nobody views anything elsewhere, and what does not arrive is not sent again: a second
later there are newer numbers.
"""

from __future__ import annotations

import base64
import logging
import threading
import zlib
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from openinsights.live.filters import View
from openinsights.live.ring import ServerKey
from openinsights_wire.live.messages import (  # noqa: TC001 - msgspec reads the annotations
    Document,
    MetricPoint,
    MonitoringDataPoint,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from openinsights.live.board import Board
    from openinsights.live.counted import Counted

logger = logging.getLogger(__name__)

CHANNEL: Final = "openinsights_live"
LONGEST: Final = 7_900
"""Bytes of one text: PostgreSQL's NOTIFY takes fewer than 8,000."""
_SAYS_EVERY_S: Final = 2.0
_GATHERS_S: Final = 0.2
_MOST_WAITING: Final = 2_000
_MOST_UNPACKED: Final = 4 * 1024 * 1024
_WANTED, _TOLD = "w", "t"


class Counts(msgspec.Struct, array_like=True):
    """What one server counted of items of senders that do not post: per sender and second."""

    role: str
    instance: str
    second: int
    points: list[MetricPoint]


class Sample(msgspec.Struct, array_like=True):
    """A sample item of such a sender."""

    role: str
    instance: str
    document: Document


class Told(msgspec.Struct, omit_defaults=True):
    """What is passed on of one resource.

    Attributes:
        app: its application id.
        points: of one post.
        counts: of items.
        samples: of items.
    """

    app: str
    points: list[MonitoringDataPoint] = []
    counts: list[Counts] = []
    samples: list[Sample] = []


class Wanted(msgspec.Struct):
    """What the viewers of a server want: role, instance, filters and metrics of each view, by app."""

    server: str
    views: dict[str, list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]]


class Relay:
    """Tells and hears, for the board of one server.

    Args:
        board: of the server.
        name: of the server; what it said itself it does not hear.
        publish: sends texts to every server, each of at most `LONGEST` bytes; may block, and raise.
    """

    def __init__(self, board: Board, name: str, publish: Callable[[Sequence[str]], None]) -> None:
        self._board = board
        self._name = name
        self._publish = publish
        self._waiting: deque[Told] = deque(maxlen=_MOST_WAITING)
        self._woken = threading.Event()
        self._said_s = float("-inf")
        self._is_well = True
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="openinsights-relay", daemon=True)
        board.relay = self

    def start(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closing = True
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join()

    def views_changed(self) -> None:
        """Say soon what viewers want."""
        self._woken.set()

    def pass_points(self, app_id: str, points: Sequence[MonitoringDataPoint]) -> None:
        """Pass on what a sender posted."""
        self._add(Told(app_id, points=list(points)))

    def pass_counted(self, app_id: str, counted: Counted) -> None:
        """Pass on what items amounted to."""
        counts = [
            Counts(key.role, key.instance, second, tally.points())
            for (key, second), tally in counted.tallies.items()
        ]
        samples = [Sample(key.role, key.instance, each) for key, each in counted.documents]
        self._add(Told(app_id, counts=counts, samples=samples))

    def hear(self, text: str) -> None:
        """Take what a server said.

        Raises:
            msgspec.MsgspecError, ValueError: it is nothing that a server says.
        """
        kind, name, body = text.split(" ", 2)
        if name == self._name:
            return
        if kind == _WANTED:
            for app_id, views in msgspec.json.decode(body, type=Wanted).views.items():
                self._board.wanted_elsewhere(app_id, [View(*each) for each in views])
        elif kind == _TOLD and self._board.has_viewers:
            unpacked = zlib.decompressobj().decompress(base64.b64decode(body), _MOST_UNPACKED)
            for told in msgspec.json.decode(unpacked, type=list[Told]):
                self._take(told)

    def _take(self, told: Told) -> None:
        if told.points:
            self._board.take_points(told.app, told.points, is_relayed=True)
        if told.counts or told.samples:
            counts = [
                (ServerKey(each.role, each.instance), each.second, each.points)
                for each in told.counts
            ]
            samples = [
                (ServerKey(each.role, each.instance), each.document) for each in told.samples
            ]
            self._board.take_relayed(told.app, counts, samples)

    def _add(self, told: Told) -> None:
        self._waiting.append(told)

    def look(self) -> None:
        """Tell what there is to tell; what cannot be told is let go."""
        now_s = self._board.clock.monotonic_s()
        texts: list[str] = []
        if self._woken.is_set() or now_s - self._said_s >= _SAYS_EVERY_S:
            self._woken.clear()
            self._said_s = now_s
            texts += self._wanted()
        texts += packed(self._gathered(), self._name)
        try:
            if texts:
                self._publish(texts)
            self._is_well = True
        except Exception as error:
            if self._is_well:
                logger.warning("live numbers are not passed on for now: %s", error)
            self._is_well = False

    def _run(self) -> None:
        while not self._closing:
            self.look()
            self._woken.wait(_GATHERS_S)

    def _gathered(self) -> list[Told]:
        found: list[Told] = []
        while self._waiting:
            found.append(self._waiting.popleft())
        return found

    def _wanted(self) -> list[str]:
        """Return who wants what, in texts that are short enough; nothing while nobody views."""
        texts: list[str] = []
        for app_id, views in self._board.wanted_here().items():
            told = [(each.role, each.instance, each.filters, each.metrics) for each in views]
            texts += _halved(told, partial(self._wanted_text, app_id))
        return texts

    def _wanted_text(self, app_id: str, views: list[Any]) -> str:
        body = msgspec.json.encode(Wanted(self._name, {app_id: views})).decode()
        return f"{_WANTED} {self._name} {body}"


def packed(told: Iterable[Told], name: str) -> list[str]:
    """Return what is passed on as texts that are short enough; what cannot be is left out."""

    def text(part: list[Told]) -> str:
        body = base64.b64encode(zlib.compress(msgspec.json.encode(part), 1)).decode()
        return f"{_TOLD} {name} {body}"

    single: list[Told] = []
    for each in told:
        if len(each.points) + len(each.counts) + len(each.samples) <= 1:
            single.append(each)
            continue
        single += [Told(each.app, points=[point]) for point in each.points]
        single += [Told(each.app, counts=[one]) for one in each.counts]
        single += [Told(each.app, samples=[one]) for one in each.samples]
    return _halved(single, text)


def _halved(items: list[Any], text_of: Callable[[list[Any]], str]) -> list[str]:
    if not items:
        return []
    text = text_of(items)
    if len(text.encode()) <= LONGEST:
        return [text]
    if len(items) == 1:
        return _without_documents(items[0], text_of)
    middle = len(items) // 2
    return _halved(items[:middle], text_of) + _halved(items[middle:], text_of)


def _without_documents(item: Any, text_of: Callable[[list[Any]], str]) -> list[str]:
    """Let samples go where a second with them is too long, rather than its numbers."""
    if isinstance(item, Told) and item.points and item.points[0].documents:
        item.points[0] = msgspec.structs.replace(item.points[0], documents=None)
        return _halved([item], text_of)
    return []
