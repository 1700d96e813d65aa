"""The App* tables: the names that workspaces use for the same rows as the classic tables.

One row per column says which classic column holds its value. Nothing is stored twice: a store reads
the classic column, and converts where the types differ (`success` text to `Success` bool).
"""

from __future__ import annotations

from openinsights.schema.table import Column, Table
from openinsights.schema.tables.availability_results import AVAILABILITY_RESULTS
from openinsights.schema.tables.browser_timings import BROWSER_TIMINGS
from openinsights.schema.tables.custom_events import CUSTOM_EVENTS
from openinsights.schema.tables.custom_metrics import CUSTOM_METRICS
from openinsights.schema.tables.dependencies import DEPENDENCIES
from openinsights.schema.tables.exceptions import EXCEPTIONS
from openinsights.schema.tables.page_views import PAGE_VIEWS
from openinsights.schema.tables.performance_counters import PERFORMANCE_COUNTERS
from openinsights.schema.tables.requests import REQUESTS
from openinsights.schema.tables.traces import TRACES
from openinsights.schema.types import KqlType

TIME_COLUMN = "TimeGenerated"

_SHARED_NAMES: tuple[tuple[str, str], ...] = (
    ("OperationName", "operation_Name"),
    ("OperationId", "operation_Id"),
    ("ParentId", "operation_ParentId"),
    ("SyntheticSource", "operation_SyntheticSource"),
    ("SessionId", "session_Id"),
    ("UserId", "user_Id"),
    ("UserAuthenticatedId", "user_AuthenticatedId"),
    ("UserAccountId", "user_AccountId"),
    ("AppVersion", "application_Version"),
    ("AppRoleName", "cloud_RoleName"),
    ("AppRoleInstance", "cloud_RoleInstance"),
    ("ClientType", "client_Type"),
    ("ClientModel", "client_Model"),
    ("ClientOS", "client_OS"),
    ("ClientIP", "client_IP"),
    ("ClientCity", "client_City"),
    ("ClientStateOrProvince", "client_StateOrProvince"),
    ("ClientCountryOrRegion", "client_CountryOrRegion"),
    ("ClientBrowser", "client_Browser"),
    ("ResourceGUID", "appId"),
    ("IKey", "iKey"),
    ("SDKVersion", "sdkVersion"),
)

_SPECIFIC: tuple[tuple[str, Table | None, tuple[tuple[str, KqlType, str], ...]], ...] = (
    (
        "AppRequests",
        REQUESTS,
        (
            ("Id", KqlType.STRING, "id"),
            ("Source", KqlType.STRING, "source"),
            ("Name", KqlType.STRING, "name"),
            ("Url", KqlType.STRING, "url"),
            ("Success", KqlType.BOOL, "success"),
            ("ResultCode", KqlType.STRING, "resultCode"),
            ("DurationMs", KqlType.REAL, "duration"),
            ("PerformanceBucket", KqlType.STRING, "performanceBucket"),
        ),
    ),
    (
        "AppDependencies",
        DEPENDENCIES,
        (
            ("Id", KqlType.STRING, "id"),
            ("Target", KqlType.STRING, "target"),
            ("DependencyType", KqlType.STRING, "type"),
            ("Name", KqlType.STRING, "name"),
            ("Data", KqlType.STRING, "data"),
            ("Success", KqlType.BOOL, "success"),
            ("ResultCode", KqlType.STRING, "resultCode"),
            ("DurationMs", KqlType.REAL, "duration"),
            ("PerformanceBucket", KqlType.STRING, "performanceBucket"),
        ),
    ),
    (
        "AppTraces",
        TRACES,
        (
            ("Message", KqlType.STRING, "message"),
            ("SeverityLevel", KqlType.INT, "severityLevel"),
        ),
    ),
    (
        "AppExceptions",
        EXCEPTIONS,
        (
            ("ProblemId", KqlType.STRING, "problemId"),
            ("HandledAt", KqlType.STRING, "handledAt"),
            ("ExceptionType", KqlType.STRING, "type"),
            ("Message", KqlType.STRING, "message"),
            ("Assembly", KqlType.STRING, "assembly"),
            ("Method", KqlType.STRING, "method"),
            ("OuterType", KqlType.STRING, "outerType"),
            ("OuterMessage", KqlType.STRING, "outerMessage"),
            ("OuterAssembly", KqlType.STRING, "outerAssembly"),
            ("OuterMethod", KqlType.STRING, "outerMethod"),
            ("InnermostType", KqlType.STRING, "innermostType"),
            ("InnermostMessage", KqlType.STRING, "innermostMessage"),
            ("InnermostAssembly", KqlType.STRING, "innermostAssembly"),
            ("InnermostMethod", KqlType.STRING, "innermostMethod"),
            ("SeverityLevel", KqlType.INT, "severityLevel"),
            ("Details", KqlType.DYNAMIC, "details"),
        ),
    ),
    ("AppEvents", CUSTOM_EVENTS, (("Name", KqlType.STRING, "name"),)),
    (
        "AppPageViews",
        PAGE_VIEWS,
        (
            ("Id", KqlType.STRING, "id"),
            ("Name", KqlType.STRING, "name"),
            ("Url", KqlType.STRING, "url"),
            ("DurationMs", KqlType.REAL, "duration"),
            ("PerformanceBucket", KqlType.STRING, "performanceBucket"),
        ),
    ),
    (
        "AppBrowserTimings",
        BROWSER_TIMINGS,
        (
            ("Name", KqlType.STRING, "name"),
            ("Url", KqlType.STRING, "url"),
            ("NetworkDurationMs", KqlType.REAL, "networkDuration"),
            ("SendDurationMs", KqlType.REAL, "sendDuration"),
            ("ReceiveDurationMs", KqlType.REAL, "receiveDuration"),
            ("ProcessingDurationMs", KqlType.REAL, "processingDuration"),
            ("TotalDurationMs", KqlType.REAL, "totalDuration"),
            ("PerformanceBucket", KqlType.STRING, "performanceBucket"),
        ),
    ),
    (
        "AppAvailabilityResults",
        AVAILABILITY_RESULTS,
        (
            ("Id", KqlType.STRING, "id"),
            ("Name", KqlType.STRING, "name"),
            ("Location", KqlType.STRING, "location"),
            ("Success", KqlType.BOOL, "success"),
            ("Message", KqlType.STRING, "message"),
            ("Size", KqlType.REAL, "size"),
            ("DurationMs", KqlType.REAL, "duration"),
            ("PerformanceBucket", KqlType.STRING, "performanceBucket"),
        ),
    ),
    (
        "AppMetrics",
        CUSTOM_METRICS,
        (
            ("Name", KqlType.STRING, "name"),
            ("Sum", KqlType.REAL, "valueSum"),
            ("Min", KqlType.REAL, "valueMin"),
            ("Max", KqlType.REAL, "valueMax"),
        ),
    ),
    (
        "AppPerformanceCounters",
        PERFORMANCE_COUNTERS,
        (
            ("Name", KqlType.STRING, "name"),
            ("Category", KqlType.STRING, "category"),
            ("Counter", KqlType.STRING, "counter"),
            ("Instance", KqlType.STRING, "instance"),
            ("Value", KqlType.REAL, "value"),
        ),
    ),
    ("AppSystemEvents", None, (("ProblemId", KqlType.STRING, ""),)),
)

_ITEM_COUNT_STORED_AS = {"AppMetrics": "valueCount"}


def _app_table(
    name: str, classic: Table | None, specific: tuple[tuple[str, KqlType, str], ...]
) -> Table:
    docs = {} if classic is None else {column.name: column.doc for column in classic.columns}
    measured = classic is None or "customMeasurements" in docs
    own = ((column, kind, source) for column, kind, source in specific)
    shared = ((column, KqlType.STRING, source) for column, source in _SHARED_NAMES)
    stored: tuple[tuple[str, KqlType, str], ...] = (
        ("TenantId", KqlType.STRING, "appId"),
        (TIME_COLUMN, KqlType.DATETIME, "timestamp"),
        *own,
        ("Properties", KqlType.DYNAMIC, "customDimensions"),
        *((("Measurements", KqlType.DYNAMIC, "customMeasurements"),) if measured else ()),
        *shared,
        ("ItemCount", KqlType.INT, _ITEM_COUNT_STORED_AS.get(name, "itemCount")),
    )
    columns = (
        *(
            Column(column, kind, docs.get(source, ""), stored_as=source)
            for column, kind, source in stored
        ),
        Column("ReferencedItemId", KqlType.STRING, "Id of an item that this one is about."),
        Column("ReferencedType", KqlType.STRING, "Table of the item that this one is about."),
        Column("SourceSystem", KqlType.STRING, "Who collected the row.", constant="Azure"),
        Column("Type", KqlType.STRING, "Name of the table.", constant=name),
        Column("_ResourceId", KqlType.STRING, docs.get("_ResourceId", ""), stored_as="_ResourceId"),
    )
    return Table(
        name,
        columns,
        TIME_COLUMN,
        alias_of="" if classic is None else classic.name,
        doc="Changes of the monitored system itself." if classic is None else classic.doc,
        is_alternative=True,
    )


APP_TABLES: tuple[Table, ...] = tuple(_app_table(*row) for row in _SPECIFIC)
