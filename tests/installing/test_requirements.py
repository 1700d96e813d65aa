"""Requirements that name the retired client are satisfied by this one, with real pip, offline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure import stand_ins
from opencensus.ext.azure.common.retired import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENT = Path(stand_ins.__file__).parents[2]
REQUIREMENTS = """\
opencensus-ext-azure==1.1.13
opencensus-ext-flask>=0.7,<0.8
opencensus-ext-requests
opencensus ~= 0.11.0
a-library
"""


@pytest.fixture(scope="session")
def stand_in_wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stand-ins")
    assert stand_ins.main([str(folder)]) == 0
    return folder


def test_pins_ranges_and_what_libraries_need_are_satisfied(
    environment: Any,
    wheels: Path,
    stand_in_wheels: Path,
    make_wheel: Callable[..., Path],
    tmp_path: Path,
) -> None:
    """The retired wheels are offered too, in the same versions: the stand-ins are preferred."""
    library = make_wheel("a-library", "2.0", {}, "opencensus-ext-logging>=0.1,<1.0.0")
    for name, versions in VERSIONS.items():
        for version in versions.split():
            make_wheel(name, version, {f"opencensus/retired_{name}.py": ""})
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(REQUIREMENTS)
    offered = [wheels, stand_in_wheels, library.parent]
    environment.install(
        *(part for one in offered for part in ("--find-links", one)), "-r", requirements
    )

    installed = environment.installed()
    assert installed["opencensus-ext-azure"] == "1.1.13+openinsights"
    assert installed["opencensus-ext-flask"] == "0.7.6+openinsights"
    assert installed["opencensus-ext-requests"] == "0.8.0+openinsights"
    assert installed["opencensus"] == "0.11.4+openinsights"
    assert installed["opencensus-ext-logging"] == "0.1.1+openinsights"
    assert installed["openinsights-sdk"] == "0.1.0"
    assert "No broken requirements" in environment.pip("check")
    program = "from opencensus.ext.azure.common.retired import beside; print(beside())"
    assert environment.run("-c", program).strip() == "[]"


def test_stand_in_leaves_the_client_when_it_is_uninstalled(
    environment: Any, wheels: Path, stand_in_wheels: Path
) -> None:
    offered = ("--find-links", wheels, "--find-links", stand_in_wheels)
    environment.install(*offered, "opencensus-ext-azure")
    environment.pip("uninstall", "--yes", "opencensus-ext-azure")

    environment.run("-c", "import opencensus.ext.azure.trace_exporter")


@pytest.mark.parametrize("name", VERSIONS)
def test_only_what_this_client_has_is_stood_in_for(name: str) -> None:
    library = name.removeprefix("opencensus-").replace("-", "/")
    packages = {"opencensus": "trace", "context": "common/runtime_context"}

    assert (CLIENT / packages.get(library, library)).is_dir()


def test_same_wheels_are_written_every_time(tmp_path: Path) -> None:
    once = stand_ins.write_wheel(tmp_path / ".", "opencensus-ext-azure", "1.1.15").read_bytes()
    again = stand_ins.write_wheel(tmp_path, "opencensus-ext-azure", "1.1.15").read_bytes()

    assert once == again


def test_folder_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        stand_ins.main([])
    assert "folder" in capsys.readouterr().err
