"""What importing the client costs an application: time, memory and modules, in fresh processes.

Fails when importing the trace exporter takes 100 ms or makes the process 20 MB or larger. What is
imported was compiled before, as it is where a package was installed.

    .venv/bin/python benchmarks/client_import.py
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REPEATS = 9
LIMIT_MS = 100.0
LIMIT_MB = 20.0
TRACE_EXPORTER = "opencensus.ext.azure.trace_exporter"
MODULES = (
    TRACE_EXPORTER,
    "opencensus.ext.azure.log_exporter",
    "opencensus.ext.azure.metrics_exporter",
)
PROGRAM = """
import json, resource, sys, time
began, cpu_began = time.perf_counter(), time.process_time()
for module in sys.argv[1:]:
    __import__(module)
took_ms, cpu_ms = (time.perf_counter() - began) * 1000, (time.process_time() - cpu_began) * 1000
try:
    # The other figure begins with what the parent held when it started this process.
    with open("/proc/self/status") as status:
        peak_mb = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
except OSError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_mb = peak / (2**20 if sys.platform == "darwin" else 1024)
print(json.dumps({"ms": took_ms, "cpu_ms": cpu_ms, "mb": peak_mb, "modules": len(sys.modules)}))
"""


def measure(
    modules: Sequence[str], python: str = sys.executable, environ: Mapping[str, str] | None = None
) -> dict[str, float]:
    """Return what importing takes a fresh process: milliseconds, of these on a processor, memory."""
    command = [python, "-c", PROGRAM, *modules]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
    return json.loads(done.stdout)


def compiling_into(folder: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return environment variables with which what is imported stays compiled in a folder."""
    kept = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": folder}


def medians(modules: Sequence[str], environ: Mapping[str, str]) -> dict[str, float]:
    """Return the medians of some fresh processes, after one that compiles."""
    measure(modules, environ=environ)
    runs = [measure(modules, environ=environ) for _ in range(REPEATS)]
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        return report(compiling_into(folder, os.environ))


def report(environ: Mapping[str, str]) -> int:
    bare = medians([], environ)
    print(f"Python {sys.version.split()[0]}, medians of {REPEATS} fresh processes")
    print(f"{'nothing':40} {'':>8} {bare['mb']:6.1f} MB {bare['modules']:4.0f} modules")
    failed = False
    for module in MODULES:
        found = medians([module], environ)
        print(
            f"{module:40} {found['ms']:5.1f} ms {found['mb']:6.1f} MB {found['modules']:4.0f} modules"
            f"  (+{found['mb'] - bare['mb']:.1f} MB)"
        )
        if module == TRACE_EXPORTER:
            failed = found["ms"] >= LIMIT_MS or found["mb"] >= LIMIT_MB
    print("FAILED" if failed else f"within {LIMIT_MS:.0f} ms and {LIMIT_MB:.0f} MB")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
