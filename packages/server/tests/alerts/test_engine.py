"""Rules over a whole server on a clock of the test: what fires, what resolves, and what it survives."""

from __future__ import annotations

import threading

import pytest
from served import Served
from watched_telemetry import availability_item, check, criteria, metric_item, request_item

from openinsights.clock import TICKS_PER_SECOND
from openinsights.data_folder import DataFolder

MINUTE = 60 * TICKS_PER_SECOND
FAILURES = {
    "severity": 2,
    "evaluationFrequency": "PT1M",
    "windowSize": "PT1M",
    "criteria": criteria(check("requests/failed", "Count", "GreaterThan", 2)),
}


def minute_of(served, *, failures=0, successes=1, role="web"):
    """Send a minute's requests and evaluate it."""
    now = served.clock.now
    served.send(
        *(request_item(now + TICKS_PER_SECOND, success=False, role=role) for _ in range(failures)),
        *(request_item(now + TICKS_PER_SECOND, role=role) for _ in range(successes)),
    )
    served.tick()


def test_a_metric_rule_fires_once_and_resolves_after_three_healthy_windows(served):
    served.put_rule("failures", FAILURES)
    served.clock.now += 10 * TICKS_PER_SECOND  # windows close so long after their end
    minute_of(served)
    assert served.alerts() == []
    assert served.rules()["failures"]["state"] == "healthy"
    for _ in range(2):
        minute_of(served, failures=3)
        (alert,) = served.alerts("fired")
    assert served.rules()["failures"]["state"] == "fired"
    assert (alert["value"], alert["threshold"], alert["severity"]) == (3.0, 2.0, 2)
    assert (alert["rule"], alert["signal"], alert["userState"]) == ("failures", "Metric", "New")
    rows = served.ask(
        "POST",
        "/v1/apps/shop/query",
        {
            "query": alert["evidence"]["kql"],
            "timespan": f"{alert['evidence']['start']}/{alert['evidence']['end']}",
        },
    ).json()["tables"][0]["rows"]
    assert len(rows) == 3
    for healthy in range(3):
        minute_of(served)
        assert bool(served.alerts("resolved")) is (healthy == 2)
    assert served.alerts("fired") == []
    minute_of(served, failures=3)
    assert len(served.alerts()) == 2


def test_a_maximum_of_nothing_neither_fires_nor_heals(served):
    served.put_rule(
        "load",
        {
            "evaluationFrequency": "PT1M",
            "windowSize": "PT1M",
            "criteria": criteria(
                check("load", "Maximum", "GreaterThanOrEqual", 3, metricNamespace="my.programs")
            ),
        },
    )
    served.clock.now += 10 * TICKS_PER_SECOND
    served.send(metric_item(served.clock.now, "load", 4))
    served.tick()
    (alert,) = served.alerts("fired")
    for _ in range(4):
        served.tick()
    assert [each["id"] for each in served.alerts("fired")] == [alert["id"]]
    for _ in range(3):
        served.send(metric_item(served.clock.now, "load", 1))
        served.tick()
    assert served.alerts("fired") == []


def test_a_count_over_nothing_is_zero_and_heals(served):
    served.put_rule("failures", FAILURES)
    served.clock.now += 10 * TICKS_PER_SECOND
    minute_of(served, failures=5)
    assert len(served.alerts("fired")) == 1
    for _ in range(3):
        served.tick()
    assert served.alerts("fired") == []


def test_what_never_had_requests_is_healthy_and_silence_after_some_fires(served):
    silent = FAILURES | {"criteria": criteria(check("requests/count", "Count", "LessThan", 1))}
    served.put_rule("silence", silent)
    served.clock.now += 10 * TICKS_PER_SECOND
    for _ in range(3):
        served.tick()
    assert served.alerts() == []
    minute_of(served, successes=2)
    assert served.alerts() == []
    served.tick()
    assert served.alerts("fired")[0]["value"] == 0.0


def test_each_combination_of_dimensions_has_a_state_of_its_own(served):
    split = check(
        "requests/failed",
        "Count",
        "GreaterThan",
        2,
        dimensions=[{"name": "cloud/roleName", "operator": "Exclude", "values": ["ignored"]}],
    )
    served.put_rule("failures", FAILURES | {"criteria": criteria(split)})
    served.clock.now += 10 * TICKS_PER_SECOND
    now = served.clock.now
    for role, failures in (("web", 3), ("api", 4), ("worker", 1), ("ignored", 9)):
        served.send(*(request_item(now, success=False, role=role) for _ in range(failures)))
    served.tick()
    fired = {each["split"][0]["value"]: each["value"] for each in served.alerts("fired")}
    assert fired == {"web": 3.0, "api": 4.0}
    for _ in range(3):
        minute_of(served, failures=3, role="api")
    assert [each["split"][0]["value"] for each in served.alerts("fired")] == ["api"]
    (ended,) = served.alerts("resolved")
    assert ended["split"] == [{"name": "cloud/roleName", "value": "web"}]


def test_all_criteria_have_to_be_met(served):
    both = criteria(
        check("requests/failed", "Count", "GreaterThan", 2),
        check("requests/duration", "Average", "GreaterThan", 100),
    )
    served.put_rule("slow failures", FAILURES | {"criteria": both})
    served.clock.now += 10 * TICKS_PER_SECOND
    minute_of(served, failures=3)
    assert served.alerts() == []
    now = served.clock.now
    served.send(*(request_item(now, success=False, ms=300) for _ in range(3)))
    served.tick()
    (alert,) = served.alerts("fired")
    assert [(each["metric"], each["value"]) for each in alert["criteria"]] == [
        ("requests/failed", 3.0),
        ("requests/duration", 300.0),
    ]


def test_a_fixed_threshold_has_to_be_exceeded_in_so_many_of_the_last_windows(served):
    periods = {"numberOfEvaluationPeriods": 3, "minFailingPeriodsToAlert": 2}
    twice = check("requests/failed", "Count", "GreaterThan", 2, failingPeriods=periods)
    served.put_rule("failures", FAILURES | {"criteria": criteria(twice)})
    served.clock.now += 10 * TICKS_PER_SECOND
    for failures in (3, 0, 0, 3, 0):
        minute_of(served, failures=failures)
        assert served.alerts() == []
    minute_of(served, failures=3)
    (alert,) = served.alerts("fired")
    kept = served.parts.alerts.book.get(alert["id"])
    assert kept.fired.context == {"staticThresholdFailingPeriods": periods}


def log_rule(query, **more):
    condition = {
        "query": query,
        "timeAggregation": "Count",
        "operator": "GreaterThan",
        "threshold": 1,
    }
    timing = {"evaluationFrequency": "PT1M", "windowSize": "PT1M"}
    outer = {name: more.pop(name) for name in list(more) if name in _OUTER}
    return timing | outer | {"criteria": {"allOf": [condition | more]}}


_OUTER = (
    "autoMitigate",
    "muteActionsDuration",
    "overrideQueryTimeRange",
    "skipQueryValidation",
    "windowSize",
    "evaluationFrequency",
    "checkWorkspaceAlertsStorageConfigured",
)


def test_a_log_rule_counts_the_rows_of_a_query_in_its_window(served):
    query = 'requests | where success == "False" // the failed\n| render table;'
    served.put_rule("rows", log_rule(query), kind="log")
    served.clock.now += 10 * TICKS_PER_SECOND
    minute_of(served, failures=1)
    assert served.alerts() == []
    minute_of(served, failures=2)
    (alert,) = served.alerts("fired")
    assert (alert["signal"], alert["value"], alert["rule"]) == ("Log", 2.0, "rows")
    assert alert["evidence"]["kql"].startswith('requests | where success == "False"')


def test_a_log_rule_compares_a_measure_split_and_over_a_longer_range(served):
    rule = log_rule(
        "requests | summarize slowest = max(duration) by name, cloud_RoleName",
        metricMeasureColumn="slowest",
        timeAggregation="Maximum",
        threshold=250,
        dimensions=[
            {"name": "name", "operator": "Include", "values": ["*"]},
            {"name": "cloud_RoleName", "operator": "Include", "values": ["web"]},
        ],
        overrideQueryTimeRange="PT3M",
        checkWorkspaceAlertsStorageConfigured=True,
    )
    served.put_rule("slowest", rule, kind="log")
    served.clock.now += 10 * TICKS_PER_SECOND
    now = served.clock.now
    served.send(
        request_item(now, name="GET /a", ms=300),
        request_item(now, name="GET /b", ms=30),
        request_item(now, name="GET /c", ms=900, role="api"),
    )
    served.tick()
    (alert,) = served.alerts("fired")
    assert alert["split"] == [
        {"name": "name", "value": "GET /a"},
        {"name": "cloud_RoleName", "value": "web"},
    ]
    served.tick()
    served.tick()  # the range still has it, so nothing has healed
    assert served.alerts("fired")[0]["changedAt"] > alert["changedAt"]


def test_so_many_of_so_many_windows_have_to_fail(served):
    rule = log_rule(
        'requests | where success == "False"',
        threshold=0,
        failingPeriods={"numberOfEvaluationPeriods": 3, "minFailingPeriodsToAlert": 2},
    )
    served.put_rule("two of three", rule, kind="log")
    served.clock.now += 10 * TICKS_PER_SECOND
    fired = []
    for failures in (1, 0, 0, 1, 0, 1):
        minute_of(served, failures=failures)
        fired.append(len(served.alerts("fired")))
    assert fired == [0, 0, 0, 0, 0, 1]


def test_a_rule_without_auto_resolve_fires_anew_but_not_while_it_is_muted(served):
    rule = log_rule("requests", threshold=0, autoMitigate=False, muteActionsDuration="PT3M")
    served.put_rule("anew", rule, kind="log")
    served.clock.now += 10 * TICKS_PER_SECOND
    seen = []
    for _ in range(7):
        minute_of(served)
        seen.append(len(served.alerts()))
    assert seen == [1, 1, 1, 2, 2, 2, 3]
    assert len(served.alerts("fired")) == 1


def test_a_rule_whose_query_fails_keeps_its_state_and_stops_no_other(served):
    served.put_rule("failures", FAILURES)
    broken = log_rule("requests | where nothing_of_this == 1", skipQueryValidation=True)
    served.put_rule("broken", broken, kind="log")
    served.clock.now += 10 * TICKS_PER_SECOND
    minute_of(served, failures=5)
    rules = served.rules()
    assert (rules["failures"]["state"], rules["broken"]["state"]) == ("fired", "failing")
    assert "nothing_of_this" in rules["broken"]["error"]
    since = rules["broken"]["errorSince"]
    minute_of(served, failures=5)
    assert served.rules()["broken"]["errorSince"] == since
    assert served.rules()["broken"]["lastEvaluated"] > since
    served.put_rule("broken", log_rule("requests", threshold=0), kind="log")
    minute_of(served, failures=5)
    assert served.rules()["broken"]["error"] is None
    assert served.rules()["broken"]["state"] == "fired"


@pytest.mark.parametrize("jump", [0, 3])
def test_survives_restarts_with_each_window_once(clock, portal, tmp_path, jump):
    with DataFolder(tmp_path / "data") as folder:
        served = Served(clock, portal, folder)
        served.put_rule("failures", FAILURES)
        served.clock.now += 10 * TICKS_PER_SECOND
        minute_of(served, failures=5)
        (alert,) = served.alerts("fired")
        minute_of(served)
        served.restart()
        assert served.parts.alerts.engine.run_due() == 0
        assert served.rules()["failures"]["state"] == "fired"
        for _ in range(jump):
            served.clock.now += MINUTE  # nobody looked
        minute_of(served)
        served.restart()
        minute_of(served)
        ended = served.alerts("resolved")
        served.stop()
    assert [each["id"] for each in ended] == [alert["id"]]


def test_a_clock_that_goes_back_evaluates_nothing_twice(served):
    served.put_rule("failures", FAILURES)
    served.clock.now += 10 * TICKS_PER_SECOND
    minute_of(served, failures=5)
    before = served.rules()["failures"]["lastEvaluated"]
    served.clock.now -= 30 * MINUTE
    assert served.parts.alerts.engine.run_due() == 0
    served.clock.now += 30 * MINUTE
    assert served.parts.alerts.engine.run_due() == 0
    assert served.rules()["failures"]["lastEvaluated"] == before


def test_late_rows_count_until_the_window_closes(served):
    served.put_rule("failures", FAILURES | {"OpenInsights": {"windowClosesAfter": "PT40S"}})
    start = served.clock.now
    served.clock.now = start + MINUTE + 30 * TICKS_PER_SECOND
    assert served.parts.alerts.engine.run_due() == 0
    served.send(*(request_item(start + TICKS_PER_SECOND, success=False) for _ in range(3)))
    served.tick(11 * TICKS_PER_SECOND)
    assert len(served.alerts("fired")) == 1


def test_windows_of_ten_seconds_and_the_newest_of_a_gap(served):
    quick = FAILURES | {"evaluationFrequency": "PT10S", "windowSize": "PT10S"}
    served.put_rule("quick", quick)
    served.clock.now += 10 * TICKS_PER_SECOND
    served.send(*(request_item(served.clock.now, success=False) for _ in range(3)))
    served.tick(10 * TICKS_PER_SECOND)
    assert served.alerts() == []  # the window has ended, and is not closed yet
    served.tick(10 * TICKS_PER_SECOND)
    assert len(served.alerts("fired")) == 1
    assert served.tick(MINUTE) == 1


def test_an_availability_rule_goes_by_the_newest_result_of_each_location(served):
    shop = served.create()
    test = f"{shop.resource_id.rpartition('/providers/')[0]}/providers/microsoft.insights/webtests/home"
    rules = served.parts.alerts.test_rules
    path = rules.put(test, "home", shop.app_id, 4)
    served.clock.now += 10 * TICKS_PER_SECOND

    def results(**passed):
        served.send(
            *(
                availability_item(served.clock.now, "home", place, ok)
                for place, ok in passed.items()
            )
        )
        served.tick()

    results(a=False, b=True, c=True, d=True)
    assert served.alerts() == []
    results(a=False, b=False)
    (alert,) = served.alerts("fired")
    assert (alert["signal"], alert["value"], alert["threshold"]) == ("Availability", 2.0, 2.0)
    for _ in range(3):
        results(a=True, b=True, c=True, d=True)
    assert served.alerts("fired") == []
    assert served.get(path)["properties"]["criteria"]["failedLocationCount"] == 2
    rules.put(test, "home", shop.app_id, 1)
    assert served.get(path)["properties"]["criteria"]["failedLocationCount"] == 1
    rules.remove(test)
    assert served.ask("GET", path).status_code == 404


def test_what_a_deleted_rule_fired_ends_and_a_disabled_one_rests(served):
    served.put_rule("failures", FAILURES)
    served.clock.now += 10 * TICKS_PER_SECOND
    minute_of(served, failures=5)
    rule = served.put_rule("failures", FAILURES | {"enabled": False})
    minute_of(served)
    assert served.rules()["failures"]["state"] == "fired"
    assert len(served.alerts("fired")) == 1
    assert served.ask("DELETE", rule["id"]).status_code == 200
    assert served.ask("DELETE", rule["id"]).status_code == 204
    assert served.alerts("fired") == []
    history = served.get(f"/portal/api/alerts/shop/{served.alerts()[0]['id']}")
    assert [each["event"] for each in history["changes"]] == ["Fired", "RuleDeleted"]


def test_people_say_what_they_do_about_an_alert(served):
    served.put_rule("failures", FAILURES)
    served.clock.now += 10 * TICKS_PER_SECOND
    minute_of(served, failures=5)
    (alert,) = served.alerts("fired")
    head = f"/portal/api/alerts/shop/{alert['id']}"
    assert served.ask("POST", f"{head}/acknowledge").json()["userState"] == "Acknowledged"
    assert served.ask("POST", f"{head}/close").json()["userState"] == "Closed"
    assert served.ask("POST", "/portal/api/alerts/shop/nope/close").status_code == 404
    changes = served.get(head)["changes"]
    assert [(each["event"], each["facts"].get("who")) for each in changes[1:]] == [
        ("Acknowledged", "this machine"),
        ("Closed", "this machine"),
    ]


def test_many_rules_of_one_rhythm_are_spread_and_share_questions(served):
    for number in range(60):
        served.put_rule(
            f"rule {number:02}",
            FAILURES | {"criteria": criteria(check("requests/failed", "Count", "GreaterThan", 2))},
        )
    served.clock.now += 10 * TICKS_PER_SECOND
    asked = []
    telemetry = served.parts.alerts.engine._telemetry
    ask = telemetry.ask
    telemetry.ask = lambda request: asked.append(request.text) or ask(request)
    try:
        minute_of(served, failures=5)
        served.tick(30 * TICKS_PER_SECOND)
    finally:
        del telemetry.ask
    assert len(served.alerts("fired")) == 60
    assert len(asked) == 1


def test_a_rule_that_is_changed_goes_on_with_what_is_fired_and_ends_what_it_cannot(served):
    served.put_rule("failures", FAILURES)
    served.clock.now += 10 * TICKS_PER_SECOND
    minute_of(served, failures=5)
    (alert,) = served.alerts("fired")
    higher = criteria(check("requests/failed", "Count", "GreaterThan", 3))
    served.put_rule("failures", FAILURES | {"criteria": higher})
    minute_of(served, failures=5)
    assert [each["id"] for each in served.alerts()] == [alert["id"]]
    assert served.alerts("fired")[0]["threshold"] == 3.0
    role = [{"name": "cloud/roleName", "operator": "Include", "values": ["*"]}]
    split = criteria(check("requests/failed", "Count", "GreaterThan", 3, dimensions=role))
    served.put_rule("failures", FAILURES | {"criteria": split})
    assert served.alerts("fired") == []
    minute_of(served, failures=5)
    assert [each["split"] for each in served.alerts("fired")] == [
        [{"name": "cloud/roleName", "value": "web"}]
    ]


def test_a_rule_whose_alert_cannot_be_kept_stops_no_other(served, caplog):
    served.put_rule("failures", FAILURES)
    served.put_rule("poison", FAILURES)
    served.clock.now += 10 * TICKS_PER_SECOND
    book = served.parts.alerts.book
    tell = book._on_change

    def refuse_one(connection, alert, condition):
        if alert.fired.rule_name == "poison":
            raise RuntimeError("nobody can be told")
        tell(connection, alert, condition)

    book._on_change = refuse_one
    try:
        minute_of(served, failures=5)
        assert [each["rule"] for each in served.alerts()] == ["failures"]
        assert served.rules()["poison"]["state"] == "failing"
    finally:
        book._on_change = tell
    assert "nobody can be told" in caplog.text
    minute_of(served, failures=5)
    assert len(served.alerts("fired")) == 2
    assert served.rules()["poison"]["error"] is None


def test_a_server_that_stops_does_not_wait_for_what_rules_ask(clock, portal):
    served = Served(clock, portal)
    forever = "range a from 1 to 30000 step 1 | extend k = 1 | join kind=inner (range b from 1 to 30000 step 1 | extend k = 1) on k"
    served.put_rule("forever", log_rule(forever), kind="log")
    served.clock.now += 10 * TICKS_PER_SECOND + MINUTE
    engine = served.parts.alerts.engine
    round_ = threading.Thread(target=engine.run_due)
    round_.start()
    while not engine._telemetry._running:
        round_.join(0.01)
    engine.close()
    round_.join(20)
    assert not round_.is_alive()
    assert served.rules()["forever"]["state"] == "waiting"  # its window comes again
    served.stop()


def test_a_metric_rule_on_several_resources_has_an_alert_for_each(served):
    scopes = {"scopes": [served.create(name).resource_id for name in ("shop", "bank", "club")]}
    several = "Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria"
    watched = FAILURES["criteria"] | {"odata.type": several}
    served.put_rule("failures", FAILURES | scopes | {"criteria": watched})
    served.clock.now += 10 * TICKS_PER_SECOND
    now = served.clock.now
    for app, failures in (("shop", 1), ("bank", 3), ("club", 4)):
        served.send(*(request_item(now, success=False) for _ in range(failures)), app=app)
    served.tick()
    found = {
        app: [each["value"] for each in served.alerts(app=app)] for app in ("shop", "bank", "club")
    }
    assert found == {"shop": [], "bank": [3.0], "club": [4.0]}
    for _ in range(3):
        served.tick()
    assert [each["condition"] for each in served.alerts(app="bank")] == ["Resolved"]
    assert list(served.rules(app="shop")) == ["failures"]
