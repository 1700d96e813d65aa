"""An availability test as it is run: what is probed, how often, from where, and what is expected.

What lives here: values. Their form in Azure's management API is `shape.py`, their keeping
`catalog/availability_tests.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

LOCAL: Final = "local"
"""The location that is the server itself."""
ATTEMPTS: Final = 3
"""Attempts in a row that have to fail before a test that retries has failed."""
MOST_REDIRECTS: Final = 10
MOST_DEPENDENTS: Final = 15
MOST_LOCATIONS: Final = 16


@dataclass(frozen=True, slots=True)
class ContentMatch:
    """What a text has to hold, or must not.

    Attributes:
        text: that is looked for.
        ignores_case: whether upper and lower case are the same.
        has_to_be_found: False when it must not be found.
    """

    text: str
    ignores_case: bool = False
    has_to_be_found: bool = True


@dataclass(frozen=True, slots=True)
class CertificateCheck:
    """What a certificate has to be.

    Attributes:
        is_verified: whether it has to be valid, trusted and for that name.
        days: how long it has to be valid still; None is any time.
    """

    is_verified: bool = True
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One HTTP request and what is expected of its answer.

    Attributes:
        url: http or https.
        name: as people read it; the URL when "".
        verb: GET, POST, …
        headers: beside those of every probe.
        body: as it is sent.
        follows_redirects: whether redirects are followed, up to `MOST_REDIRECTS`.
        loads_dependents: whether images, scripts and styles of the page have to load too.
        status: that is expected; 0 is any below 400, None is any.
        content: what the body has to hold; several have to be met together.
    """

    url: str
    name: str = ""
    verb: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    follows_redirects: bool = True
    loads_dependents: bool = False
    status: int | None = 200
    content: tuple[ContentMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """Requests one after the other; the first that is not answered as expected fails the test."""

    steps: tuple[Step, ...]
    certificate: CertificateCheck | None = None


@dataclass(frozen=True, slots=True)
class TcpProbe:
    """A connection that has to come about."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class TlsProbe:
    """A TLS handshake that has to come about, and the certificate that is shown in it."""

    host: str
    port: int
    certificate: CertificateCheck


@dataclass(frozen=True, slots=True)
class DnsProbe:
    """A record that has to be there.

    Attributes:
        name: of the record.
        type: such as A or MX.
        server: the address or name of the name server; "" asks those of this machine.
        port: of the name server.
        content: what one of the answers has to hold.
    """

    name: str
    type: str = "A"
    server: str = ""
    port: int = 53
    content: tuple[ContentMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class JourneyProbe:
    """A function of an operator's file.

    Attributes:
        file: its name in the folder of journeys, without `.py`.
        function: that is called.
    """

    file: str
    function: str


Probe: TypeAlias = HttpProbe | TcpProbe | TlsProbe | DnsProbe | JourneyProbe


@dataclass(frozen=True, slots=True)
class AvailabilityTest:
    """A test as it is run.

    Attributes:
        test_id: a guid.
        app_id: of the resource that the results belong to.
        name: by which results, charts and alerts call it; unique in its resource.
        resource_name: the last part of its resource id.
        probe: what is done.
        target: what people read of it: a URL, a host with its port, a record.
        is_enabled: whether it runs.
        frequency_s: from one run to the next, at each location.
        timeout_s: of one attempt, all of its requests together.
        retries: whether a failure counts only after `ATTEMPTS` failed attempts in a row.
        locations: from where it runs.
        alerts: whether it has an alert rule.
        objective: the percentage of runs that is meant to pass.
    """

    test_id: str
    app_id: str
    name: str
    resource_name: str
    probe: Probe
    target: str
    is_enabled: bool = True
    frequency_s: int = 300
    timeout_s: float = 30.0
    retries: bool = True
    locations: tuple[str, ...] = (LOCAL,)
    alerts: bool = True
    objective: float = 99.9
