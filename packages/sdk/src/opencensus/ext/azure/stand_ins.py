"""Distributions that bear a retired one's name and bring this client: python -m opencensus.ext.azure.stand_ins FOLDER.

A requirement that cannot be changed, a pin in somebody's lock file or what another library depends
on, is satisfied by a wheel of that name which has no file but depends on this client. It is made
for every published version, with a local label: ``1.1.15+openinsights`` satisfies ``==1.1.15`` and
every range that 1.1.15 does, and is preferred to it. pip and uv find it with ``--find-links``.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from opencensus.ext.azure.common.retired import OURS, STAND_IN, VERSIONS
from opencensus.ext.azure.common.version import __version__

SUMMARY = (
    "Stands in for the retired distribution of this name; OpenInsights' client is what it brings"
)


def main(arguments: list[str] | None = None) -> int:
    """Write the wheels and say how they are used; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m opencensus.ext.azure.stand_ins",
        description="Write wheels that satisfy requirements of the retired OpenCensus client.",
    )
    parser.add_argument("folder", type=Path, help="where the wheels are written")
    folder = parser.parse_args(arguments).folder
    written = write_all(folder)
    print(f"{len(written)} wheels in {folder}; use them with: pip install --find-links {folder} …")
    return 0


def write_all(folder: Path) -> list[Path]:
    """Write a wheel for each published version of each distribution that this client replaces."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        write_wheel(folder, name, version)
        for name, versions in VERSIONS.items()
        for version in versions.split()
    ]


def write_wheel(folder: Path, name: str, version: str) -> Path:
    """Write the wheel that stands in for one version of a distribution; return its path."""
    labelled = f"{version}+{STAND_IN}"
    stem = f"{name.replace('-', '_')}-{labelled}"
    files = {
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {labelled}\n"
        f"Summary: {SUMMARY}\nRequires-Python: >=3.10\nRequires-Dist: {OURS}>={__version__}\n",
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: openinsights-sdk\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{stem}.dist-info/RECORD"
    files[record] = "".join(
        f"{path},sha256={_digest(text)},{len(text.encode())}\n" for path, text in files.items()
    )
    files[record] += f"{record},,\n"
    wheel = folder / f"{stem}-py3-none-any.whl"
    with ZipFile(wheel, "w", ZIP_DEFLATED) as archive:
        for path, text in files.items():
            # A fixed date: the same wheel is the same file, whenever it is written.
            archive.writestr(ZipInfo(path, (1980, 1, 1, 0, 0, 0)), text)
    return wheel


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


if __name__ == "__main__":
    sys.exit(main())
