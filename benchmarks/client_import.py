"""What importing the client costs an application: time, memory and modules, in fresh processes.

Fails when importing the trace exporter takes 150 ms or 25 MB or more.

    .venv/bin/python benchmarks/client_import.py
"""

from __future__ import annotations

import subprocess
import sys

REPEATS = 9
LIMIT_MS = 150.0
LIMIT_MB = 25.0
TRACE_EXPORTER = "opencensus.ext.azure.trace_exporter"
MODULES = (
    TRACE_EXPORTER,
    "opencensus.ext.azure.log_exporter",
    "opencensus.ext.azure.metrics_exporter",
)
PROGRAM = """
import resource, sys, time
began = time.perf_counter()
if sys.argv[1]:
    __import__(sys.argv[1])
took_ms = (time.perf_counter() - began) * 1000
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 2**20)
print(took_ms, peak_mb, len(sys.modules))
"""


def measure(module: str) -> tuple[float, float, int]:
    """Return the median milliseconds, peak megabytes and module count of fresh processes."""
    runs = []
    for _ in range(REPEATS):
        command = [sys.executable, "-c", PROGRAM, module]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        took_ms, peak_mb, modules = done.stdout.split()
        runs.append((float(took_ms), float(peak_mb), int(modules)))
    middle = REPEATS // 2
    return (
        sorted(run[0] for run in runs)[middle],
        sorted(run[1] for run in runs)[middle],
        runs[0][2],
    )


def main() -> int:
    _, bare_mb, bare_modules = measure("")
    print(f"Python {sys.version.split()[0]}, medians of {REPEATS} fresh processes")
    print(f"{'nothing':40} {'':>8} {bare_mb:6.1f} MB {bare_modules:4d} modules")
    failed = False
    for module in MODULES:
        took_ms, peak_mb, modules = measure(module)
        grown_mb = peak_mb - bare_mb
        print(
            f"{module:40} {took_ms:5.1f} ms {peak_mb:6.1f} MB {modules:4d} modules"
            f"  (+{grown_mb:.1f} MB)"
        )
        if module == TRACE_EXPORTER:
            failed = took_ms >= LIMIT_MS or peak_mb >= LIMIT_MB
    print("FAILED" if failed else f"within {LIMIT_MS:.0f} ms and {LIMIT_MB:.0f} MB")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
