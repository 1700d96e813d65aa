"""Who used the application: addresses, places, browsers."""

from __future__ import annotations

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from openinsights.ingest.errors import PlacesError
from openinsights.ingest.places import NOWHERE, Place, open_places
from openinsights.ingest.sender import address_in

FIREFOX = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
GHENT = {
    "city": {"names": {"en": "Ghent", "nl": "Gent"}},
    "subdivisions": [{"names": {"en": "East Flanders"}}, {"names": {"en": "inner"}}],
    "country": {"names": {"en": "Belgium"}},
}


@pytest.fixture
def places(tmp_path):
    writer = MMDBWriter(4, "GeoLite2-City", languages=["en"])
    writer.insert_network(IPSet(["203.0.113.0/24"]), GHENT)
    writer.insert_network(IPSet(["198.51.100.0/24"]), {"country": {"names": {"en": "Japan"}}})
    path = tmp_path / "places.mmdb"
    writer.to_db_file(str(path))
    return open_places(path)


def sent(ingest, tags=None, flags=None, **headers):
    envelope = ingest.envelope()
    envelope["tags"] = tags or {}
    envelope["flags"] = flags
    reply = ingest.request([envelope], **headers)
    assert reply.status_code == 200, reply.text
    return ingest.row("customEvents")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7:4711 ", "203.0.113.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("unknown", ""),
        ("", ""),
        ("999.1.1.1", ""),
    ],
)
def test_addresses_are_read_in_the_forms_of_proxies(text, address) -> None:
    assert address_in(text) == address


def test_an_address_is_kept_only_where_its_resource_says_so(ingest) -> None:
    assert sent(ingest, {"ai.location.ip": "203.0.113.7"})["client_IP"] == "0.0.0.0"


@pytest.mark.parametrize(
    ("tags", "headers", "address"),
    [
        ({"ai.location.ip": "203.0.113.7"}, {"x_forwarded_for": "198.51.100.1"}, "203.0.113.7"),
        ({}, {"x_forwarded_for": "198.51.100.1, 10.0.0.1"}, "198.51.100.1"),
        ({"ai.location.ip": "nonsense"}, {"x_forwarded_for": "nonsense"}, "127.0.0.1"),
    ],
)
def test_the_address_is_the_tags_then_the_proxys_then_the_connections(
    ingest, tags, headers, address
) -> None:
    ingest.settings = {"keep_addresses": True}
    assert sent(ingest, tags, **headers)["client_IP"] == address


def test_an_item_may_ask_for_its_address_to_be_dropped(make_ingest, places) -> None:
    ingest = make_ingest(places)
    ingest.settings = {"keep_addresses": True}
    row = sent(ingest, {"ai.location.ip": "203.0.113.7"}, flags=0x200000)
    assert row["client_IP"] == "0.0.0.0"
    assert "client_City" not in row


def test_places_come_from_the_operators_database_also_for_masked_addresses(
    make_ingest, places
) -> None:
    row = sent(make_ingest(places), {"ai.location.ip": "203.0.113.7"})
    assert row["client_IP"] == "0.0.0.0"
    assert [row[name] for name in Place._fields] == ["Ghent", "East Flanders", "Belgium"]


def test_what_the_sender_says_of_its_place_wins(make_ingest, places) -> None:
    tags = {"ai.location.ip": "203.0.113.7", "ai.location.city": "Elsewhere"}
    row = sent(make_ingest(places), tags)
    assert (row["client_City"], row["client_CountryOrRegion"]) == ("Elsewhere", "Belgium")


def test_a_database_may_know_little_or_nothing_of_an_address(places) -> None:
    assert places("198.51.100.9") == Place(client_CountryOrRegion="Japan")
    assert places("192.0.2.1") == NOWHERE
    assert places("2001:db8::1") == NOWHERE


def test_a_file_that_is_no_database_is_refused(tmp_path) -> None:
    (tmp_path / "x.mmdb").write_text("no")
    for name in ("x.mmdb", "missing.mmdb"):
        with pytest.raises(PlacesError, match="MaxMind"):
            open_places(tmp_path / name)


def test_a_browser_is_known_by_its_user_agent(ingest) -> None:
    row = sent(ingest, {"ai.internal.sdkVersion": "javascript:3.3.6"}, user_agent=FIREFOX)
    assert row["client_Browser"] == "Firefox 131.0"
    assert (row["client_OS"], row["client_Type"]) == ("Ubuntu", "Browser")


def test_what_a_browser_says_of_itself_wins(ingest) -> None:
    tags = {"ai.device.type": "Browser", "ai.device.osVersion": "Own OS"}
    assert sent(ingest, tags, user_agent=FIREFOX)["client_OS"] == "Own OS"


def test_the_user_agent_of_a_server_says_nothing_of_its_users(ingest) -> None:
    row = sent(ingest, {"ai.internal.sdkVersion": "py3.11"}, user_agent=FIREFOX)
    assert "client_Browser" not in row
    assert row["client_Type"] == "PC"
