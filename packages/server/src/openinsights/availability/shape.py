"""The properties of a web test in Azure's management API, and what they mean.

Everything that Azure's tools write is read. What Azure has no name for stands beside it:
`AlertEnabled`, `AvailabilityTarget`, and URLs that begin with `tcp://`, `tls://`, `dns:` or
`journey:`.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from openinsights.availability.dns import TYPES
from openinsights.availability.errors import InvalidTest
from openinsights.availability.test import (
    LOCAL,
    MOST_LOCATIONS,
    AvailabilityTest,
    CertificateCheck,
    ContentMatch,
    DnsProbe,
    HttpProbe,
    JourneyProbe,
    Probe,
    Step,
    TcpProbe,
    TlsProbe,
)
from openinsights.availability.web_test_xml import steps_of

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST_FREQUENCY_S: Final = 10
MOST_FREQUENCY_S: Final = 86_400
MOST_TIMEOUT_S: Final = 120
VERBS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_MULTIPLE_KINDS: Final = ("ping", "multistep")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_FORBIDDEN_HEADERS: Final = frozenset(
    ("host", "user-agent", "content-length", "transfer-encoding", "connection", "accept-encoding")
)
_LOCATION: Final = re.compile(r"[A-Za-z0-9][\w .()-]{0,99}")
_RECORD: Final = re.compile(r"[\w.*-]{1,253}")
_LONGEST_TEXT: Final = 8_192


class LocationShape(msgspec.Struct, rename="pascal"):
    """From where a test runs: `local`, a name that a probe has, or one of Azure's tags."""

    id: str


class HeaderShape(msgspec.Struct):
    """A header of the request."""

    key: str
    value: str


class RequestShape(msgspec.Struct, rename="pascal", omit_defaults=True):
    """What is asked.

    Attributes:
        request_url: http, https, `tcp://host:port`, `tls://host:port`, `dns:name?type=A`,
            `dns://server/name?type=A`, or `journey:file.function`.
        headers: but Host and User-Agent.
        request_body: in Base64, as Azure's tools write it.
        parse_dependent_requests: whether images, scripts and styles have to load too.
        follow_redirects: up to ten; true when it is left out.
    """

    request_url: str
    headers: list[HeaderShape] | None = None
    http_verb: str | None = None
    request_body: str | None = None
    parse_dependent_requests: bool | None = None
    follow_redirects: bool | None = None


class ContentShape(msgspec.Struct, rename="pascal", omit_defaults=True):
    """A text that the body has to hold, or must not."""

    content_match: str | None = None
    ignore_case: bool | None = None
    pass_if_text_found: bool | None = None


class RulesShape(msgspec.Struct, rename="pascal", omit_defaults=True):
    """What is expected of the answer.

    Attributes:
        expected_http_status_code: 200 when it is left out; 0 is any below 400.
        ignore_http_status_code: whether any status will do.
        ssl_check: whether the certificate has to be valid.
        ssl_cert_remaining_lifetime_check: days for which it has to be valid still.
    """

    content_validation: ContentShape | None = None
    expected_http_status_code: int | None = None
    ignore_http_status_code: bool | None = None
    ssl_check: bool | None = msgspec.field(default=None, name="SSLCheck")
    ssl_cert_remaining_lifetime_check: int | None = msgspec.field(
        default=None, name="SSLCertRemainingLifetimeCheck"
    )


class ConfigurationShape(msgspec.Struct, rename="pascal", omit_defaults=True):
    """The WebTest XML of a ping or multi-step test."""

    web_test: str | None = None


class WebTestShape(msgspec.Struct, rename="pascal", omit_defaults=True, kw_only=True):
    """What a test is.

    Attributes:
        name: by which results call it; its resource's name when it is left out.
        frequency: seconds from one run to the next, from 10 up.
        timeout: seconds for one attempt, 1 to 120.
        retry_enabled: whether a failure counts only after three failed attempts in a row.
        locations: the server itself, `local`, when there are none.
        alert_enabled: false keeps the test from having an alert rule.
        availability_target: the percentage of runs that is meant to pass; 99.9 when it is left out.
    """

    synthetic_monitor_id: str | None = None
    name: str | None = None
    description: str | None = None
    enabled: bool | None = None
    frequency: int | None = None
    timeout: int | None = None
    kind: str | None = None
    retry_enabled: bool | None = None
    locations: list[LocationShape] | None = None
    configuration: ConfigurationShape | None = None
    request: RequestShape | None = None
    validation_rules: RulesShape | None = None
    alert_enabled: bool | None = None
    availability_target: float | None = None
    provisioning_state: str | None = msgspec.field(default=None, name="provisioningState")


def test_of(
    test_id: str, app_id: str, resource_name: str, properties: Mapping[str, Any]
) -> AvailabilityTest:
    """Return the test that properties mean.

    Args:
        test_id: of the test.
        app_id: of its resource.
        resource_name: the last part of its resource id.
        properties: JSON.

    Raises:
        InvalidTest: they cannot be run; the message names the property.
    """
    try:
        shape = msgspec.convert(dict(properties), WebTestShape)
    except msgspec.ValidationError as error:
        raise InvalidTest(f"cannot read the properties: {str(error)[:400]}") from None
    frequency = 300 if shape.frequency is None else shape.frequency
    timeout = 30 if shape.timeout is None else shape.timeout
    _within("Frequency", frequency, LEAST_FREQUENCY_S, MOST_FREQUENCY_S, "seconds")
    _within("Timeout", timeout, 1, MOST_TIMEOUT_S, "seconds")
    objective = 99.9 if shape.availability_target is None else shape.availability_target
    if not 0 < objective < 100:
        raise InvalidTest(
            f"cannot use AvailabilityTarget {objective!r}: a percentage between 0 and 100 is needed"
        )
    probe, target = _probe(shape)
    name = (shape.name or resource_name).strip()
    if not 0 < len(name) <= 256 or not name.isprintable():
        raise InvalidTest("cannot use Name: 1 to 256 printable characters are needed")
    return AvailabilityTest(
        test_id=test_id,
        app_id=app_id,
        name=name,
        resource_name=resource_name,
        probe=probe,
        target=target,
        is_enabled=shape.enabled is not False,
        frequency_s=frequency,
        timeout_s=float(timeout),
        retries=shape.retry_enabled is not False,
        locations=_locations(shape.locations),
        alerts=shape.alert_enabled is not False,
        objective=objective,
    )


def _probe(shape: WebTestShape) -> tuple[Probe, str]:
    rules = shape.validation_rules or RulesShape()
    document = (shape.configuration or ConfigurationShape()).web_test
    if document and (shape.request is None or (shape.kind or "").lower() in _MULTIPLE_KINDS):
        steps = steps_of(document)
        for each in steps:
            _checked_step(each)
        return HttpProbe(steps, _certificate(rules, is_verified=False)), steps[0].url
    if shape.request is None:
        raise InvalidTest(
            "cannot read the properties: Request, or Configuration.WebTest, is needed"
        )
    url = shape.request.request_url.strip()
    scheme = url.partition(":")[0].lower()
    if scheme in ("http", "https"):
        step = _checked_step(_step(shape.request, url, rules))
        return HttpProbe((step,), _certificate(rules, is_verified=False)), url
    if scheme in _OTHERS:
        return _OTHERS[scheme](url, rules), url
    raise InvalidTest(
        f"cannot use RequestUrl {url[:200]!r}: it has to begin with http:, https:, tcp:, tls:, dns:"
        " or journey:"
    )


def _step(request: RequestShape, url: str, rules: RulesShape) -> Step:
    status = 200
    if rules.expected_http_status_code is not None:
        status = rules.expected_http_status_code
        if status != 0:
            _within("ExpectedHttpStatusCode", status, 100, 599, "")
    return Step(
        url=url,
        verb=(request.http_verb or "GET").upper(),
        headers=tuple((each.key.strip(), each.value.strip()) for each in request.headers or ()),
        body=_body(request.request_body or ""),
        follows_redirects=request.follow_redirects is not False,
        loads_dependents=request.parse_dependent_requests is True,
        status=None if rules.ignore_http_status_code else status,
        content=_content(rules),
    )


def _checked_step(step: Step) -> Step:
    parts = urlsplit(step.url)
    try:
        is_usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
        parts.port  # noqa: B018 - it raises when it is none
    except ValueError:
        is_usable = False
    if not is_usable or len(step.url) > 2_048 or not step.url.isprintable() or " " in step.url:
        raise InvalidTest(
            f"cannot use RequestUrl {step.url[:200]!r}: an http or https URL is needed"
        )
    if parts.username or parts.password:
        raise InvalidTest(
            "cannot use RequestUrl with a user and password in it, where everybody reads them: send"
            " them in the header Authorization"
        )
    if step.verb not in VERBS:
        raise InvalidTest(f"cannot use HttpVerb {step.verb[:40]!r}: use {', '.join(VERBS)}")
    for name, value in step.headers:
        if name.lower() in _FORBIDDEN_HEADERS:
            raise InvalidTest(f"cannot use the header {name!r}: it is set by the probe itself")
        is_latin = all(" " <= each <= "\xff" and each != "\x7f" for each in value)
        if not _TOKEN.fullmatch(name) or not is_latin or len(value) > _LONGEST_TEXT:
            raise InvalidTest(f"cannot use the header {name[:80]!r}: it cannot be sent so")
    return step


def _body(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidTest(
            "cannot use RequestBody: it has to be written in Base64, as Azure's tools do"
        ) from None


def _content(rules: RulesShape) -> tuple[ContentMatch, ...]:
    given = rules.content_validation
    if given is None or not given.content_match:
        return ()
    if len(given.content_match) > _LONGEST_TEXT:
        raise InvalidTest(f"cannot use ContentMatch: it is longer than {_LONGEST_TEXT} characters")
    return (
        ContentMatch(
            given.content_match, given.ignore_case is True, given.pass_if_text_found is not False
        ),
    )


def _certificate(rules: RulesShape, *, is_verified: bool) -> CertificateCheck | None:
    """Return the check of certificates that rules ask for.

    Args:
        rules: what is expected.
        is_verified: whether it is looked at where the rules do not say so.
    """
    days = rules.ssl_cert_remaining_lifetime_check
    if days is not None:
        _within("SSLCertRemainingLifetimeCheck", days, 1, 365, "days")
    checks = is_verified if rules.ssl_check is None else rules.ssl_check
    if not checks and days is None:
        return None
    return CertificateCheck(checks or rules.ssl_check is None, days)


def _tcp(url: str, rules: RulesShape) -> Probe:
    return TcpProbe(*_host_and_port(url, None))


def _tls(url: str, rules: RulesShape) -> Probe:
    check = _certificate(rules, is_verified=True) or CertificateCheck(is_verified=False)
    return TlsProbe(*_host_and_port(url, 443), check)


def _dns(url: str, rules: RulesShape) -> Probe:
    parts = urlsplit(url)
    type_ = parse_qs(parts.query).get("type", ["A"])[0].upper()
    name = parts.path.strip("/")
    if not _RECORD.fullmatch(name):
        raise InvalidTest(
            f"cannot use RequestUrl {url[:200]!r}: write it as dns:www.example.org?type=A, or"
            " dns://server/www.example.org?type=A"
        )
    if type_ not in TYPES:
        raise InvalidTest(f"cannot look up records {type_[:20]!r}: use {', '.join(TYPES)}")
    server, port = _host_and_port(url, 53) if parts.netloc else ("", 53)
    return DnsProbe(name, type_, server, port, _content(rules))


def _journey(url: str, rules: RulesShape) -> Probe:
    file, _, function = url.partition(":")[2].strip("/").partition(".")
    if not file.isidentifier() or not function.isidentifier():
        raise InvalidTest(
            f"cannot use RequestUrl {url[:200]!r}: write it as journey:file.function, for the"
            " function of file.py in the folder of journeys"
        )
    return JourneyProbe(file, function)


_OTHERS: Final = {"tcp": _tcp, "tls": _tls, "dns": _dns, "journey": _journey}


def _host_and_port(url: str, default: int | None) -> tuple[str, int]:
    parts = urlsplit(url)
    try:
        host, port = parts.hostname or "", parts.port or default
    except ValueError:
        host, port = "", None
    if not host or port is None:
        example = f"{parts.scheme}://host:{default or 5432}"
        raise InvalidTest(f"cannot use RequestUrl {url[:200]!r}: write it as {example}")
    return host, port


def _locations(given: list[LocationShape] | None) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(each.id.strip() for each in given or ())) or (LOCAL,)
    if len(names) > MOST_LOCATIONS:
        raise InvalidTest(f"cannot use {len(names)} Locations: {MOST_LOCATIONS} at most")
    for name in names:
        if not _LOCATION.fullmatch(name):
            raise InvalidTest(
                f"cannot use location {name[:80]!r}: it has 1 to 100 letters, digits or _ . - ( )"
            )
    return names


def _within(name: str, value: int, least: int, most: int, unit: str) -> None:
    if not least <= value <= most:
        unit = f" {unit}" if unit else ""
        raise InvalidTest(f"cannot use {name} {value}: {least} to {most}{unit} are allowed")
