"""The state of reports about the sending: they never begin."""

from __future__ import annotations


def is_statsbeat_enabled() -> bool:
    """Return False, whatever ``APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL`` says."""
    return False


def increment_statsbeat_initial_failure_count() -> None:
    """Do nothing: no report was tried."""


def get_statsbeat_initial_failure_count() -> int:
    """Return 0: no report was tried."""
    return 0


def set_statsbeat_initial_success(success: bool) -> None:
    """Do nothing: no report was tried."""


def get_statsbeat_initial_success() -> bool:
    """Return False: no report was sent."""
    return False


def get_statsbeat_shutdown() -> bool:
    """Return False: nothing was begun that could be shut down."""
    return False
