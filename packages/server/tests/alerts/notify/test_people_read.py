"""What people read: mails, Slack's blocks and Teams' cards, with nothing that telemetry could do."""

import email
import email.policy
import json

import pytest

from openinsights.alerts.alert import Criterion, MonitorCondition
from openinsights.alerts.notify.chat import slack_message, teams_message
from openinsights.alerts.notify.email import mail_of
from openinsights.alerts.notify.message import Message
from openinsights.alerts.notify.notification import links_of
from openinsights.alerts.notify.words import facts_of
from openinsights.catalog.action_groups import Receiver

URL = "https://insights.example/"
EVIL = (
    "<!channel> <script>alert(1)</script> [click](http://evil.example) *b* \r\nBcc: x@evil.example"
)


class Means:
    public_url = URL

    def __init__(self, clock):
        self.clock = clock


def mail(notification, clock, first_id=""):
    message = Message(
        "d-1", notification, Receiver("email", "ops", "ops@shop.example"), "", first_id
    )
    whole = mail_of(message, "alerts@shop.example", Means(clock)).as_bytes()
    return email.message_from_bytes(whole, policy=email.policy.default)


def test_a_mail_says_what_and_where_in_its_subject(told, clock):
    found = mail(told(), clock)
    assert found["Subject"] == "Fired: Sev1 failed requests (cloud/roleName web) in shop"
    assert found["To"] == "ops@shop.example"
    assert found["From"] == "OpenInsights <alerts@shop.example>"
    assert found["Message-ID"] == "<d-1@shop.example>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["X-OpenInsights-Delivery"] == "d-1"
    assert found["In-Reply-To"] is None


def test_a_mail_is_there_as_text_and_as_html(told, clock):
    found = mail(told(), clock)
    text = found.get_body(("plain",)).get_content()
    assert "More than five requests failed." in text
    assert "Condition: Count of requests/failed was 7, > 5" in text
    assert "https://insights.example/a/a0000000-0000-4000-8000-000000000001/logs?" in text
    html = found.get_body(("html",)).get_content()
    assert "<th align=left>Condition</th><td>Count of requests/failed was 7, &gt; 5</td>" in html
    assert "href='https://insights.example/a/" in html


def test_the_end_stands_below_the_beginning(told, clock):
    ended = told(
        condition=MonitorCondition.RESOLVED, resolved_ticks=told().fired_ticks + 7_500_000_000
    )
    found = mail(ended, clock, "d-0")
    assert found["Subject"].startswith("Resolved: Sev1")
    assert found["In-Reply-To"] == found["References"] == "<d-0@shop.example>"
    assert "Lasted: 12 min 30 s" in found.get_body(("plain",)).get_content()


def hostile(told):
    return told(
        rule_name=EVIL,
        description=EVIL,
        split=((EVIL, EVIL),),
        properties={EVIL: EVIL},
        context={"note": EVIL},
    )


def test_telemetry_makes_no_header_and_no_html_of_a_mail(told, clock):
    found = mail(hostile(told), clock)
    assert found["Bcc"] is None
    assert "\n" not in found["Subject"]
    assert len(found["Subject"]) <= 200
    html = found.get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_slack_gets_blocks_of_plain_text(told):
    found = slack_message(hostile(told), links_of(told(), URL))
    assert "<!channel>" not in found["text"]
    (attachment,) = found["attachments"]
    kinds = {each["type"] for each in texts_of(attachment)}
    assert kinds == {"plain_text"}
    json.dumps(found)


def texts_of(value):
    if isinstance(value, dict):
        if "text" in value and isinstance(value["text"], str):
            yield value
        for each in value.values():
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)


def test_slack_keeps_within_what_it_takes(told):
    long = told(rule_name="n" * 500, description="d" * 9_000, properties={"p" * 99: "v" * 9_000})
    found = slack_message(long, links_of(long, URL))
    header, described, fields, actions = found["attachments"][0]["blocks"]
    assert len(header["text"]["text"]) <= 150
    assert len(described["text"]["text"]) <= 3_000
    assert len(fields["fields"]) <= 10
    assert all(len(each["text"]) <= 2_000 for each in fields["fields"])
    assert next(each["url"] for each in actions["elements"]).startswith(URL)


def test_teams_gets_a_card_whose_text_is_no_markdown(told):
    found = teams_message(hostile(told), links_of(told(), URL))
    assert found["type"] == "message"
    card = found["attachments"][0]["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    text = card["body"][1]["text"]
    assert "\\[click\\]\\(http" in text
    assert card["body"][0]["color"] == "Attention"
    assert [each["type"] for each in card["actions"]] == ["Action.OpenUrl"] * 2


def test_the_end_is_shown_as_good(told):
    ended = told(condition=MonitorCondition.RESOLVED, resolved_ticks=told().fired_ticks)
    links = links_of(ended, URL)
    assert teams_message(ended, links)["attachments"][0]["content"]["body"][0]["color"] == "Good"
    assert slack_message(ended, links)["attachments"][0]["color"] == "#1a7f5a"


@pytest.mark.parametrize(
    ("criterion", "text"),
    [
        (Criterion("", "", "Count", "GreaterThan", 0, 3.0), "Count was 3, > 0"),
        (Criterion("m", "", "Average", "LessThan", 1, None), "Average of m was no value, < 1"),
        (
            Criterion("m", "", "Average", "GreaterOrLessThan", 2, 5.5, (), (1.0, 2.0)),
            "Average of m was 5.5; 1 to 2 was expected",
        ),
    ],
)
def test_a_criterion_is_told_in_words(told, criterion, text):
    assert ("Condition", text) in facts_of(told(criteria=(criterion,)))
