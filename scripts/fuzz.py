"""Fuzz the query compiler, guided by what its code does: `python scripts/fuzz.py SECONDS [FOLDER]`.

Every text must give statements, with SQL for each, or a KqlError whose places lie in the text; in
time, and in memory. Inputs are texts, and choices from which `near_queries.py` writes texts.
What is found is written to FOLDER (a temporary one without it), beside the inputs that were worth
keeping; the exit status is then not 0.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "packages" / "server" / "tests" / "kql"
CHOICES = b"\0"
"""An input that starts so is a list of choices, any other one is a text."""
LONGEST_S = 10
MEMORY_MIB = 2048
MAX_BYTES = 4096

sys.path.insert(0, str(TESTS))
with atheris.instrument_imports(include=["openinsights.kql"]):
    import compiled
    from near_queries import Writer

    from openinsights.kql.operators.registry import BY_NAME


def text_of(data: bytes) -> str:
    """Return the text that an input stands for."""
    if not data.startswith(CHOICES):
        return data.decode(errors="replace")
    source = atheris.FuzzedDataProvider(data[1:])
    writer = Writer(lambda count: source.ConsumeIntInRange(0, count - 1))
    return writer.mutated(writer.query())


def one(data: bytes) -> None:
    """Compile an input."""
    compiled.outcome(text_of(data))


def seeds() -> list[bytes]:
    """Return the queries of the golden cases, and a few lists of choices."""
    texts = [path.read_bytes() for path in sorted(TESTS.glob("cases/*/query.kql"))]
    kept = [path.read_bytes() for path in sorted((TESTS / "corpus").glob("*"))]
    return [*texts, *kept, *(CHOICES + bytes(range(i, 256, 7)) * 3 for i in range(7))]


def main() -> None:
    """Run for so many seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=int)
    parser.add_argument("folder", type=Path, nargs="?")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="fuzz-kql-"))
    inputs = folder / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (inputs / f"seed-{number:03d}").write_bytes(seed)
    words = folder / "words"
    words.write_text("".join(f'"{name}"\n' for name in sorted(BY_NAME)))
    options = [
        f"-max_total_time={arguments.seconds}",
        f"-max_len={MAX_BYTES}",
        f"-timeout={LONGEST_S}",
        f"-rss_limit_mb={MEMORY_MIB}",
        f"-dict={words}",
        f"-artifact_prefix={folder}/found-",
        "-len_control=0",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(inputs)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
