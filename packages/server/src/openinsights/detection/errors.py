"""What cannot be done about smart detection; the message is a sentence for people."""

from __future__ import annotations

from openinsights.errors import OpenInsightsError


class DetectionError(OpenInsightsError):
    """What was asked of smart detection cannot be done."""

    code = "InvalidDetectionRequest"


class DetectorNotFound(DetectionError):
    """There is no such detector."""

    code = "DetectorNotFound"


class FindingNotFound(DetectionError):
    """There is no such finding."""

    code = "FindingNotFound"


class MuteNotFound(DetectionError):
    """There is no such mute."""

    code = "MuteNotFound"
