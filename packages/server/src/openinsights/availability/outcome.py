"""What came out of a run of a test: values, from the probes to the telemetry."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Timings:
    """How long the parts of a request took, in milliseconds; None is what did not happen.

    Attributes:
        dns: finding the address.
        connect: until the connection stood.
        tls: the handshake.
        first_byte: from the request to the beginning of its answer.
        whole: from the beginning to the end of it all, redirects included.
    """

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None
    whole: float | None = None

    def to_json(self) -> dict[str, float]:
        """Return what happened, by the names that people read."""
        named = {
            "dns": self.dns,
            "connect": self.connect,
            "tls": self.tls,
            "firstByte": self.first_byte,
            "whole": self.whole,
        }
        return {name: round(value, 3) for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """One step of a run.

    Attributes:
        name: as people read it.
        message: what is wrong with it; "" when nothing is.
        duration_ms: how long it took.
        status: of the answer; 0 without one.
        timings: of its parts.
    """

    name: str
    message: str
    duration_ms: float
    status: int = 0
    timings: Timings = field(default_factory=Timings)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to.

    Attributes:
        message: what was found: why it failed, or what passed.
        passed: whether everything was as expected.
        steps: what was done, in order.
        timings: of the first request.
        size_bytes: of the bodies that were read.
        address: that was connected to; "" without one.
        certificate_days: until the certificate ends, negative when it has; None without one.
    """

    message: str
    passed: bool
    steps: tuple[StepOutcome, ...] = ()
    timings: Timings = field(default_factory=Timings)
    size_bytes: int = 0
    address: str = ""
    certificate_days: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a test at one location, with the attempts that it took.

    Attributes:
        began_ticks: of the attempt that counts.
        duration_ms: of the attempt that counts.
        outcome: of the attempt that counts.
        trace_id: the operation that its requests belong to.
        span_id: the run's own id in it.
        attempts: how many there were.
    """

    began_ticks: int
    duration_ms: float
    outcome: Outcome
    trace_id: str
    span_id: str
    attempts: int = 1
