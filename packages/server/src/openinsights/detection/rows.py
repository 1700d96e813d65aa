"""The detectors as rows: what each is called, here and in Azure, and what it looks with.

Azure's rule names go in and out of `ProactiveDetectionConfigs`; a detector that Azure has under
several names answers to each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.detection.detectors import durations, shares, silence, volumes
from openinsights.detection.detectors.durations import Durations
from openinsights.detection.detectors.memory import Leaks
from openinsights.detection.detectors.shares import Shares
from openinsights.detection.detectors.silence import Silences
from openinsights.detection.detectors.volumes import Volumes
from openinsights.detection.errors import DetectorNotFound

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class DetectorRow:
    """One detector.

    Attributes:
        id: ours.
        title: what its findings are called.
        azure: the rule names that Azure has for it; the first one goes out.
        about: what a unit of it is, as a sentence names it.
        question: the file in `questions/` that its series come from.
        columns: places of the detector's columns among the sums of that answer.
        make: makes the detector.
        detector_columns: what adds up.
        has_whole: whether all units together are looked at, too.
        severity: of its alerts, 0 to 4.
        promise: one sentence.
    """

    id: str
    title: str
    azure: tuple[str, ...]
    about: str
    question: str
    columns: tuple[int, ...]
    make: Callable[[], Shares | Durations | Volumes | Silences | Leaks]
    detector_columns: tuple[str, ...]
    has_whole: bool
    severity: int
    promise: str


DETECTORS: Final = (
    DetectorRow(
        "failed_requests",
        "Abnormal rise in failed requests",
        ("extension_failureanomalies", "failureanomalies"),
        "operation",
        "requests",
        (0, 1, 2),
        Shares,
        shares.COLUMNS,
        True,
        3,
        "The share of failed requests is above what it is at this time of day.",
    ),
    DetectorRow(
        "failed_dependencies",
        "Abnormal rise in failed calls of dependencies",
        ("extension_faileddependencies",),
        "dependency",
        "dependencies",
        (0, 1, 2),
        Shares,
        shares.COLUMNS,
        True,
        3,
        "The share of failed calls to a dependency is above what it is at this time of day.",
    ),
    DetectorRow(
        "response_time",
        "Degradation in server response time",
        ("degradationinserverresponsetime", "slowserverresponsetime"),
        "operation",
        "requests",
        (0, 1, 3, 4),
        Durations,
        durations.COLUMNS,
        False,
        3,
        "An operation takes longer, on average and at the 90th percentile, than it does at this"
        " time of day.",
    ),
    DetectorRow(
        "dependency_duration",
        "Degradation in dependency duration",
        ("degradationindependencyduration", "longdependencyduration"),
        "dependency",
        "dependencies",
        (0, 1, 3, 4),
        Durations,
        durations.COLUMNS,
        False,
        3,
        "A dependency takes longer, on average and at the 90th percentile, than it does at this"
        " time of day.",
    ),
    DetectorRow(
        "page_load",
        "Slow page load time",
        ("slowpageloadtime",),
        "page",
        "pages",
        (0, 1, 2, 3),
        Durations,
        durations.COLUMNS,
        False,
        3,
        "A page loads more slowly than it does at this time of day.",
    ),
    DetectorRow(
        "trace_severity",
        "Degradation in trace severity ratio",
        ("extension_traceseveritydetector",),
        "role",
        "traces",
        (0, 1, 2),
        Shares,
        shares.COLUMNS,
        False,
        3,
        "More of a role's traces are warnings or worse than at this time of day.",
    ),
    DetectorRow(
        "exception_volume",
        "Abnormal rise in exception volume",
        ("extension_exceptionchangeextension",),
        "exception type",
        "exceptions",
        (0, 1, 2),
        Volumes,
        volumes.COLUMNS,
        False,
        3,
        "More exceptions of a type come than the traffic explains.",
    ),
    DetectorRow(
        "memory_leak",
        "Potential memory leak",
        ("extension_memoryleakextension",),
        "instance",
        "memory",
        (0, 1, 2),
        Leaks,
        ("samples", "squares", "total_bytes"),
        False,
        3,
        "The private bytes of an instance have grown steadily for a day or two.",
    ),
    DetectorRow(
        "silence",
        "Sudden silence of a role",
        ("extension_silence",),
        "role",
        "roles",
        (0, 1),
        Silences,
        silence.COLUMNS,
        False,
        3,
        "A role that always sends telemetry at this time sends none.",
    ),
)
_BY_NAME: Final = {name.lower(): row for row in DETECTORS for name in (row.id, *row.azure)}


def detector_named(name: str) -> DetectorRow:
    """Return the detector of our name or of one of Azure's, letter case aside.

    Raises:
        DetectorNotFound: there is none.
    """
    row = _BY_NAME.get(name.lower())
    if row is None:
        raise DetectorNotFound(
            f"cannot find the detector {name[:80]!r}: the detectors are "
            + ", ".join(each.id for each in DETECTORS)
        )
    return row
