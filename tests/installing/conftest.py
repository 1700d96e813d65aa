"""Fresh environments and folders of wheels, with real pip and without an index."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = Path(__file__).parents[2]
HERE = Path(__file__).parent
DEPENDENCIES = ("msgspec", "psutil", "urllib3", "wrapt")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels of the client, of the wire, and of what they depend on."""
    folder = tmp_path_factory.mktemp("wheels")
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps",
         "--no-build-isolation", "--wheel-dir", folder, "packages/wire", "packages/sdk"],
        cwd=REPOSITORY, capture_output=True, text=True,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    for name in DEPENDENCIES:
        pack_installed(name, folder)
    return folder


def pack_installed(name: str, folder: Path) -> None:
    """Make a wheel again of a distribution that is installed here."""
    distribution = importlib.metadata.distribution(name)
    tags = [
        line.removeprefix("Tag: ")
        for line in str(distribution.read_text("WHEEL")).splitlines()
        if line.startswith("Tag: ")
    ]
    wheel = folder / f"{name}-{distribution.version}-{tags[0]}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in distribution.files or []:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                archive.write(Path(str(distribution.locate_file(file))), str(file))


@pytest.fixture
def make_wheel(tmp_path: Path) -> Callable[..., Path]:
    """Make a wheel of some files: `make_wheel("name", "1.0", {"path": "text"}, "other>=1")`."""

    def make(name: str, version: str, files: dict[str, str], *requires: str) -> Path:
        stem = f"{name.replace('-', '_')}-{version}"
        needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
        metadata = {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
            "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        paths = {**files, **{f"{stem}.dist-info/{one}": text for one, text in metadata.items()}}
        record = "".join(f"{path},,\n" for path in [*paths, f"{stem}.dist-info/RECORD"])
        folder = tmp_path / "made"
        folder.mkdir(exist_ok=True)
        wheel = folder / f"{stem}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, text in {**paths, f"{stem}.dist-info/RECORD": record}.items():
                archive.writestr(path, text)
        return wheel

    return make


@dataclass
class Environment:
    """A fresh environment of this Python, without any index."""

    folder: Path
    variables: dict[str, str]

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin") / "python"

    def run(self, *arguments: Any, expect: int = 0, **variables: str) -> str:
        """Run this environment's Python and return what it printed on both channels."""
        return self._call([self.python, *arguments], expect, variables)

    def pip(self, *arguments: Any) -> str:
        """Run pip, that of the tests, on this environment."""
        return self._call([sys.executable, "-m", "pip", "--python", self.python, *arguments])

    def install(self, *arguments: Any) -> str:
        return self.pip("install", "--no-index", *arguments)

    def installed(self) -> dict[str, str]:
        lines = self.pip("list", "--format", "freeze").split()
        return dict(line.split("==") for line in lines if "==" in line)

    def _call(
        self, command: list[Any], expect: int = 0, variables: dict[str, str] | None = None
    ) -> str:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env={**self.variables, **(variables or {})},
        )
        assert done.returncode == expect, done.stdout
        return done.stdout


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    hidden = ("PYTHON", "PIP_", "APPLICATIONINSIGHTS", "APPINSIGHTS")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return Environment(
        folder,
        {
            **variables,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "TMPDIR": str(tmp_path),
        },
    )
