"""What goes wrong with availability tests."""

from __future__ import annotations

from openinsights.catalog.errors import InvalidAvailabilityTest
from openinsights.errors import OpenInsightsError


class InvalidTest(InvalidAvailabilityTest):
    """A test cannot be run in this form; the message names the property."""


class ProbeFailed(OpenInsightsError):
    """What was probed did not do what its test expects; the message is what people read."""

    code = "ProbeFailed"


class NotProbing(OpenInsightsError):
    """Nothing is run here."""

    code = "NotProbing"
