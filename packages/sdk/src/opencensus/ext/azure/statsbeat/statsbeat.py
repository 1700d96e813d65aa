"""The switches of reports about the sending. They have nothing to switch."""

from __future__ import annotations


def collect_statsbeat_metrics(options: object) -> None:
    """Do nothing: nothing is reported about the sending."""


def shutdown_statsbeat_metrics() -> None:
    """Do nothing: nothing is reported about the sending."""
