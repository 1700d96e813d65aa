"""What a span and a record cost the program: microseconds, and ratios to a peer's client.

    python benchmarks/spans.py [--peer PYTHON] [--rounds N]

`--peer` is the Python of an environment in which another `opencensus` is installed; it measures
the same program there, in turns with this one, so that both see the same machine.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

COUNT = 20_000


def measure() -> dict[str, float]:
    """Return the microseconds of each case, the best of three runs."""
    from opencensus.stats import aggregation, measure, stats, view
    from opencensus.tags import tag_map
    from opencensus.trace import samplers
    from opencensus.trace.tracer import Tracer

    class Discarding:
        def export(self, span_datas):
            return None

    def spans(sampler):
        tracer = Tracer(sampler=sampler, exporter=Discarding())

        def run():
            for _ in range(COUNT):
                with tracer.span("work") as span:
                    span.add_attribute("key", "value")

        return run

    def records():
        quantity = measure.MeasureInt("quantity", "of the benchmark", "1")
        stats.stats.view_manager.register_view(
            view.View("records", "counted", ["key"], quantity, aggregation.CountAggregation())
        )
        measurements = stats.stats.stats_recorder.new_measurement_map()
        tags = tag_map.TagMap([("key", "value")])

        def run():
            for _ in range(COUNT):
                measurements.measure_int_put(quantity, 1)
                measurements.record(tags)

        return run

    cases = {
        "sampled span": spans(samplers.AlwaysOnSampler()),
        "unsampled span": spans(samplers.AlwaysOffSampler()),
        "stats record": records(),
    }
    return {name: min(_seconds(run) for _ in range(3)) / COUNT * 1e6 for name, run in cases.items()}


def _seconds(run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _measure_with(python: str) -> dict[str, float]:
    command = [python, __file__, "--measure"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _best(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: min(result[name] for result in rounds) for name in rounds[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peer", help="the Python of the peer's environment")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure()))
        return
    pythons = [sys.executable] + ([options.peer] if options.peer else [])
    results: dict[str, list[dict[str, float]]] = {python: [] for python in pythons}
    for _ in range(options.rounds):
        for python in pythons:
            results[python].append(_measure_with(python))
    ours = _best(results[sys.executable])
    peers = _best(results[options.peer]) if options.peer else {}
    for name, microseconds in ours.items():
        line = f"{name:16}{microseconds:8.2f} us"
        if peers:
            line += f"   peer {peers[name]:8.2f} us   {peers[name] / microseconds:5.1f} times"
        print(line)


if __name__ == "__main__":
    main()
