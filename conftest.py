"""What holds for every test of the repository."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine is no defect: examples have no deadline, and slow drawing is no reason to fail.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
