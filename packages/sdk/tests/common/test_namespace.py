from __future__ import annotations

import subprocess
import sys


def test_another_distribution_may_add_packages(tmp_path):
    leaves = ("opencensus/common/elsewhere", "opencensus/ext/elsewhere")
    for package in ("opencensus", "opencensus/common", "opencensus/ext", *leaves):
        folder = tmp_path / package
        folder.mkdir()
        (folder / "__init__.py").write_text(
            "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
            if package not in leaves
            else "found = True\n"
        )
    (tmp_path / "opencensus" / "contributed.py").write_text("found = True\n")
    program = (
        f"import sys; sys.path.append({str(tmp_path)!r})\n"
        "import opencensus.contributed, opencensus.common.elsewhere, opencensus.ext.elsewhere\n"
        "import opencensus.trace.tracer\n"
        "print(opencensus.contributed.found, opencensus.common.elsewhere.found)\n"
        "print(opencensus.ext.elsewhere.found)"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert printed.split() == ["True"] * 3
