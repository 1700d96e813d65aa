"""Journeys in Python: they pass, fail, hang and crash in a process of their own."""

from __future__ import annotations

import asyncio
import os

import pytest

from openinsights.availability.journey_run import Journeys
from openinsights.availability.prober import Prober
from openinsights.availability.test import AvailabilityTest, JourneyProbe

SLOW = pytest.mark.slow  # each is a process
FILE = """
import os, sys, time

URL = os.environ["JOURNEY_URL"]

def checkout(session):
    print("what a journey prints is no step")
    assert session.get(URL + "/").expect(contains="Basket", lacks="Error").status == 200
    with session.step("pay"):
        paid = session.post(URL + "/pay", json={"amount": 1}, status=201, name="send")
    assert paid.json() == {"paid": True}

def wrong(session):
    session.get(URL + "/")
    session.get(URL + "/missing", name="the missing page")

def asserts(session):
    assert 1 == 2, "the sum is wrong"

def raises(session):
    {}["nothing"]

def hangs(session):
    session.get(URL + "/")
    while True:
        time.sleep(60)

def dies(session):
    os._exit(3)

def floods(session):
    os.write(1, b"x" * 1_000_000)
    print("y" * 1_000_000)

def secret(session):
    assert "OPENINSIGHTS_API_KEY" not in os.environ

def metadata(session):
    session.get("http://169.254.169.254/latest/meta-data")
"""


@pytest.fixture
def travel(dialing, clock, peer, tmp_path, monkeypatch):
    (tmp_path / "shop.py").write_text(FILE)
    monkeypatch.setenv("JOURNEY_URL", peer.url)
    monkeypatch.setenv("OPENINSIGHTS_API_KEY", "secret")
    peer.page("/", "Your Basket")

    here = Journeys(tmp_path)

    def travel(function, file="shop", timeout_s=30.0, journeys=here):
        probe = JourneyProbe(file, function)
        test = AvailabilityTest("t", "a", "n", "n", probe, "journey", timeout_s=timeout_s)

        async def runs():
            return await Prober(dialing, journeys, clock).run(test, "local", 1)

        return asyncio.run(runs())

    return travel


def test_journey_passes_in_steps_that_belong_to_its_operation(travel, peer):
    peer.page("/pay", '{"paid": true}', status=201)
    found = travel("checkout")
    assert found.outcome.passed, found.outcome.message
    assert [each.name for each in found.outcome.steps] == [f"GET {peer.url}/", "send", "pay"]
    assert [each.status for each in found.outcome.steps] == [200, 201, 0]
    assert {headers["traceparent"] for _, _, headers, _ in peer.requests} == {
        f"00-{found.trace_id}-{found.span_id}-01"
    }


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("wrong", "the missing page: status 404 came, one below 400 is expected"),
        ("asserts", "the sum is wrong (line 18 of shop.py)"),
        pytest.param("raises", "KeyError: 'nothing' (line 21 of shop.py)", marks=SLOW),
        ("dies", "the process of the journey ended before the journey did"),
        pytest.param("absent", "shop.py has no function absent", marks=SLOW),
        pytest.param("metadata", "never called", marks=SLOW),
    ],
)
def test_journey_fails_with_what_went_wrong(travel, function, message):
    outcome = travel(function).outcome
    assert not outcome.passed
    assert message in outcome.message


@pytest.mark.slow
@pytest.mark.parametrize("function", ["floods", "secret"])
def test_journey_may_print_and_sees_no_secret(travel, function):
    outcome = travel(function).outcome
    assert outcome.passed, outcome.message


@pytest.mark.slow  # it has to begin within its time, on the busiest machine
def test_journey_that_hangs_is_killed_and_its_steps_are_kept(travel, peer):
    outcome = travel("hangs", timeout_s=6).outcome
    assert outcome.message == "the journey had not ended within 6 s"
    assert [each.name for each in outcome.steps] == [f"GET {peer.url}/"]


def test_file_that_is_not_there_or_outside_is_no_journey(travel, tmp_path):
    assert "has no gone.py; it has shop" in travel("checkout", file="gone").outcome.message
    assert "no name of a file" in travel("checkout", file="../shop").outcome.message
    assert "setting journeys" in travel("checkout", journeys=None).outcome.message
    assert os.listdir(tmp_path) == ["shop.py"]
