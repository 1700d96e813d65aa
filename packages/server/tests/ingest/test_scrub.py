"""Secrets and personal data are replaced before telemetry is stored."""

from __future__ import annotations

import json

import pytest

from openinsights.catalog.resource_settings import DEFAULTS, changed
from openinsights.ingest.scrub import scrubber_of


def scrubbed(text: str, *rules: str, patterns: tuple[str, ...] = ()) -> str:
    scrubber = scrubber_of(changed(DEFAULTS, {"scrub": rules, "scrub_patterns": patterns}))
    assert scrubber is not None
    return scrubber.text(text)


@pytest.mark.parametrize(
    ("rule", "text", "left"),
    [
        ("url-credentials", "amqp://bob:h@nter2@mq:5672/x", "amqp://bob:***@nter2@mq:5672/x"),
        ("url-credentials", "postgresql://app:pw@db/shop", "postgresql://app:***@db/shop"),
        ("url-credentials", "http://host:8080/a@b", "http://host:8080/a@b"),
        ("secrets", "/login?user=bob&password=hunter2&x=1", "/login?user=bob&password=***&x=1"),
        ("secrets", '{"api_key": "abc", "n": 1}', '{"api_key": "***", "n": 1}'),
        ("secrets", "client-secret: s3cr3t, next", "client-secret: ***, next"),
        ("secrets", "https://x/blob?sv=1&sig=a%2Fb%3D", "https://x/blob?sv=1&sig=***"),
        ("secrets", "the token was refused", "the token was refused"),
        ("authorization", "Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"),
        ("authorization", "basic training", "basic ***"),
        ("jwt", "got eyJhbGciOiJI.eyJzdWIiOiIx.c2ln now", "got *** now"),
        ("email", "mail to anna.o'neil+x@shop.example.org!", "mail to ***!"),
        ("email", "für jürgen@müller.de", "für ***"),
        ("card-numbers", "paid with 4111 1111 1111 1111 today", "paid with *** today"),
        ("card-numbers", "order 20261129", "order 20261129"),
        ("addresses", "from 203.0.113.7:5000", "from ***:5000"),
        ("addresses", "version 1.2.3", "version 1.2.3"),
    ],
)
def test_rules_find_what_they_are_for(rule, text, left) -> None:
    assert scrubbed(text, rule) == left


def test_own_patterns_replace_their_group_alone() -> None:
    assert scrubbed("patient 4711, room 5", patterns=(r"patient (\d+)",)) == "patient ***, room 5"
    assert scrubbed("a ABC-12 b", patterns=(r"[A-Z]{3}-\d+",)) == "a *** b"


def test_no_text_makes_a_pattern_slow() -> None:
    """The pattern takes a backtracking engine longer than the universe has existed."""
    assert scrubbed("a" * 20_000, patterns=(r"(?:a+)+b",)) == "a" * 20_000


def test_every_text_of_an_item_is_scrubbed_and_no_id(ingest) -> None:
    ingest.settings = {"scrub": ["card-numbers", "email", "secrets"]}
    card = "4111111111111111"
    envelope = ingest.envelope(
        "RequestData",
        id=card,
        name=f"GET /{card}",
        url=f"https://shop/{card}?token=abc",
        duration="00:00:01",
        responseCode="200",
        properties={"who": "a@b.example", "db_password": "hunter2", "n": "1"},
    )
    envelope["tags"] = {
        "ai.operation.id": card,
        "ai.operation.name": f"GET /{card}",
        "ai.user.authUserId": "a@b.example",
    }
    assert ingest.request([envelope]).status_code == 200
    row = ingest.row("requests")
    assert (row["id"], row["operation_Id"]) == (card, card)
    assert row["name"] == row["operation_Name"] == "GET /***"
    assert row["url"] == "https://shop/***?token=***"
    assert row["user_AuthenticatedId"] == "***"
    dimensions = json.loads(row["customDimensions"])
    assert dimensions == {"who": "***", "db_password": "***", "n": "1"}


def test_exceptions_are_scrubbed_through_their_chain(ingest) -> None:
    ingest.settings = {"scrub": "email"}
    links = [
        {"typeName": "E", "message": "a@b.example", "stack": "at a@b.example", "id": 1},
        {"typeName": "F", "message": "c@d.example", "outerId": 1, "id": 2},
    ]
    assert ingest.request([ingest.envelope("ExceptionData", exceptions=links)]).status_code == 200
    row = ingest.row("exceptions")
    assert (row["outerMessage"], row["innermostMessage"]) == ("***", "***")
    assert "example" not in row["details"]


def test_without_rules_nothing_is_scrubbed(ingest) -> None:
    assert ingest.request([ingest.envelope(name="a@b.example")]).status_code == 200
    assert ingest.row("customEvents")["name"] == "a@b.example"
