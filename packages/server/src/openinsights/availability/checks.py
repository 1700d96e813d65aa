"""Whether an answer is what a step expects: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from openinsights.availability.certificate import Certificate
    from openinsights.availability.test import CertificateCheck, ContentMatch, Step

_SHOWN: Final = 120
_FIRST_FAILURE: Final = 400


def wrong_status(step: Step, status: int) -> str:
    """Return what is wrong with a status; "" when nothing is."""
    if step.status is None or status == step.status:
        return ""
    if step.status == 0:
        return "" if status < _FIRST_FAILURE else f"status {status} came, one below 400 is expected"
    return f"status {status} came, {step.status} is expected"


def wrong_content(matches: tuple[ContentMatch, ...], text: str, whole: bool = True) -> str:
    """Return what is wrong with a text; "" when nothing is.

    Args:
        matches: all have to be met.
        text: what came.
        whole: whether that is all; else the message says that more was not read.
    """
    for match in matches:
        wanted, there = match.text, text
        if match.ignores_case:
            wanted, there = wanted.lower(), there.lower()
        if (wanted in there) is match.has_to_be_found:
            continue
        shown = repr(match.text if len(match.text) <= _SHOWN else f"{match.text[:_SHOWN]}…")
        if not match.has_to_be_found:
            return f"the answer holds {shown}, which it must not"
        part = "" if whole else f" in its first {len(text):,} characters; the rest was not read"
        return f"the answer does not hold {shown}{part}"
    return ""


def wrong_certificate(check: CertificateCheck | None, certificate: Certificate | None) -> str:
    """Return what is wrong with how long a certificate is valid; "" when nothing is."""
    if check is None or check.days is None:
        return ""
    if certificate is None:
        return "no certificate was shown: the connection is not encrypted"
    if certificate.days_left >= check.days:
        return ""
    return (
        f"the certificate ends in {certificate.days_left:.1f} days, on {certificate.ends_at},"
        f" and has to be valid for {check.days} more"
    )
