"""Where each field of the wire lands."""

from __future__ import annotations

import itertools
import json
import uuid

import pytest

from openinsights.ingest import rows

TAGS = {
    "operation_Name": "ai.operation.name",
    "operation_Id": "ai.operation.id",
    "operation_ParentId": "ai.operation.parentId",
    "operation_SyntheticSource": "ai.operation.syntheticSource",
    "session_Id": "ai.session.id",
    "user_Id": "ai.user.id",
    "user_AuthenticatedId": "ai.user.authUserId",
    "user_AccountId": "ai.user.accountId",
    "application_Version": "ai.application.ver",
    "client_Type": "ai.device.type",
    "client_Model": "ai.device.model",
    "client_OS": "ai.device.osVersion",
    "client_City": "ai.location.city",
    "client_StateOrProvince": "ai.location.province",
    "client_CountryOrRegion": "ai.location.country",
    "cloud_RoleName": "ai.cloud.role",
    "cloud_RoleInstance": "ai.cloud.roleInstance",
    "sdkVersion": "ai.internal.sdkVersion",
}


def accepted(ingest, *envelopes) -> None:
    reply = ingest.request(list(envelopes))
    assert reply.status_code == 200, reply.text


def test_every_tag_has_its_column_and_unknown_tags_have_none(ingest) -> None:
    envelope = ingest.envelope()
    envelope["tags"] = {tag: f"value of {tag}" for tag in TAGS.values()} | {"ai.new.tag": "x"}
    accepted(ingest, envelope)
    row = ingest.row("customEvents")
    assert {name: row[name] for name in TAGS} == {
        name: f"value of {tag}" for name, tag in TAGS.items()
    }
    assert "x" not in row.values()


def test_an_item_says_which_resource_it_belongs_to(ingest) -> None:
    envelope = ingest.envelope()
    envelope["iKey"] = ingest.other_key.upper()
    accepted(ingest, envelope)
    row = ingest.row("customEvents")
    assert row["appId"] == "app-api"
    assert row["appName"] == "api"
    assert row["iKey"] == ingest.other_key
    assert row["_ResourceId"].endswith("/components/api")
    assert row["itemType"] == "customEvent"


def test_client_addresses_are_masked_and_servers_are_of_type_pc(ingest) -> None:
    envelope = ingest.envelope()
    envelope["tags"] = {"ai.location.ip": "203.0.113.7", "ai.device.type": ""}
    accepted(ingest, envelope)
    row = ingest.row("customEvents")
    assert (row["client_IP"], row["client_Type"]) == ("0.0.0.0", "PC")


def test_item_ids_are_distinct_guids(ingest) -> None:
    accepted(ingest, *(ingest.envelope() for _ in range(50)))
    ids = {row["itemId"] for row in ingest.rows("customEvents")}
    assert len(ids) == 50
    assert all([len(part) for part in one.split("-")] == [8, 4, 4, 4, 12] for one in ids)


@pytest.mark.parametrize(
    ("rate", "count"), [(None, 1), (100, 1), (25, 4), (33.3, 3), (0, 1), (-5, 1), (0.01, 10_000)]
)
def test_a_sampled_item_counts_for_those_left_out(ingest, rate, count) -> None:
    envelope = ingest.envelope()
    envelope["sampleRate"] = rate
    accepted(ingest, envelope)
    assert ingest.row("customEvents")["itemCount"] == count


def test_properties_and_measurements_are_json_texts(ingest) -> None:
    accepted(
        ingest,
        ingest.envelope(
            properties={"a": "x", "lineNumber": 11, "deep": {"b": [1]}, "nothing": None},
            measurements={"size": 3, "share": 0.5},
        ),
    )
    row = ingest.row("customEvents")
    assert json.loads(row["customDimensions"]) == {
        "a": "x",
        "lineNumber": "11",
        "deep": '{"b":[1]}',
        "nothing": "",
    }
    assert json.loads(row["customMeasurements"]) == {"size": 3.0, "share": 0.5}


def test_an_item_without_properties_has_no_dimensions(ingest) -> None:
    accepted(ingest, ingest.envelope(properties={}))
    assert "customDimensions" not in ingest.row("customEvents")


def test_a_request(ingest) -> None:
    accepted(
        ingest,
        ingest.envelope(
            "RequestData",
            id="r1",
            name="GET /",
            url="http://shop/",
            source="caller",
            duration="1.02:03:04.5000000",
            responseCode=404,
            success=False,
        ),
    )
    row = ingest.row("requests")
    assert row["timestamp"] == ingest.now
    assert row["duration"] == 93_784_500.0
    assert [row[name] for name in ("id", "name", "url", "source", "resultCode", "success")] == [
        "r1",
        "GET /",
        "http://shop/",
        "caller",
        "404",
        "False",
    ]
    assert row["performanceBucket"] == ">=5min"


@pytest.mark.parametrize(
    ("duration", "band"),
    [
        ("00:00:00", "<250ms"),
        ("00:00:00.2499999", "<250ms"),
        ("00:00:00.25", "250ms-500ms"),
        ("00:00:00.5", "500ms-1sec"),
        ("00:00:01", "1sec-3sec"),
        ("00:00:03", "3sec-7sec"),
        ("00:00:07", "7sec-15sec"),
        ("00:00:15", "15sec-30sec"),
        ("00:00:30", "30sec-1min"),
        ("00:01:00", "1min-2min"),
        ("00:02:00", "2min-5min"),
        ("00:05:00", ">=5min"),
    ],
)
def test_durations_fall_into_bands(ingest, duration, band) -> None:
    accepted(ingest, ingest.envelope("RequestData", id="r", duration=duration, responseCode="200"))
    assert ingest.row("requests")["performanceBucket"] == band


def test_a_dependency(ingest) -> None:
    accepted(
        ingest,
        ingest.envelope(
            "RemoteDependencyData",
            id="d1",
            name="SELECT",
            data="SELECT 1",
            target="db|main",
            type="SQL",
            duration="00:00:00.0150000",
            resultCode="0",
        ),
    )
    row = ingest.row("dependencies")
    named = ("id", "name", "data", "target", "type", "resultCode", "success", "duration")
    assert [row[name] for name in named] == [
        "d1",
        "SELECT",
        "SELECT 1",
        "db|main",
        "SQL",
        "0",
        "True",
        15.0,
    ]


@pytest.mark.parametrize(("given", "level"), [(0, 0), (4, 4), ("Warning", 2), ("3", 3)])
def test_a_log_line(ingest, given, level) -> None:
    accepted(ingest, ingest.envelope("MessageData", message="hello", severityLevel=given))
    row = ingest.row("traces")
    assert (row["message"], row["severityLevel"]) == ("hello", level)


def test_a_log_line_without_severity_has_none(ingest) -> None:
    accepted(ingest, ingest.envelope("MessageData", message="hello"))
    assert "severityLevel" not in ingest.row("traces")


def detail(name: str, number: int, outer: int, method: str = "") -> dict:
    frames = [
        {"level": 1, "method": method, "assembly": "shop", "fileName": "shop.py", "line": 7},
        {"level": 0, "method": "main", "line": 1},
    ]
    return {
        "id": number,
        "outerId": outer,
        "typeName": name,
        "message": f"{name} happened",
        "hasFullStack": True,
        **({"parsedStack": frames} if method else {"stack": "as text"}),
    }


def test_an_exception_with_a_chain_of_causes(ingest) -> None:
    chain = [detail("Outer", 1, 0, "handle"), detail("Root", 3, 2, "raise_it"), detail("Mid", 2, 1)]
    accepted(ingest, ingest.envelope("ExceptionData", exceptions=chain, severityLevel="Error"))
    row = ingest.row("exceptions")
    assert row["problemId"] == "Root at raise_it"
    assert (row["type"], row["message"], row["method"], row["assembly"]) == (
        "Root",
        "Root happened",
        "raise_it",
        "shop",
    )
    assert (row["outerType"], row["outerMethod"]) == ("Outer", "handle")
    assert (row["innermostType"], row["innermostMessage"]) == ("Root", "Root happened")
    assert row["severityLevel"] == 3
    details = json.loads(row["details"])
    assert details[0] == {
        "severityLevel": "Error",
        "outerId": "0",
        "message": "Outer happened",
        "type": "Outer",
        "id": "1",
        "parsedStack": [
            {
                "assembly": "shop",
                "method": "handle",
                "level": 1,
                "line": 7,
                "fileName": "shop.py",
            },
            {"assembly": "", "method": "main", "level": 0, "line": 1, "fileName": ""},
        ],
    }
    assert details[2]["rawStack"] == "as text"


def test_exceptions_that_name_each_other_as_cause_still_end(ingest) -> None:
    chain = [detail("A", 1, 2), detail("B", 2, 1)]
    accepted(ingest, ingest.envelope("ExceptionData", exceptions=chain))
    assert ingest.row("exceptions")["problemId"] == "B"


def test_the_senders_own_problem_id_counts(ingest) -> None:
    accepted(
        ingest,
        ingest.envelope("ExceptionData", exceptions=[detail("A", 1, 0)], problemId="mine"),
    )
    assert ingest.row("exceptions")["problemId"] == "mine"


def test_a_measurement_and_an_aggregation(ingest) -> None:
    single = {"name": "one", "value": 1.5, "kind": "Measurement"}
    many = {
        "name": "many",
        "value": 10,
        "kind": "Aggregation",
        "count": 4,
        "min": 1,
        "max": 5,
        "stdDev": 1.5,
    }
    accepted(
        ingest,
        ingest.envelope("MetricData", metrics=[single, many]),
        ingest.envelope("MetricData", metrics=[many]),
    )
    numbers = ("value", "valueCount", "valueSum", "valueMin", "valueMax", "valueStdDev")
    rows = {row["name"]: [row[name] for name in numbers] for row in ingest.rows("customMetrics")}
    assert rows == {"one": [1.5, 1, 1.5, 1.5, 1.5, 0.0], "many": [10.0, 4, 10.0, 1.0, 5.0, 1.5]}


@pytest.mark.parametrize(
    ("name", "category", "counter", "instance"),
    [
        (r"\Processor(_Total)\% Processor Time", "Processor", "% Processor Time", "_Total"),
        (r"\Memory\Available Bytes", "Memory", "Available Bytes", None),
        (
            r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time",
            "ASP.NET Applications",
            "Request Execution Time",
            "??APP_W3SVC_PROC??",
        ),
    ],
)
def test_standard_counters_are_performance_counters(
    ingest, name, category, counter, instance
) -> None:
    accepted(ingest, ingest.envelope("MetricData", metrics=[{"name": name, "value": 12}]))
    row = ingest.row("performanceCounters")
    assert (row["name"], row["category"], row["counter"]) == (name, category, counter)
    assert row.get("instance") == instance
    assert row["value"] == 12.0
    assert ingest.count("customMetrics") == 0


def test_a_metric_may_declare_itself_a_counter(ingest) -> None:
    accepted(
        ingest,
        ingest.envelope(
            "MetricData",
            metrics=[{"name": "depth", "value": 1}],
            properties={"CustomPerfCounter": "true"},
        ),
    )
    row = ingest.row("performanceCounters")
    assert (row["name"], row["counter"]) == ("depth", "depth")
    assert "category" not in row


@pytest.mark.parametrize(
    "extra",
    [
        {"metrics": [{"name": "_OTELRESOURCE_", "value": 0}]},
        {
            "metrics": [{"name": "request", "value": 3}],
            "properties": {"_MS.MetricId": "requests/duration"},
        },
        {
            "metrics": [{"name": "traces/count", "value": 3}],
            "properties": {"metricId": "traces/count", "IsAutocollected": "True"},
        },
    ],
)
def test_the_bookkeeping_of_sdks_is_accepted_and_kept_out(ingest, extra) -> None:
    accepted(ingest, ingest.envelope("MetricData", **extra))
    assert ingest.count("customMetrics") == ingest.count("performanceCounters") == 0


def test_an_applications_own_metric_may_bear_such_a_name(ingest) -> None:
    metrics = [{"name": "traces/count", "value": 3}]
    accepted(ingest, ingest.envelope("MetricData", metrics=metrics))
    assert ingest.row("customMetrics")["name"] == "traces/count"


def test_a_page_view_and_its_timings(ingest) -> None:
    accepted(
        ingest,
        ingest.envelope("PageviewData", name="home", url="http://shop/", duration=12, id="p1"),
        ingest.envelope(
            "PageViewPerfData",
            name="home",
            perfTotal="00:00:02",
            networkConnect="00:00:00.1",
            sentRequest="00:00:00.2",
            receivedResponse="00:00:00.3",
            domProcessing="00:00:00.4",
        ),
    )
    view, timing = ingest.row("pageViews"), ingest.row("browserTimings")
    assert (view["id"], view["duration"], view["performanceBucket"]) == ("p1", 12.0, "<250ms")
    named = ("network", "send", "receive", "processing", "total")
    assert [timing[f"{name}Duration"] for name in named] == [100.0, 200.0, 300.0, 400.0, 2000.0]
    assert timing["performanceBucket"] == "1sec-3sec"


def test_a_page_view_without_duration_has_none(ingest) -> None:
    accepted(ingest, ingest.envelope("PageViewData", name="home"))
    row = ingest.row("pageViews")
    assert "duration" not in row
    assert "performanceBucket" not in row


def test_a_run_of_an_availability_test(ingest) -> None:
    run = {"id": "1", "name": "ping", "duration": "00:00:00.1", "runLocation": "north"}
    accepted(
        ingest,
        ingest.envelope("AvailabilityData", **run, success=True, message="fine"),
        ingest.envelope("AvailabilityData", **run, success=False),
    )
    rows = sorted(ingest.rows("availabilityResults"), key=lambda row: row["success"])
    assert [row["success"] for row in rows] == ["0", "1"]
    assert (rows[1]["location"], rows[1]["message"]) == ("north", "fine")
    assert {row["Success"] for row in ingest.rows("AppAvailabilityResults")} == {True, False}


def test_texts_of_every_script_come_back_as_sent(ingest) -> None:
    text = "héllo 世界 \U0001f680 \x00 \u202e end"
    accepted(ingest, ingest.envelope("MessageData", message=text, properties={text: text}))
    row = ingest.row("traces")
    assert row["message"] == text
    assert json.loads(row["customDimensions"]) == {text: text}


def test_ids_begin_anew_when_a_process_has_used_up_its_own() -> None:
    ids = rows._ItemIds()
    ids._blocks = itertools.count(rows._ID_BLOCKS - 1)

    made = list(ids.some(5_000))

    assert len({uuid.UUID(each) for each in made}) == 5_000
    assert len({each[:24] for each in made}) == 2


def test_a_process_that_begins_anew_makes_other_ids() -> None:
    ids = rows._ItemIds()
    before = next(ids.some(1))
    ids.begin()

    assert next(ids.some(1))[:24] != before[:24]
