from __future__ import annotations

import pytest

from openinsights.schema.catalog import ALL, APP, BY_NAME, CLASSIC
from openinsights.schema.types import KqlType

SHARED_AFTER = [
    "operation_Name",
    "operation_Id",
    "operation_ParentId",
    "operation_SyntheticSource",
    "session_Id",
    "user_Id",
    "user_AuthenticatedId",
    "user_AccountId",
    "application_Version",
    "client_Type",
    "client_Model",
    "client_OS",
    "client_IP",
    "client_City",
    "client_StateOrProvince",
    "client_CountryOrRegion",
    "client_Browser",
    "cloud_RoleName",
    "cloud_RoleInstance",
    "appId",
    "appName",
    "iKey",
    "sdkVersion",
    "itemId",
    "itemCount",
    "_ResourceId",
]

SPECIFIC = {
    "requests": "id source name url success resultCode duration performanceBucket",
    "dependencies": "id target type name data success resultCode duration performanceBucket",
    "traces": "message severityLevel",
    "exceptions": "problemId handledAt type message assembly method outerType outerMessage "
    "outerAssembly outerMethod innermostType innermostMessage innermostAssembly innermostMethod "
    "severityLevel details",
    "customEvents": "name",
    "pageViews": "id name url duration performanceBucket",
    "browserTimings": "name url networkDuration sendDuration receiveDuration processingDuration "
    "totalDuration performanceBucket",
    "availabilityResults": "id name location success message size duration performanceBucket",
    "customMetrics": "name value valueCount valueSum valueMin valueMax valueStdDev",
    "performanceCounters": "name category counter instance value",
}


@pytest.mark.parametrize("name", SPECIFIC)
def test_a_classic_table_lists_its_columns_in_the_documented_order(name: str) -> None:
    measurements = (
        [] if name in ("customMetrics", "performanceCounters") else ["customMeasurements"]
    )
    expected = [
        "timestamp",
        *SPECIFIC[name].split(),
        "itemType",
        "customDimensions",
        *measurements,
        *SHARED_AFTER,
    ]
    assert [column.name for column in BY_NAME[name].columns] == expected


def test_every_classic_table_has_a_workspace_name() -> None:
    aliases = {table.alias_of for table in APP if table.alias_of}
    assert aliases == {table.name for table in CLASSIC}


@pytest.mark.parametrize("table", APP, ids=lambda table: table.name)
def test_app_columns_name_stored_columns_of_their_classic_table(table) -> None:  # type: ignore[no-untyped-def]
    if not table.alias_of:
        return
    stored = {column.name: column.type for column in BY_NAME[table.alias_of].columns}
    for column in table.columns:
        if column.stored_as:
            converts = (stored[column.stored_as], column.type)
            assert column.type == stored[column.stored_as] or converts == (
                KqlType.STRING,
                KqlType.BOOL,
            )


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_column_names_are_unique_and_time_is_a_datetime(table) -> None:  # type: ignore[no-untyped-def]
    names = [column.name for column in table.columns]
    assert len(names) == len(set(names))
    types = {column.name: column.type for column in table.columns}
    assert types[table.time_column] is KqlType.DATETIME


def test_workspace_tables_say_their_own_name_in_type() -> None:
    for table in APP:
        (kind,) = [column for column in table.columns if column.name == "Type"]
        assert kind.constant == table.name


def test_metrics_keep_their_sum_under_the_workspace_name() -> None:
    columns = {column.name: column for column in BY_NAME["AppMetrics"].columns}
    assert columns["Sum"].stored_as == "valueSum"
    assert columns["ItemCount"].stored_as == "valueCount"
    assert "StdDev" not in columns
