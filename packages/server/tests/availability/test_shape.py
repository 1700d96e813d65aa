"""What the properties of web tests mean, and which are refused."""

from __future__ import annotations

import base64

import pytest

from openinsights.availability.errors import InvalidTest
from openinsights.availability.shape import test_of as meant
from openinsights.availability.test import (
    CertificateCheck,
    ContentMatch,
    DnsProbe,
    HttpProbe,
    JourneyProbe,
    Step,
    TcpProbe,
    TlsProbe,
)

URL = "https://shop.example/"


def read(**properties):
    return meant("id", "app", "front", {"Request": {"RequestUrl": URL}, **properties})


def probe_of(url, **rules):
    return read(Request={"RequestUrl": url}, ValidationRules=rules).probe


def test_what_is_left_out_has_azures_defaults():
    test = read()
    assert (test.frequency_s, test.timeout_s, test.retries) == (300, 30.0, True)
    assert (test.locations, test.alerts, test.objective) == (("local",), True, 99.9)
    assert test.name == "front"
    assert test.probe == HttpProbe((Step(URL),))


def test_standard_test_as_azures_tools_write_it():
    test = read(
        SyntheticMonitorId="front",
        Name="Front page",
        Enabled=False,
        Frequency=600,
        Timeout=120,
        Kind="standard",
        RetryEnabled=False,
        Locations=[{"Id": "us-va-ash-azr"}, {"Id": "emea-nl-ams-azr"}, {"Id": "us-va-ash-azr"}],
        Request={
            "RequestUrl": URL,
            "HttpVerb": "post",
            "Headers": [{"key": "X-One", "value": "1"}],
            "RequestBody": base64.b64encode(b"hello").decode(),
            "ParseDependentRequests": True,
            "FollowRedirects": False,
        },
        ValidationRules={
            "ExpectedHttpStatusCode": 201,
            "SSLCheck": True,
            "SSLCertRemainingLifetimeCheck": 7,
            "ContentValidation": {
                "ContentMatch": "in",
                "IgnoreCase": True,
                "PassIfTextFound": True,
            },
        },
        AlertEnabled=False,
        AvailabilityTarget=99,
    )
    assert test.locations == ("us-va-ash-azr", "emea-nl-ams-azr")
    assert (test.is_enabled, test.retries, test.alerts, test.objective) == (False, False, False, 99)
    step = Step(
        URL,
        verb="POST",
        headers=(("X-One", "1"),),
        body=b"hello",
        follows_redirects=False,
        loads_dependents=True,
        status=201,
        content=(ContentMatch("in", True, True),),
    )
    assert test.probe == HttpProbe((step,), CertificateCheck(True, 7))


@pytest.mark.parametrize(
    ("url", "rules", "expected"),
    [
        ("tcp://db.example:5432", {}, TcpProbe("db.example", 5432)),
        ("tcp://[::1]:80", {}, TcpProbe("::1", 80)),
        ("tls://shop.example", {}, TlsProbe("shop.example", 443, CertificateCheck())),
        (
            "tls://shop.example:8443",
            {"SSLCheck": False, "SSLCertRemainingLifetimeCheck": 14},
            TlsProbe("shop.example", 8443, CertificateCheck(False, 14)),
        ),
        ("dns:shop.example", {}, DnsProbe("shop.example")),
        (
            "dns://127.0.0.1:5353/shop.example?type=mx",
            {"ContentValidation": {"ContentMatch": "mail"}},
            DnsProbe("shop.example", "MX", "127.0.0.1", 5353, (ContentMatch("mail"),)),
        ),
        ("journey:shop.checkout", {}, JourneyProbe("shop", "checkout")),
    ],
)
def test_other_probes_are_told_by_their_scheme(url, rules, expected):
    assert probe_of(url, **rules) == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, 200),
        ({"ExpectedHttpStatusCode": 0}, 0),
        ({"ExpectedHttpStatusCode": 404}, 404),
        ({"ExpectedHttpStatusCode": 404, "IgnoreHttpStatusCode": True}, None),
    ],
)
def test_status_that_is_expected(rules, expected):
    assert probe_of(URL, **rules).steps[0].status == expected


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"Frequency": 9}, "Frequency 9: 10 to 86400 seconds"),
        ({"Timeout": 121}, "Timeout 121: 1 to 120 seconds"),
        ({"Timeout": "soon"}, "Timeout"),
        ({"AvailabilityTarget": 100}, "AvailabilityTarget 100"),
        ({"Locations": [{"Id": "a/b"}]}, "location 'a/b'"),
        ({"Locations": [{"Id": f"l{n}"} for n in range(17)]}, "17 Locations: 16 at most"),
        ({"Request": None}, "Request, or Configuration.WebTest, is needed"),
        ({"Request": {"RequestUrl": "ftp://shop.example"}}, "'ftp://shop.example'"),
        ({"Request": {"RequestUrl": "http:///path"}}, "'http:///path'"),
        ({"Request": {"RequestUrl": "https://me:secret@a.example/"}}, "the header Authorization"),
        ({"Request": {"RequestUrl": "http://h:99999/"}}, "an http or https URL"),
        ({"Request": {"RequestUrl": "tcp://db.example"}}, "write it as tcp://host:5432"),
        ({"Request": {"RequestUrl": "dns:a b"}}, "write it as dns:"),
        ({"Request": {"RequestUrl": "dns:a?type=XX"}}, "records 'XX'"),
        ({"Request": {"RequestUrl": "journey:../etc.passwd"}}, "journey:file.function"),
        ({"Request": {"RequestUrl": URL, "HttpVerb": "BREW"}}, "HttpVerb 'BREW'"),
        ({"Request": {"RequestUrl": URL, "RequestBody": "not base64!"}}, "Base64"),
        (
            {"Request": {"RequestUrl": URL, "Headers": [{"key": "Host", "value": "x"}]}},
            "header 'Host'",
        ),
        (
            {"Request": {"RequestUrl": URL, "Headers": [{"key": "X", "value": "a\r\nB: c"}]}},
            "cannot be sent so",
        ),
        ({"ValidationRules": {"ExpectedHttpStatusCode": 42}}, "ExpectedHttpStatusCode 42"),
    ],
)
def test_what_cannot_be_run_is_refused_by_its_name(properties, message):
    with pytest.raises(InvalidTest) as refused:
        read(**properties)
    assert message in refused.value.message


def document(items, rules=""):
    return (
        '<WebTest Name="w" Enabled="True" xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">'
        f"<Items>{items}</Items>{rules}</WebTest>"
    )


def find(text, **more):
    given = {"FindText": text, "IgnoreCase": "False", "PassIfTextFound": "True", **more}
    parameters = "".join(f'<RuleParameter Name="{k}" Value="{v}" />' for k, v in given.items())
    kind = "Microsoft.VisualStudio.TestTools.WebTesting.Rules.ValidationRuleFindText, x, Version=10"
    return (
        f'<ValidationRules><ValidationRule Classname="{kind}"><RuleParameters>{parameters}'
        "</RuleParameters></ValidationRule></ValidationRules>"
    )


def steps(items, rules="", kind="multistep"):
    return read(
        Request=None, Kind=kind, Configuration={"WebTest": document(items, rules)}
    ).probe.steps


def test_ping_test_of_azures_portal():
    request = (
        f'<Request Method="GET" Version="1.1" Url="{URL}" ThinkTime="0" Timeout="30"'
        ' ParseDependentRequests="True" FollowRedirects="True" RecordResult="True"'
        ' ResponseTimeGoal="0" Encoding="utf-8" ExpectedHttpStatusCode="200"'
        ' ExpectedResponseUrl="" ReportingName="" IgnoreHttpStatusCode="False" />'
    )
    [step] = steps(request, find("Basket", IgnoreCase="True"), "ping")
    assert step == Step(URL, loads_dependents=True, content=(ContentMatch("Basket", True, True),))


def test_get_requests_of_a_multi_step_test_are_steps_in_order():
    found = steps(
        f'<Comment CommentText="first" /><Request Method="GET" Url="{URL}in" ReportingName="in">'
        '<Headers><Header Name="X" Value="1" /></Headers>'
        '<QueryStringParameters><QueryStringParameter Name="q" Value="a b" /></QueryStringParameters>'
        f'</Request><Request Url="{URL}out" FollowRedirects="False" IgnoreHttpStatusCode="True" />',
        find("bye"),
    )
    assert found == (
        Step(f"{URL}in?q=a+b", name="in", headers=(("X", "1"),)),
        Step(f"{URL}out", follows_redirects=False, status=None, content=(ContentMatch("bye"),)),
    )


@pytest.mark.parametrize(
    ("items", "rules", "message"),
    [
        (f'<Request Method="POST" Url="{URL}" />', "", "the method POST"),
        ("<TransactionTimer />", "", "<TransactionTimer>"),
        (f'<Request Url="{URL}{{{{id}}}}" />', "", "context parameter"),
        (
            f'<Request Url="{URL}"><ExtractionRules><R /></ExtractionRules></Request>',
            "",
            "<ExtractionRules>",
        ),
        (f'<Request Url="{URL}" ResponseTimeGoal="3" />', "", "ResponseTimeGoal"),
        (
            f'<Request Url="{URL}" />',
            find("a", UseRegularExpression="True"),
            "UseRegularExpression",
        ),
        (
            f'<Request Url="{URL}" />',
            '<ValidationRules><ValidationRule Classname="A.ValidateHtmlTag, b" /></ValidationRules>',
            "the rule ValidateHtmlTag",
        ),
        (f'<Request Url="{URL}" />', "<DataSources><D /></DataSources>", "<DataSources>"),
        ("", "", "it has 0 requests"),
    ],
)
def test_what_a_web_test_asks_beyond_that_is_refused_by_its_name(items, rules, message):
    with pytest.raises(InvalidTest) as refused:
        steps(items, rules)
    assert message in refused.value.message


@pytest.mark.parametrize(
    "text",
    [
        "no xml",
        "<Other />",
        '<!DOCTYPE a [<!ENTITY b "c">]><WebTest>&b;</WebTest>',
        "<WebTest>" + "<a>" * 100_000,
    ],
)
def test_document_that_is_no_web_test_is_refused(text):
    with pytest.raises(InvalidTest):
        read(Request=None, Configuration={"WebTest": text})
