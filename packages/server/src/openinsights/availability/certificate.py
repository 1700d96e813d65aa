"""The certificate that a server shows: whose it is and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

_SECONDS_PER_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Certificate:
    """What people want to know of a certificate.

    Attributes:
        subject: whom it is for.
        ends_at: the day, as 2026-11-21.
        days_left: until then; negative when it is past.
    """

    subject: str
    ends_at: str
    days_left: float


def certificate_of(der: bytes, now: datetime) -> Certificate | None:
    """Return what a certificate says; None when it cannot be read.

    Args:
        der: its bytes.
        now: with a time zone.
    """
    # what reads certificates takes 40 ms to load: only tests of https pay for it
    from cryptography import x509

    try:
        read = x509.load_der_x509_certificate(der)
        ends, subject = read.not_valid_after_utc, read.subject.rfc4514_string()
    except ValueError:
        return None
    left = (ends - now).total_seconds() / _SECONDS_PER_DAY
    return Certificate(subject[:200], ends.date().isoformat(), round(left, 2))
