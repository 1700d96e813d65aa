"""Exported records become rows: of which table, of which values, and what is refused."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from openinsights.catalog import engine
from openinsights.catalog.resources import ResourceStore
from openinsights.clock import TICKS_PER_DAY, UNIX_EPOCH_TICKS, SystemClock
from openinsights.importing.rows import Importer

NOW = datetime(2026, 11, 30, 12, tzinfo=timezone.utc)
NOW_TICKS = UNIX_EPOCH_TICKS + int(NOW.timestamp()) * 10_000_000


@pytest.fixture
def shop():
    resources = ResourceStore(engine.open_memory(), SystemClock())
    yield resources.create("shop")
    resources.close()


def imported(shop, *records, table="", days=90):
    return Importer(shop, days, NOW_TICKS, table).rows_of(records)


def only_row(found):
    (day,) = found.rows.days
    (table,) = day.tables
    assert table.count == 1
    assert found.refused == []
    assert day.day == table.columns["timestamp"][0] // TICKS_PER_DAY
    return table.table, {name: values[0] for name, values in table.columns.items()}


REQUEST = {
    "time": "2026-11-21T08:00:00.1234567Z",
    "resourceId": "/SUBSCRIPTIONS/1/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/OLD",
    "ResourceGUID": "c0ffee00-0000-4000-8000-000000000000",
    "Type": "AppRequests",
    "AppRoleName": "kassa",
    "ClientIP": "0.0.0.0",
    "ClientCity": "Gent",
    "IKey": "00000000-0000-4000-8000-000000000000",
    "OperationId": "4bf92f3577b34da6a3ce929d0e0e4736",
    "OperationName": "GET /orders/{id}",
    "ParentId": "00f067aa0ba902b7",
    "Properties": {"한국어": "값", "nested": {"a": 1}},
    "Measurements": {"basket": 3.5},
    "Id": "9a1c2b3d4e5f6071",
    "Name": "GET /orders/{id}",
    "Success": False,
    "ResultCode": 500,
    "DurationMs": 12.5,
    "PerformanceBucket": "<250ms",
    "ItemCount": 4,
}


def test_a_record_of_diagnostic_settings_is_a_row_of_its_classic_table(shop):
    table, row = only_row(imported(shop, REQUEST))
    assert table == "requests"
    assert row.pop("timestamp") % 10_000_000 == 1_234_567
    assert json.loads(row.pop("customDimensions")) == REQUEST["Properties"]
    assert row.pop("itemId")
    assert row == {
        "cloud_RoleName": "kassa",
        "client_IP": "0.0.0.0",
        "client_City": "Gent",
        "operation_Id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "operation_Name": "GET /orders/{id}",
        "operation_ParentId": "00f067aa0ba902b7",
        "customMeasurements": '{"basket":3.5}',
        "id": "9a1c2b3d4e5f6071",
        "name": "GET /orders/{id}",
        "success": "False",
        "resultCode": "500",
        "duration": 12.5,
        "performanceBucket": "<250ms",
        "itemCount": 4,
        "appId": shop.app_id,
        "appName": shop.name,
        "iKey": shop.instrumentation_key,
        "_ResourceId": shop.resource_id,
    }


@pytest.mark.parametrize(
    ("said", "table"),
    [
        ({"Type": "AppDependencies"}, "dependencies"),
        ({"itemType": "dependency", "type": "SQL"}, "dependencies"),
        ({"category": "AppTraces"}, "traces"),
        ({"Type": "apptraces"}, "traces"),
        ({"itemType": "availabilityResult"}, "availabilityResults"),
        ({"Type": "exceptions"}, "exceptions"),
        ({"Type": "SecurityEvent", "category": "AppEvents"}, "customEvents"),
        ({}, "pageViews"),
    ],
)
def test_a_record_says_its_table_in_several_ways(shop, said, table):
    found = imported(shop, {"time": "2026-11-21T08:00:00Z", **said}, table="AppPageViews")
    assert only_row(found)[0] == table


def test_a_metric_of_a_workspace_has_the_value_that_the_classic_table_shows(shop):
    record = {"TimeGenerated": "2026-11-21T08:00:00Z", "Type": "AppMetrics", "Name": "queue"}
    table, row = only_row(imported(shop, {**record, "Sum": 6, "Min": 1, "Max": 3, "ItemCount": 3}))
    assert table == "customMetrics"
    wanted = {"value": 6.0, "valueSum": 6.0, "valueMin": 1.0, "valueMax": 3.0, "valueCount": 3}
    assert {name: row[name] for name in wanted} == wanted


def test_columns_come_and_go_between_records(shop):
    base = {"Type": "AppTraces"}
    found = imported(
        shop,
        {**base, "time": "2026-11-21T08:00:00Z", "Message": "first"},
        {**base, "time": "2026-11-22T08:00:00Z", "Message": "other day"},
        {**base, "time": "2026-11-21T08:00:01Z", "SeverityLevel": 3, "UserId": "u"},
        {**base, "time": "2026-11-21T08:00:02Z", "Message": "last"},
    )
    (first, second) = found.rows.days
    (table,) = first.tables
    assert table.columns["message"] == ["first", "", "last"]
    assert table.columns["severityLevel"] == [None, 3, None]
    assert table.columns["user_Id"] == ["", "u", ""]
    assert {len(values) for values in table.columns.values()} == {3}
    assert second.tables[0].columns["message"] == ["other day"]


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ("text", "the record is no JSON object"),
        ({"time": "2026-11-21T08:00:00Z"}, "names no table"),
        ({"Type": "AppTraces"}, "no time, TimeGenerated or timestamp"),
        ({**REQUEST, "time": "yesterday"}, 'time is "yesterday", and a point in time is needed'),
        ({**REQUEST, "DurationMs": "long"}, 'DurationMs is "long", and a number is needed'),
        ({**REQUEST, "ItemCount": 2**40}, "ItemCount is 1099511627776, and a whole number"),
        ({**REQUEST, "DurationMs": {"a": 1}}, 'DurationMs is {"a":1}'),
        ({**REQUEST, "time": "2026-12-24T00:00:00Z"}, "which is yet to come"),
        ({**REQUEST, "time": "2026-08-01T00:00:00Z"}, "shop keeps requests for 90 days"),
    ],
)
def test_a_record_is_refused_for_itself(shop, record, why):
    good = {"time": "2026-11-21T08:00:00Z", "Type": "AppTraces", "Message": "good"}
    found = imported(shop, good, record, good)
    (refused,) = found.refused
    assert refused.index == 1
    assert why in refused.reason
    assert found.rows.count == 2


def test_the_oldest_day_that_is_kept_is_taken(shop):
    oldest = (NOW - timedelta(days=30)).replace(hour=0).isoformat()
    assert imported(shop, {**REQUEST, "time": oldest}, days=30).refused == []
    assert len(imported(shop, {**REQUEST, "time": oldest}, days=29).refused) == 1


def test_values_of_replies_are_read_as_they_are_written_there(shop):
    record = {
        "timestamp": "2026-11-21T08:00:00Z",
        "itemType": "customMetric",
        "value": "NaN",
        "valueSum": "Infinity",
        "valueMin": None,
        "customDimensions": '{"a":"b"}',
        "itemId": "kept",
    }
    _, row = only_row(imported(shop, record))
    assert row["value"] != row["value"]
    assert row["valueSum"] == float("inf")
    assert "valueMin" not in row
    assert row["customDimensions"] == '{"a":"b"}'
    assert row["itemId"] == "kept"


def test_fields_without_a_column_are_named_and_the_rest_is_taken(shop):
    found = imported(shop, {**REQUEST, "Colour": "red", "Shape": None})
    assert found.left_out == ["Colour", "Shape"]
    assert found.rows.count == 1


def test_equal_records_are_the_same_body_of_one_resource_only(shop):
    again = imported(shop, REQUEST)
    assert again.rows.digest == imported(shop, REQUEST).rows.digest
    assert again.rows.digest != imported(shop, {**REQUEST, "Id": "x"}).rows.digest
    resources = ResourceStore(engine.open_memory(), SystemClock())
    assert again.rows.digest != imported(resources.create("lab"), REQUEST).rows.digest
    resources.close()
