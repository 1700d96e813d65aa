"""What `openinsights live` shows, as lines of text. Pure."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from openinsights.query.text_table import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence

    Sample = dict[str, Any]  # JSON of the live API
    Document = dict[str, Any]

_BARS = "▁▂▃▄▅▆▇█"
_TREND_S = 30
_HELD_SAMPLES = 50
_FEWEST_SAMPLES = 5
_MEGABYTE = 1_000_000

# Each line: its name, and the metrics on it as (key, heading).
_ROWS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "incoming",
        (
            ("requests_per_second", "requests/s"),
            ("failed_requests_per_second", "failed/s"),
            ("request_duration_ms", "ms"),
        ),
    ),
    (
        "outgoing",
        (
            ("dependencies_per_second", "calls/s"),
            ("failed_dependencies_per_second", "failed/s"),
            ("dependency_duration_ms", "ms"),
        ),
    ),
    (
        "health",
        (
            ("exceptions_per_second", "exceptions/s"),
            ("cpu_percent", "cpu %"),
            ("memory_bytes", "memory MB"),
        ),
    ),
)
_SERVER_COLUMNS = (
    ("requests_per_second", "req/s"),
    ("failed_requests_per_second", "failed/s"),
    ("request_duration_ms", "ms"),
    ("dependencies_per_second", "calls/s"),
    ("exceptions_per_second", "exc/s"),
    ("cpu_percent", "cpu %"),
    ("process_cpu_percent", "own cpu %"),
    ("memory_bytes", "MB"),
)


class Screen:
    """Collects snapshots and shows the newest.

    Args:
        name: of the resource.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._sample: Sample = {}
        self._documents: deque[Document] = deque(maxlen=_HELD_SAMPLES)

    def take(self, sample: Sample, documents: Sequence[Document]) -> None:
        """Take a snapshot and the samples that came with it."""
        self._sample = sample
        self._documents.extend(documents)

    def line(self) -> str:
        """Return the snapshot in one line, for what is no terminal."""
        series = self._sample["series"]
        numbers = (
            f"{heading} {_number(key, series[key])}"
            for _, metrics in _ROWS
            for key, heading in metrics
        )
        return f"{self._sample['time'][11:19]}  servers {self._servers()}  " + "  ".join(numbers)

    def lines(self, width: int, height: int) -> list[str]:
        """Return the snapshot as lines that fit a terminal."""
        sample = self._sample
        head = f"{self._name} · {sample['time'][11:19]} UTC · {self._state()} · Ctrl-C ends"
        lines = [head, "", *_rows(sample), ""]
        room = max(1, height - len(lines) - _FEWEST_SAMPLES - 1)
        lines += [*self._server_lines()[:room], ""]
        newest = max(0, height - len(lines))
        lines += [_document(each) for each in reversed(self._documents)][:newest]
        return [_plain(line)[:width] for line in lines[:height]]

    def _servers(self) -> int:
        return len(self._sample["servers"])

    def _state(self) -> str:
        servers = self._sample["servers"]
        if not servers:
            return "waiting for a server"
        telling = sum(server["source"] == "live" for server in servers)
        text = f"{len(servers)} server{'s' if len(servers) > 1 else ''}"
        if telling < len(servers):
            text += f", {len(servers) - telling} of them from stored telemetry, some seconds late"
        return text

    def _server_lines(self) -> list[str]:
        servers = self._sample["servers"]
        if not servers:
            return ["no server told anything during the last minute"]
        names = ["role", "instance", *(heading for _, heading in _SERVER_COLUMNS), "seen"]
        rows = [
            [
                server["role"],
                server["instance"],
                *(_number(key, [server[key]]) for key, _ in _SERVER_COLUMNS),
                f"{server['last_seen_s']:.0f} s ago",
            ]
            for server in servers
        ]
        errors = [
            f"{server['instance']} cannot follow the view: {error}"
            for server in servers
            for error in server["errors"]
        ]
        return [*aligned(names, rows), *errors]


def _rows(sample: Sample) -> list[str]:
    series = sample["series"]
    lines = []
    for name, metrics in _ROWS:
        parts = (
            f"{heading:>12} {_number(key, series[key]):>9} {_trend(series[key]):<{_TREND_S}}"
            for key, heading in metrics
        )
        lines.append(f"{name:<9}" + " ".join(parts))
    for text, values in sample["metrics"].items():
        lines.append(f"{_number('', values):>9} {_trend(values):<{_TREND_S}} {text}")
    return lines


def _number(key: str, values: Sequence[float | None]) -> str:
    """Return the newest number, which may be a few seconds old, as people write it."""
    value = next((value for value in reversed(values[-3:]) if value is not None), None)
    if value is None:
        return "-"
    if key == "memory_bytes":
        value /= _MEGABYTE
    return f"{value:,.1f}" if abs(value) < 1_000 else f"{value:,.0f}"


def _trend(values: Sequence[float | None]) -> str:
    shown = values[-_TREND_S:]
    most = max((value for value in shown if value is not None), default=0.0)
    return "".join(" " if value is None else _bar(value, most) for value in shown)


def _bar(value: float, most: float) -> str:
    if value <= 0 or most <= 0:
        return _BARS[0]
    return _BARS[min(len(_BARS) - 1, int(value / most * (len(_BARS) - 1) + 0.5))]


def _document(document: Document) -> str:
    mark = "✕" if document.get("success") is False else " "
    facts = (
        document.get("code"),
        None if document.get("duration_ms") is None else f"{document['duration_ms']:.1f} ms",
        document.get("severity"),
        document.get("name"),
        document.get("message"),
        document.get("url") or document.get("data"),
    )
    text = "  ".join(str(fact) for fact in facts if fact)
    return f"{document['time'][11:19]} {mark} {document['type']:<10}  {text}"


def _plain(text: str) -> str:
    """Return a text without what a terminal would obey: it comes from applications."""
    return "".join(
        character if character.isprintable() else "⏎" if character == "\n" else "·"
        for character in text
    )
