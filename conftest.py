"""What holds for every test of the repository."""

from __future__ import annotations

import gc
import os

from hypothesis import HealthCheck, settings

# Many servers run at once on one machine: none of them takes the ports that belong to one.
for port in ("OPENINSIGHTS_OTLP_GRPC_PORT", "OPENINSIGHTS_OTLP_HTTP_PORT"):
    os.environ.setdefault(port, "0")

# A busy machine is no defect: examples have no deadline, and slow drawing is no reason to fail.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_collection_finish() -> None:
    """Take the thousands of tests themselves out of every later search for garbage.

    Each full search went through them all: a quarter of the work of tests that ask for one.
    """
    gc.collect()
    gc.freeze()
