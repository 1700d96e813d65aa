"""What is wrong with OTLP bodies, as errors that the sender is told."""

from __future__ import annotations

from openinsights_wire.errors import BAD_BODY, WireError


def malformed(what: str) -> WireError:
    """Return the error of bytes that are not what they claim to be."""
    return WireError(f"{BAD_BODY}: cannot read the {what}")


def too_many(what: str, most: int) -> WireError:
    """Return the error of a body that holds more than one body may."""
    return WireError(
        f"{BAD_BODY}: cannot take so many {what} at once: the most is {most}; send smaller batches",
        413,
    )
