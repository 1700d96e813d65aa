"""The loop over a whole server on a clock of the test: found, kept, told, survived and ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from conftest import Served, request_item

from openinsights.clock import TICKS_PER_SECOND
from openinsights.data_folder import DataFolder
from openinsights.detection.grid import TICKS_PER_STEP
from openinsights.detection.rows import detector_named

PER_STEP = 20


def parsed(text):
    return datetime.fromisoformat(text[:19])


def traffic(until, steps, failing=0, first=0):
    """Requests of so many steps before an instant; of the newest ones many fail, at one provider."""
    items = []
    for step in range(steps):
        start = until - (steps - step) * TICKS_PER_STEP
        for number in range(PER_STEP):
            at = start + number * TICKS_PER_STEP // PER_STEP + TICKS_PER_SECOND
            is_bad = step >= steps - failing
            failed = is_bad and number % 2 == 0
            items.append(
                request_item(
                    at,
                    first + step * PER_STEP + number,
                    failed=failed,
                    code="502" if failed else None,
                    payment="stripe" if failed else "card",
                    version="1.1" if is_bad else "1.0",
                )
            )
    return items


def broken(served: Served) -> None:
    """Three hours of usual requests; then half of them fail for twenty minutes."""
    served.send(traffic(served.clock.now, 40))
    served.step()
    for step in range(4):
        served.step(lambda now, n=step: traffic(now + TICKS_PER_STEP, 1, 1, 10_000 + n * PER_STEP))


def test_a_fault_is_found_kept_told_and_ends_when_all_is_usual_again(served):
    broken(served)
    (found,) = [each for each in served.findings() if each["detector"] == "failed_requests"]
    assert found["about"] in ("", "GET /pay")
    assert found["aboutKind"] == "operation"
    assert found["value"] > 0.4
    assert found["expected"] < 0.02
    assert "requests) of" in found["summary"]
    changed = {(each["key"], each["value"]): each for each in found["changed"]}
    assert changed["payment", "stripe"]["points"] > 90
    assert changed["resultCode", "502"]["lift"] > 1.5
    assert ["payment", "stripe"] in found["joined"]
    assert [each["version"] for each in found["versions"]] == ["1.1"]
    assert found["azure"]["DetectedFailureRate"].endswith("requests)")
    assert found["azure"]["NormalFailureRate"].startswith("0")
    assert found["azure"]["FailureRateChart"]
    assert found["samples"][0]["code"] == "502"
    alert = next(
        each for each in served.alerts("fired") if each["ruleId"] == "smart:failed_requests"
    )
    assert alert["signal"] == "Smart Detector"

    rows = served.ask("POST", "/v1/apps/shop/query", {"query": found["kql"]})
    assert rows.status_code == 200, rows.text
    assert rows.json()["tables"][0]["rows"][-1][1] > 40

    served.clock.now -= 4 * TICKS_PER_STEP  # a clock that goes back looks at nothing twice
    assert served.parts.detection.engine.run_due() == 0
    served.clock.now += 4 * TICKS_PER_STEP

    assert found["start"] <= found["worstStart"] < found["worstEnd"] <= found["end"]
    worst = [parsed(found[each]) for each in ("worstStart", "worstEnd")]
    assert worst[1] - worst[0] == timedelta(minutes=found["windowMinutes"])

    for step in range(12):
        served.step(lambda now, n=step: traffic(now + TICKS_PER_STEP, 1, 0, 20_000 + n * PER_STEP))
    assert [each for each in served.findings() if each["detector"] == "failed_requests"] == []
    (ended,) = [
        each for each in served.findings("resolved") if each["detector"] == "failed_requests"
    ]
    assert ended["id"] == found["id"]
    assert ended["end"] > found["end"]
    assert ended["worstEnd"] < ended["end"]  # the figures are of the worst of it, still
    assert all(each["ruleId"] != "smart:failed_requests" for each in served.alerts("fired"))


def test_quiet_traffic_is_left_alone(served):
    served.send(traffic(served.clock.now, 40))
    for step in range(6):
        served.step(lambda now, n=step: traffic(now + TICKS_PER_STEP, 1, 0, 20_000 + n * PER_STEP))
    assert served.findings("all") == []


def test_a_finding_survives_a_restart_and_is_no_second_one(clock, portal, tmp_path):
    with DataFolder(tmp_path / "data") as folder:
        served = Served(clock, portal, folder)
        try:
            broken(served)
            before = [each["id"] for each in served.findings()]
            assert before
            served.restart()
            served.step(lambda now: traffic(now + TICKS_PER_STEP, 1, 1, 30_000))
            assert [each["id"] for each in served.findings()] == before
            smart = [each for each in served.alerts() if each["signal"] == "Smart Detector"]
            assert len(smart) == len(before)
        finally:
            served.stop()


def test_a_muted_finding_is_kept_and_told_to_nobody(served):
    served.send(traffic(served.clock.now, 40))
    mute = {
        "detector": "failed_requests",
        "values": {"resultCode": "502"},
        "hours": 48,
    }
    made = served.ask("POST", "/portal/api/detection/shop/mutes", mute)
    assert made.status_code == 200, made.text
    served.step()
    for step in range(4):
        served.step(lambda now, n=step: traffic(now + TICKS_PER_STEP, 1, 1, 10_000 + n * PER_STEP))
    assert all(each["detector"] != "failed_requests" for each in served.findings())
    assert any(each["detector"] == "failed_requests" for each in served.findings("muted"))
    assert all(each["ruleId"] != "smart:failed_requests" for each in served.alerts())
    detectors = served.get("/portal/api/detection/shop/detectors")["detectors"]
    (kept,) = next(each["mutes"] for each in detectors if each["id"] == "failed_requests")
    assert kept["values"] == {"resultCode": "502"}
    assert served.ask("DELETE", f"/portal/api/detection/shop/mutes/{kept['id']}").status_code == 204


def test_a_finding_that_is_not_useful_ends_and_does_not_come_back(served):
    broken(served)
    (found,) = [each for each in served.findings() if each["detector"] == "failed_requests"]
    reply = served.ask(
        "POST", f"/portal/api/detection/shop/{found['id']}/not-useful", {"note": "a drill"}
    )
    assert reply.status_code == 200, reply.text
    assert reply.json()["state"] == "resolved"
    assert reply.json()["feedback"] == "a drill"
    served.step(lambda now: traffic(now + TICKS_PER_STEP, 1, 1, 30_000))
    assert all(each["detector"] != "failed_requests" for each in served.findings())
    assert all(each["ruleId"] != "smart:failed_requests" for each in served.alerts("fired"))


def test_a_detector_that_is_switched_off_finds_nothing(served):
    served.send(traffic(served.clock.now, 40))
    reply = served.ask(
        "PATCH", "/portal/api/detection/shop/detectors/failed_requests", {"enabled": False}
    )
    assert reply.status_code == 200, reply.text
    assert reply.json()["enabled"] is False
    served.step()
    for step in range(4):
        served.step(lambda now, n=step: traffic(now + TICKS_PER_STEP, 1, 1, 10_000 + n * PER_STEP))
    assert all(each["detector"] != "failed_requests" for each in served.findings("all"))


def test_a_resource_to_which_nothing_comes_is_asked_nothing(served, monkeypatch):
    served.send(traffic(served.clock.now, 24))
    served.step()
    asked = []
    rows = served.parts.detection.engine._asking.rows
    monkeypatch.setattr(
        served.parts.detection.engine._asking,
        "rows",
        lambda *given: asked.append(given) or rows(*given),
    )
    served.step(steps=15)  # past the hour in which something came
    asked.clear()
    served.step(steps=3)
    assert asked == []


RULES = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
    "/providers/Microsoft.Insights/components/shop/ProactiveDetectionConfigs"
)


def test_azures_rule_names_and_fields_go_in_and_out(served):
    served.send(traffic(served.clock.now, 1))
    names = {each["Name"] for each in served.get(f"{RULES}?api-version=2015-05-01")}
    assert {
        "slowpageloadtime",
        "slowserverresponsetime",
        "longdependencyduration",
        "degradationinserverresponsetime",
        "degradationindependencyduration",
        "extension_traceseveritydetector",
        "extension_exceptionchangeextension",
        "extension_memoryleakextension",
    } <= names
    one = f"{RULES}/degradationinserverresponsetime?api-version=2015-05-01"
    sent = {
        "enabled": False,
        "sendEmailsToSubscriptionOwners": False,
        "customEmails": ["ops@shop.example"],
    }
    assert served.ask("PUT", one, sent).status_code == 200
    shown = served.get(one)
    assert shown["Enabled"] is False
    assert shown["SendEmailsToSubscriptionOwners"] is False
    assert shown["CustomEmails"] == ["ops@shop.example"]
    detectors = served.get("/portal/api/detection/shop/detectors")["detectors"]
    assert not next(each for each in detectors if each["id"] == "response_time")["enabled"]
    assert served.ask("PUT", f"{RULES}/nothing?api-version=2015-05-01", sent).status_code == 404


def test_custom_emails_are_told_or_it_is_said_why_not(served):
    served.send(traffic(served.clock.now, 1))
    one = f"{RULES}/failureanomalies?api-version=2015-05-01"
    twice = {"customEmails": ["ops@shop.example", "OPS@shop.example"]}
    assert served.ask("PUT", one, {"customEmails": ["nobody"]}).status_code == 400
    for _ in range(2):
        assert served.ask("PUT", one, twice).status_code == 200
    broken(served)
    (alert,) = [each for each in served.alerts("fired") if each["ruleId"].endswith("requests")]
    parts = served.parts
    assert served.deliver() == 1
    said = [each for each in parts.alerts.book.history(alert["id"]) if each.event == "NotDelivered"]
    assert [each.facts["receiver"] for each in said] == ["OPS@shop.example"]
    assert "smtp_host" in said[0].facts["why"]
    assert served.ask("PUT", one, {"customEmails": []}).status_code == 200
    assert parts.notify.groups.every() == []


def test_settings_that_make_no_sense_are_refused(served):
    served.send(traffic(served.clock.now, 1))
    base = "/portal/api/detection/shop"
    detector = f"{base}/detectors/failed_requests"
    assert served.ask("PATCH", detector, {"sensitivity": "extreme"}).status_code == 400
    assert served.ask("PATCH", f"{base}/detectors/none", {}).status_code == 404
    mute = {"detector": "failed_requests", "hours": -1}
    assert served.ask("POST", f"{base}/mutes", mute).status_code == 400
    assert served.ask("GET", f"{base}?state=some").status_code == 400
    assert served.ask("GET", f"{base}/nothing").status_code == 404
    assert served.ask("DELETE", f"{base}/mutes/nothing").status_code == 404


def test_the_questions_give_the_series_that_detectors_are_fed(served):
    """What the store and the query engine answer is what was sent, sampling included."""
    end = served.clock.now
    items = [
        request_item(
            end - (6 - step) * TICKS_PER_STEP + (number + 1) * TICKS_PER_SECOND,
            step * 100 + number,
            failed=number < step,
            name="GET /a" if number % 2 else "GET /b",
            ms=10.0 * (number + 1),
        )
        | {"sampleRate": 25.0}
        for step in range(6)
        for number in range(10)
    ]
    served.send(items)
    served.step()
    watched = served.parts.detection.engine.watched(
        served.parts.resources.get_by_name("shop").app_id
    )
    history = watched.history_of(detector_named("failed_requests"))
    items_, squares, failed, total_ms, ninety = history.values("", range(5), 6)
    assert items_.tolist() == [40.0] * 6
    assert squares.tolist() == [160.0] * 6
    assert failed.tolist() == [0.0, 4.0, 8.0, 12.0, 16.0, 20.0]
    assert total_ms.tolist() == [4 * 550.0] * 6
    assert all(each > 0 for each in ninety[:6])
    a = history.values("GET /a", range(5), 6)
    assert a[0].tolist() == [20.0] * 6
    assert a[3].tolist() == [4 * 300.0] * 6
    assert a[4].tolist() == [20 * 100.0] * 6
    roles = watched.history_of(detector_named("silence")).values("payments", range(2), 6)
    assert roles[0].tolist() == [40.0] * 6
