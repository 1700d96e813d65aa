"""Performance counters: how Azure's distributions name them for OpenTelemetry, and what they are.

Source: azure-monitor-opentelemetry-exporter 1.0.0b58, which renames them as it exports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX = "azuremonitor.performancecounter."
_PROCESS, _SITE = r"\Process(??APP_WIN32_PROC??)", r"\ASP.NET Applications(??APP_W3SVC_PROC??)"

PERFORMANCE_COUNTERS: Final[Mapping[str, str]] = {
    _PREFIX + name: counter
    for name, counter in (
        ("memoryavailablebytes", r"\Memory\Available Bytes"),
        ("exceptionssec", r"\.NET CLR Exceptions(??APP_CLR_PROC??)\# of Exceps Thrown / sec"),
        ("requestexecutiontime", _SITE + r"\Request Execution Time"),
        ("requestssec", _SITE + r"\Requests/Sec"),
        ("processtime", _PROCESS + r"\% Processor Time"),
        ("processtimenormalized", _PROCESS + r"\% Processor Time Normalized"),
        ("processiobytessec", _PROCESS + r"\IO Data Bytes/sec"),
        ("processprivatebytes", _PROCESS + r"\Private Bytes"),
        ("processortotalprocessortime", r"\Processor(_Total)\% Processor Time"),
    )
}
"""The name in Azure of each metric."""
