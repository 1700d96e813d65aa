"""The fixed texts of the protocol: paths, headers, metrics, kinds of telemetry."""

from __future__ import annotations

PING_PATH = "/QuickPulseService.svc/ping"
POST_PATH = "/QuickPulseService.svc/post"
API_VERSION = "2024-04-01-preview"
INVARIANT_VERSION = 5
"""The first version whose clients understand configurations with filters."""

TRANSMISSION_TIME_HEADER = "x-ms-qps-transmission-time"
ETAG_HEADER = "x-ms-qps-configuration-etag"
MACHINE_NAME_HEADER = "x-ms-qps-machine-name"
INSTANCE_NAME_HEADER = "x-ms-qps-instance-name"
STREAM_ID_HEADER = "x-ms-qps-stream-id"
ROLE_NAME_HEADER = "x-ms-qps-role-name"
INVARIANT_VERSION_HEADER = "x-ms-qps-invariant-version"
SUBSCRIBED_HEADER = "x-ms-qps-subscribed"
POLLING_HINT_HEADER = "x-ms-qps-service-polling-interval-hint"
REDIRECT_HEADERS = (
    "x-ms-qps-service-endpoint-redirect-v2",
    "x-ms-qps-service-endpoint-redirect",
)

REQUESTS = r"\ApplicationInsights\Requests/Sec"
REQUESTS_FAILED = r"\ApplicationInsights\Requests Failed/Sec"
REQUESTS_SUCCEEDED = r"\ApplicationInsights\Requests Succeeded/Sec"
REQUEST_DURATION = r"\ApplicationInsights\Request Duration"
DEPENDENCIES = r"\ApplicationInsights\Dependency Calls/Sec"
DEPENDENCIES_FAILED = r"\ApplicationInsights\Dependency Calls Failed/Sec"
DEPENDENCIES_SUCCEEDED = r"\ApplicationInsights\Dependency Calls Succeeded/Sec"
DEPENDENCY_DURATION = r"\ApplicationInsights\Dependency Call Duration"
EXCEPTIONS = r"\ApplicationInsights\Exceptions/Sec"
COMMITTED_BYTES = r"\Memory\Committed Bytes"
PHYSICAL_BYTES = r"\Process\Physical Bytes"
PRIVATE_BYTES = r"\Process(??APP_WIN32_PROC??)\Private Bytes"
PROCESSOR_TIME = r"\Processor(_Total)\% Processor Time"
PROCESS_TIME = r"\% Process\Processor Time Normalized"
APP_PROCESS_TIME = r"\Process(??APP_WIN32_PROC??)\% Processor Time"

REQUEST = "Request"
DEPENDENCY = "Dependency"
EXCEPTION = "Exception"
EVENT = "Event"
TRACE = "Trace"
PERFORMANCE_COUNTER = "PerformanceCounter"

KINDS: dict[str, str] = {
    "RequestData": REQUEST,
    "RemoteDependencyData": DEPENDENCY,
    "ExceptionData": EXCEPTION,
    "EventData": EVENT,
    "MessageData": TRACE,
}
"""The kind of telemetry, as configurations call it, of each base type that is counted."""

DOCUMENT_TYPES: dict[str, str] = {
    REQUEST: "Request",
    DEPENDENCY: "RemoteDependency",
    EXCEPTION: "Exception",
    EVENT: "Event",
    TRACE: "Trace",
}
"""How documents call each kind."""
