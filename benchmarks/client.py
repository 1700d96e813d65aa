"""What telemetry costs a program, beside the retired OpenCensus client and beside OpenTelemetry.

    python benchmarks/client.py                      # all figures; some minutes
    python benchmarks/client.py --quick              # two rounds with few bursts: a first look
    python benchmarks/client.py --kind log --rounds 9 --json log.json

The environments of the two others are made on first use with `pip`, from the Python that runs this
file, and are kept in `--peers`. Each figure is measured in a fresh process for each side, the sides in
turns within a round, so that all of them see the same machine; all send to one sink on this
machine (`client_sink.py`). What each side runs, and what is fair about it, stands in
`client_programs.py`.

Printed are the median of the rounds, the lowest and the highest, and the others' ratio to ours, taken
round by round. `lost` are items that never reached the sink. Then a line for each bar. The exit
status is 1 only with `--check` and a bar that is not held; bars that need a peer that
could not be installed are said not to be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import client_import
import client_sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE / "client_programs.py"
OURS = "ours"
QUICK_ROUNDS, QUICK_BURSTS = 2, 8

QUIET = {
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED": "true",
    # Whatever a client still tries to reach, it does not leave this machine.
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1",
}
"""The others report about themselves too; that would be in the figures."""


@dataclass(frozen=True)
class Side:
    """One client, and what has to be installed for it; nothing means this interpreter."""

    name: str
    requirements: tuple[str, ...]
    imports: tuple[str, ...]


SIDES = (
    Side(OURS, (), (client_import.TRACE_EXPORTER,)),
    Side(
        "opencensus",
        ("opencensus==0.11.4", "opencensus-ext-azure==1.1.15"),
        (client_import.TRACE_EXPORTER,),
    ),
    Side(
        "opentelemetry",
        ("opentelemetry-sdk==1.45.2", "azure-monitor-opentelemetry-exporter==1.0.0b58"),
        ("opentelemetry.sdk.trace.export", "azure.monitor.opentelemetry.exporter"),
    ),
)


@dataclass(frozen=True)
class Measurement:
    """One run of a side's program; `is_once` for what has no spread, `is_ours` for what needs no peer."""

    kind: str
    measure: str
    is_once: bool = False
    is_ours: bool = False


MEASUREMENTS = (
    *(Measurement(kind, "cost") for kind in ("span", "unsampled", "log", "record")),
    *(Measurement(kind, "threads", is_ours=True) for kind in ("span", "log", "record")),
    Measurement("import", "import"),
    *(Measurement(kind, "memory", is_once=True) for kind in ("span", "unsampled", "log", "record")),
)

Answer = dict[str, float]


@dataclass(frozen=True)
class Figure:
    """One line of the table: what is taken from the answers of a measurement."""

    label: str
    kind: str
    measure: str
    unit: str
    value: Callable[[Answer], float]


def _share(name: str) -> Callable[[Answer], float]:
    """Return what reads the slowdown of the work beside that of the control."""
    return lambda run: run[name.format("work")] / run[name.format("control")]


FIGURES = {
    figure.label: figure
    for figure in (
        Figure("sampled span", "span", "cost", "us", lambda run: run["thread_us"]),
        Figure("sampled span, best burst", "span", "cost", "us", lambda run: run["thread_best_us"]),
        Figure("sampled span, time passed", "span", "cost", "us", lambda run: run["wall_us"]),
        Figure("sampled span, whole", "span", "cost", "us", lambda run: run["process_us"]),
        Figure("sampled span, body", "span", "cost", "B", lambda run: run["body_bytes"]),
        Figure("sampled span, lost", "span", "cost", "", lambda run: run["lost"]),
        Figure("sampled span, blocks held", "span", "memory", "", lambda run: run["blocks"]),
        Figure("sampled span, bytes held", "span", "memory", "B", lambda run: run["bytes"]),
        Figure("unsampled span", "unsampled", "cost", "us", lambda run: run["thread_us"]),
        Figure("unsampled span, bytes held", "unsampled", "memory", "B", lambda run: run["bytes"]),
        Figure("no-op log call", "log", "cost", "us", lambda run: run["plain_us"]),
        Figure(
            "log call, added", "log", "cost", "us", lambda run: run["thread_us"] - run["plain_us"]
        ),
        Figure(
            "log call, added, best burst",
            "log",
            "cost",
            "us",
            lambda run: run["thread_best_us"] - run["plain_best_us"],
        ),
        Figure("log call, whole", "log", "cost", "us", lambda run: run["process_us"]),
        Figure("log call, lost", "log", "cost", "", lambda run: run["lost"]),
        Figure("log call, blocks held", "log", "memory", "", lambda run: run["blocks"]),
        Figure("log call, bytes held", "log", "memory", "B", lambda run: run["bytes"]),
        Figure("stats record", "record", "cost", "us", lambda run: run["thread_us"]),
        Figure("stats record, bytes held", "record", "memory", "B", lambda run: run["bytes"]),
        *(
            Figure(f"{label}, 8 threads{suffix}", kind, "threads", "x", _share(f"{{}}{key}"))
            for label, kind in (("spans", "span"), ("logs", "log"), ("records", "record"))
            for suffix, key in (("", ""), (", time passed", "_passed"))
        ),
        Figure("import", "import", "import", "ms", lambda run: run["ms"]),
        Figure("import, processor time", "import", "import", "ms", lambda run: run["cpu_ms"]),
        Figure("import, peak memory", "import", "import", "MB", lambda run: run["mb"]),
    )
}


@dataclass(frozen=True)
class Bar:
    """What is promised: at most a figure of ours, or at least a ratio of a peer's to ours."""

    text: str
    figure: str
    limit: float
    peer: str | None = None


BARS = (
    Bar("sampled span, calling thread: at most 5 us", "sampled span", 5.0),
    *(
        Bar(f"sampled span: {peer} costs at least 5 times as much", "sampled span", 5.0, peer)
        for peer in ("opencensus", "opentelemetry")
    ),
    Bar("unsampled span: at most 1 us", "unsampled span", 1.0),
    Bar("stats record: at most 3 us", "stats record", 3.0),
    Bar("log call: at most 2 us more than a no-op handler", "log call, added", 2.0),
    *(
        Bar(
            f"whole cost of a span: {peer}'s at least 4 times as much",
            "sampled span, whole",
            4.0,
            peer,
        )
        for peer in ("opencensus", "opentelemetry")
    ),
    *(
        Bar(
            f"8 threads: {what} at most 1.15 times the interpreter's share",
            f"{what}, 8 threads",
            1.15,
        )
        for what in ("spans", "logs", "records")
    ),
    Bar("nothing of ours is lost", "sampled span, lost", 0.0),
    Bar("import: at most 100 ms", "import", client_import.LIMIT_MS),
    Bar("import: at most 20 MB", "import, peak memory", client_import.LIMIT_MB),
)


class Environments:
    """Runs the programs of each side with the Python of its environment.

    Args:
        folder: Where the peers' environments are kept.
        compiled: Where what they import stays compiled.
    """

    def __init__(self, folder: Path, compiled: str) -> None:
        self._folder = folder
        self._compiled = compiled

    def prepare(self, side: Side) -> bool:
        """Make a side's environment unless it is there; return whether it can be used."""
        ready = self._folder / side.name / "ready.txt"
        wanted = "\n".join((sys.version, *side.requirements))
        if not side.requirements or (ready.exists() and ready.read_text() == wanted):
            return True
        tell(f"installing {', '.join(side.requirements)} into {self._folder / side.name}")
        venv.create(self._folder / side.name, with_pip=True, clear=True)
        command = [self.python(side), "-m", "pip", "install", "--disable-pip-version-check"]
        done = subprocess.run([*command, *side.requirements], capture_output=True, text=True)
        if done.returncode:
            tell(f"{side.name} cannot be installed and is left out:\n{done.stderr}")
            return False
        ready.write_text(wanted)
        return True

    def python(self, side: Side) -> str:
        """Return the interpreter of a side."""
        if not side.requirements:
            return sys.executable
        binaries = "Scripts" if os.name == "nt" else "bin"
        return str(self._folder / side.name / binaries / "python")

    def environ(self, side: Side) -> dict[str, str]:
        """Return the environment variables of a side's programs."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith(("APPLICATIONINSIGHTS", "OTEL_", "OPENINSIGHTS"))
            and not name.upper().endswith("_PROXY")
            and (name != "PYTHONPATH" or not side.requirements)
        }
        return client_import.compiling_into(self._compiled, kept | QUIET)

    def run(self, side: Side, arguments: Sequence[str]) -> Answer:
        """Return what a program of a side answers."""
        command = [self.python(side), str(PROGRAMS), "--side", side.name, *arguments]
        done = subprocess.run(
            command, env=self.environ(side), check=True, capture_output=True, text=True
        )
        return json.loads(done.stdout.splitlines()[-1])


class Results:
    """The answers by measurement and side, one for each round."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str, str], list[Answer]] = {}

    def add(self, measurement: Measurement, side: str, answer: Answer) -> None:
        """Keep the answer of one round."""
        key = (measurement.kind, measurement.measure, side)
        self._answers.setdefault(key, []).append(answer)

    def of(self, figure: Figure, side: str) -> list[float]:
        """Return a figure's value in each round; nothing when it was not measured."""
        answers = self._answers.get((figure.kind, figure.measure, side), [])
        return [figure.value(answer) for answer in answers]

    def ratios(self, figure: Figure, side: str) -> list[float]:
        """Return what a side's value is to ours in each round; nothing when it was not measured."""
        pairs = zip(self.of(figure, side), self.of(figure, OURS), strict=False)
        return [theirs / ours for theirs, ours in pairs if ours > 0]

    def as_json(self) -> list[dict[str, Any]]:
        """Return all answers."""
        return [
            {"kind": kind, "measure": measure, "side": side, "rounds": answers}
            for (kind, measure, side), answers in self._answers.items()
        ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured")
    parser.add_argument("--bursts", type=int, default=30, help="bursts of 1,000 in a measurement")
    parser.add_argument("--quick", action="store_true", help="two rounds with few bursts")
    parser.add_argument("--kind", nargs="*", help="only these: span unsampled log record import")
    parser.add_argument("--alone", action="store_true", help="measure ours without the others")
    parser.add_argument(
        "--peers", type=Path, default=HERE / ".peers", help="where the others are installed"
    )
    parser.add_argument("--json", type=Path, help="a file for all answers")
    parser.add_argument("--check", action="store_true", help="exit with 1 unless all bars are held")
    asked = parser.parse_args()
    if asked.quick:
        asked.rounds, asked.bursts = QUICK_ROUNDS, QUICK_BURSTS
    with tempfile.TemporaryDirectory() as compiled:
        return compare(Environments(asked.peers, compiled), asked)


def compare(environments: Environments, asked: argparse.Namespace) -> int:
    """Measure and print what was asked for; return the exit status."""
    wanted = SIDES[:1] if asked.alone else SIDES
    sides = [side for side in wanted if environments.prepare(side)]
    measurements = [one for one in MEASUREMENTS if not asked.kind or one.kind in asked.kind]
    results = measure_all(environments, sides, measurements, asked.rounds, asked.bursts)
    print(machine(asked.rounds, asked.bursts))
    for side in sides:
        print(f"{side.name}: {', '.join(side.requirements) or 'this repository'}")
    print_figures(results, sides)
    is_held = print_bars(results)
    if asked.json:
        asked.json.write_text(json.dumps(results.as_json(), indent=1))
    return int(asked.check and not is_held)


def measure_all(
    environments: Environments,
    sides: Sequence[Side],
    measurements: Sequence[Measurement],
    rounds: int,
    bursts: int,
) -> Results:
    """Return all answers, the sides in turns within each round."""
    results = Results()
    with client_sink.running() as sink:
        for number in range(rounds):
            for one in measurements:
                if one.is_once and number:
                    continue
                for side in turns(sides[:1] if one.is_ours else sides, number):
                    tell(f"round {number + 1}/{rounds}: {one.kind} {one.measure}, {side.name}")
                    results.add(one, side.name, measure(environments, side, one, sink, bursts))
    tell("")
    return results


def turns(sides: Sequence[Side], number: int) -> Iterator[Side]:
    """Yield the sides; who is first changes from round to round."""
    for index in range(len(sides)):
        yield sides[(index + number) % len(sides)]


def measure(
    environments: Environments, side: Side, one: Measurement, sink: client_sink.Sink, bursts: int
) -> Answer:
    """Return the answer of one side, with what the sink saw of it."""
    if one.measure == "import":
        python, environ = environments.python(side), environments.environ(side)
        client_import.measure(side.imports, python, environ)  # the first time, it compiles
        return client_import.measure(side.imports, python, environ)
    before = sink.received()
    arguments = ["--kind", one.kind, "--measure", one.measure]
    arguments += ["--port", str(sink.port), "--bursts", str(bursts)]
    answer = environments.run(side, arguments)
    after = sink.received()
    items = after["items"] - before["items"]
    sent = answer.get("sent", 0)
    return answer | {
        "lost": sent - items if sent else 0,
        "body_bytes": (after["bytes"] - before["bytes"]) / items if items else 0,
    }


def print_figures(results: Results, sides: Sequence[Side]) -> None:
    """Print a line for each figure: median (lowest-highest), and the ratio to ours."""
    print(f"\n{'':30}" + "".join(f"{side.name:>31}" for side in sides))
    for figure in FIGURES.values():
        cells = [_cell(results, figure, side) for side in sides]
        if any(cells):
            unit = f" [{figure.unit}]" if figure.unit else ""
            print(f"{figure.label + unit:30}" + "".join(f"{cell:>31}" for cell in cells))


def _cell(results: Results, figure: Figure, side: Side) -> str:
    values = results.of(figure, side.name)
    if not values:
        return ""
    text = f"{statistics.median(values):.2f}"
    if len(values) > 1:
        text += f" ({min(values):.2f}-{max(values):.2f})"
    ratios = [] if side.name == OURS else results.ratios(figure, side.name)
    return f"{text} {statistics.median(ratios):5.1f}x" if ratios else text


def print_bars(results: Results) -> bool:
    """Print whether each bar is held; return whether all are that could be measured.

    The median of the rounds decides. The best round is beside it: where that alone would hold, the
    machine was perhaps busy with other things.
    """
    print(f"\n{'bar':64} {'median':>9} {'best':>9}")
    verdicts = [Verdict.of(results, bar) for bar in BARS]
    for bar, verdict in zip(BARS, verdicts, strict=True):
        print(f"{bar.text:64} {verdict.median:>9} {verdict.best:>9}  {verdict.word}")
    print("memory over 50 million spans: see client_soak.py")
    return all(verdict.word != NOT_HELD for verdict in verdicts)


NOT_HELD = "NOT HELD"


@dataclass(frozen=True)
class Verdict:
    """A bar's value in the median and in the best of the rounds, and what it means."""

    median: str
    best: str
    word: str

    @classmethod
    def of(cls, results: Results, bar: Bar) -> Verdict:
        """Return the verdict on a bar."""
        figure = FIGURES[bar.figure]
        values = results.ratios(figure, bar.peer) if bar.peer else results.of(figure, OURS)
        if not values:
            return cls("", "", "not measured")
        unit = "x" if bar.peer else figure.unit
        median, best = statistics.median(values), (max if bar.peer else min)(values)
        is_held = median >= bar.limit if bar.peer else median <= bar.limit
        word = "held" if is_held else NOT_HELD
        return cls(f"{median:.2f} {unit}", f"{best:.2f} {unit}", word)


def machine(rounds: int, bursts: int) -> str:
    """Return what was measured where and when."""
    today = datetime.now(timezone.utc).date()
    return (
        f"{today}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python "
        f"{platform.python_version()}; {rounds} rounds, {bursts} bursts of 1,000 in each"
    )


def tell(text: str) -> None:
    """Show progress where it is not part of the output."""
    print(f"\r\033[K{text}" if sys.stderr.isatty() else text, file=sys.stderr, end="", flush=True)
    if not sys.stderr.isatty() and text:
        print(file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
