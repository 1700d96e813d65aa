"""The client imports, sends, stores and ends where Python has only what Windows offers.

What POSIX has besides is hidden from a program: fork and its hooks, fcntl, users, signals, a rename
that replaces, the flags of memory maps. File locks, and files that cannot be removed while they
are open, are not imitated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

CLIENT_ONLY = {"opencensus", "openinsights_wire"}


def run(reporting: Any, *arguments: str, **environment: str) -> Any:
    program = reporting.python("without_posix.py", *arguments, **environment)
    program.wait()
    return program


def test_every_module_can_be_imported(reporting: Any) -> None:
    lines = run(reporting, "import_all.py").output.splitlines()

    missing = {line.split()[-1].partition(".")[0] for line in lines if " needs " in line}
    assert not missing & {*CLIENT_ONLY, "fcntl", "resource", "pwd"}, lines
    assert int(lines[-1].split()[-1]) > 100


def test_everything_is_sent_and_the_end_is_quick(reporting: Any) -> None:
    program = run(reporting, "everything.py", "one")

    reporting.expect_once(["one"])
    assert program.seconds_after("ends") < 1
    assert program.output.count("\n") == 1, program.output


def test_what_is_stored_is_sent_by_the_next_program(reporting: Any, tmp_path: Path) -> None:
    endpoint = reporting.relay.endpoint
    reporting.relay.close()
    run(reporting, "everything.py", "first")
    assert list(tmp_path.rglob("*.blob"))

    reporting.relay.open_again()
    assert reporting.relay.endpoint == endpoint
    run(reporting, "everything.py", "second")

    reporting.expect_once(["first", "second"])
    assert not list(tmp_path.rglob("*.blob"))
