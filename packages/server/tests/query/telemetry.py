"""A few thousand items of a made-up company's telemetry, for queries that need rows to read.

A shop of three services and a browser, an API gateway, an assistant that calls language models,
batch workflows and a mobile application that synchronises: whoever reads customDimensions finds
keys of the kinds that people use, plain texts, numbers and JSON in texts. The same seed gives the
same items, so that tests can be repeated.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from openinsights.clock import TICKS_PER_SECOND
from openinsights_wire.stamps import format_duration, format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

HOURS = 40
"""How far back the items go."""
OPERATIONS = 600
"""Requests of the shop, each with what it caused."""

_ROUTES = ("GET /products", "GET /products/{id}", "POST /cart", "POST /checkout", "GET /health")
_ROLES = ("shop-web", "shop-api", "shop-orders")
_CITIES = (("Berlin", "Berlin", "Germany"), ("Seattle", "Washington", "United States"),
           ("Pune", "Maharashtra", "India"), ("", "", ""))  # fmt: skip
_AGENTS = ("Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0", "python-requests/2.32", "okhttp/4.12")
_MODELS = ("small-1", "large-2")
_EVENTS = ("signed in", "added to cart", "checked out", "Sent", "Dropped", "Overall")
_PAGES = ("Home", "Product", "Cart", "Checkout")


@dataclass(frozen=True)
class Operation:
    """What the items of one transaction have in common."""

    id: str
    name: str
    at_ticks: int
    user: str
    session: str
    place: tuple[str, str, str]


class Telemetry:
    """Makes the envelopes of one resource.

    Args:
        key: the resource's instrumentation key.
        now_ticks: the end of the time that the items spread over.
        seed: of the random choices.
    """

    def __init__(self, key: str, now_ticks: int, seed: int = 1) -> None:
        self._key = key
        self._now = now_ticks
        self._rng = Random(seed)
        self._number = 0

    def envelopes(self) -> Iterator[dict[str, Any]]:
        """Yield all items, oldest operation first."""
        for number in range(OPERATIONS):
            back = HOURS * 3600 * (OPERATIONS - number) / OPERATIONS
            operation = self._operation(self._now - round(back * TICKS_PER_SECOND))
            yield from self._web(operation)
            yield from self._messages(operation)
            if number % 3 == 0:
                yield from self._browser(operation)
            if number % 4 == 0:
                yield from self._assistant(operation)
            if number % 5 == 0:
                yield from self._metrics(operation)
            if number % 10 == 0:
                yield self._availability(operation)

    # Kinds of transactions.

    def _web(self, operation: Operation) -> Iterator[dict[str, Any]]:
        rng = self._rng
        failed = rng.random() < 0.08
        code = rng.choice(("404", "500", "503")) if failed else "200"
        own = self._id()
        yield self._item(
            "RequestData", operation, _ROLES[0], parent=operation.id,
            id=own, name=operation.name, url="https://shop.example" + operation.name.split()[1],
            success=not failed, responseCode=code, duration=self._duration(90),
            source="cid-v1:gateway", properties=self._request_dimensions(operation, failed),
            measurements={"responseBytes": rng.randint(200, 90_000), "queueMs": rng.random() * 9},
        )  # fmt: skip
        for kind, target in (("SQL", "orders-db"), ("HTTP", "payments.example"), ("InProc", "")):
            yield self._item(
                "RemoteDependencyData", operation, _ROLES[1], parent=own,
                id=self._id(), name=f"{kind} call" if target else "Offline.SyncDatabase",
                target=target, type=kind, data="SELECT 1" if kind == "SQL" else "",
                success=not failed or kind != "SQL", resultCode="0" if kind == "SQL" else code,
                duration=self._duration(20), properties=self._call_dimensions(operation, failed),
            )  # fmt: skip
        if failed:
            yield self._exception(operation, own)

    def _messages(self, operation: Operation) -> Iterator[dict[str, Any]]:
        rng = self._rng
        for place in range(2):
            yield self._item(
                "MessageData", operation, rng.choice(_ROLES), parent=operation.id,
                message=f"step {place} of {operation.name} took {rng.randint(1, 400)} ms",
                severityLevel=rng.choice(("Verbose", "Information", "Warning", "Error")),
                properties=self._workflow_dimensions(operation),
            )  # fmt: skip
        yield self._item(
            "EventData", operation, _ROLES[0], parent=operation.id,
            name=rng.choice(_EVENTS), properties=self._event_dimensions(operation),
            measurements={"items": rng.randint(1, 9), "amount": round(rng.random() * 200, 2)},
        )  # fmt: skip

    def _browser(self, operation: Operation) -> Iterator[dict[str, Any]]:
        rng = self._rng
        page = rng.choice(_PAGES)
        named = {"name": page, "url": f"https://shop.example/{page.lower()}", "id": self._id()}
        dimensions = {
            "hostType": rng.choice(("MobileApplication", "Browser")),
            "networkConnectivityState": rng.choice(("Online", "Offline")),
            "pageName": page,
            "loadType": str(rng.randint(0, 2)),
            "warmThroughput": str(rng.randint(100, 9000)),
            "warmLatency": str(rng.randint(5, 300)),
            "coldLatency": str(rng.randint(5, 300)),
        }
        tags = {"ai.device.type": "Browser", "ai.device.osVersion": "Linux"}
        yield self._item(
            "PageViewData", operation, "shop-browser", tags=tags, duration=self._duration(300),
            properties=dimensions, **named,
        )  # fmt: skip
        yield self._item(
            "PageViewPerfData", operation, "shop-browser", tags=tags, properties=dimensions,
            perfTotal=self._duration(900), networkConnect=self._duration(90),
            sentRequest=self._duration(50), receivedResponse=self._duration(80),
            domProcessing=self._duration(200), **named,
        )  # fmt: skip

    def _assistant(self, operation: Operation) -> Iterator[dict[str, Any]]:
        rng = self._rng
        failed = rng.random() < 0.1
        span, thread = self._id(), f"thread-{rng.randint(1, 40)}"
        asked, answered = rng.randint(50, 4000), rng.randint(5, 900)
        common = {
            "gen_ai.system": "models.example",
            "gen_ai.operation.name": rng.choice(("chat", "create_agent", "invoke_agent")),
            "gen_ai.agent.id": f"agent-{rng.randint(1, 3)}",
            "gen_ai.agent.name": f"Helper {rng.randint(1, 3)}",
            "gen_ai.thread.id": thread,
            "gen_ai.thread.run.id": f"run-{rng.randint(1, 99)}",
            "gen_ai.response.id": f"response-{self._id()}",
            "session.id": operation.session,
        }
        yield self._item(
            "RemoteDependencyData", operation, "assistant", parent=operation.id, id=span,
            name="chat", target="models.example", type="GenAI", data="", success=not failed,
            resultCode="500" if failed else "200", duration=self._duration(2500),
            properties={
                **common,
                "gen_ai.request.model": rng.choice(_MODELS),
                "gen_ai.response.model": rng.choice(_MODELS),
                "gen_ai.usage.input_tokens": str(asked),
                "gen_ai.usage.output_tokens": str(answered),
                "microsoft.gen_ai.cost.input": f"{asked / 1e6:.6f}",
                "microsoft.gen_ai.cost.output": f"{answered / 2e5:.6f}",
                "gen_ai.tool.name": rng.choice(("", "search", "calculator")),
                "error.type": "timeout" if failed else "",
                "parentId": span,
            },
        )  # fmt: skip
        score = rng.randint(1, 5)
        yield self._item(
            "MessageData", operation, "assistant", parent=span, message="gen_ai.evaluation.result",
            severityLevel="Information",
            properties={
                **common,
                "event.name": "gen_ai.evaluation.result",
                "gen_ai.evaluation.name": rng.choice(("relevance", "fluency")),
                "gen_ai.evaluator.name": rng.choice(("relevance", "fluency")),
                "gen_ai.evaluation.score": str(score),
                "gen_ai.evaluation.score.value": str(score),
                "gen_ai.evaluation.score.label": "pass" if score > 2 else "fail",
                "gen_ai.evaluation.threshold": "3",
                "gen_ai.evaluation.min_value": "1",
                "gen_ai.evaluation.max_value": "5",
                "internal_properties": json.dumps({"gen_ai.evaluation.azure_ai": "on"}),
                "gen_ai.event.content": json.dumps([{"role": "user", "content": "how much?"}]),
            },
        )  # fmt: skip
        yield self._item(
            "EventData", operation, "assistant", parent=span,
            name=rng.choice(("BotMessageSend", "BotMessageReceived", "TopicStart", "TopicEnd")),
            properties={
                "conversationId": thread,
                "channelId": rng.choice(("web", "msteams", "pva-studio")),
                "designMode": rng.choice(("True", "False")),
                "DesignMode": rng.choice(("True", "False")),
                "TopicName": rng.choice(("Greeting", "Returns")),
                "text": "hello",
                "type": "message",
            },
        )  # fmt: skip

    def _metrics(self, operation: Operation) -> Iterator[dict[str, Any]]:
        rng = self._rng
        value = rng.random() * 100
        dropped = {"drop.reason": "throttled", "drop.code": "429", "telemetry_type": "TRACE",
                   "telemetrySuccess": "true", "dropReason": "throttled", "dropCode": "429"}  # fmt: skip
        for name, properties in (
            ("queue length", {"queue": rng.choice(("orders", "mails"))}),
            ("preview.item.dropped.count", dropped),
        ):
            point = {"name": name, "value": value, "count": rng.randint(1, 20), "min": value / 2,
                     "max": value * 2, "stdDev": value / 10}  # fmt: skip
            yield self._item(
                "MetricData", operation, _ROLES[2], metrics=[point], properties=properties
            )
        for counter in (
            r"\Processor(_Total)\% Processor Time",
            r"\Memory\Available Bytes",
            r"\Process(python)\Private Bytes",
        ):
            point = {"name": counter, "value": rng.random() * 100}
            yield self._item("MetricData", operation, rng.choice(_ROLES), metrics=[point])

    def _availability(self, operation: Operation) -> dict[str, Any]:
        rng = self._rng
        up = rng.random() > 0.05
        return self._item(
            "AvailabilityData", operation, "probe", id=self._id(), name="home page",
            duration=self._duration(200), success=up, runLocation=rng.choice(("Berlin", "Pune")),
            message="" if up else "timed out", properties={"FullTestResultAvailable": "False"},
        )  # fmt: skip

    def _exception(self, operation: Operation, parent: str) -> dict[str, Any]:
        kind = self._rng.choice(("ValueError", "TimeoutError", "KeyError"))
        frames = [
            {
                "level": 0,
                "method": "save",
                "assembly": "shop.orders",
                "fileName": "orders.py",
                "line": 41,
            },
            {
                "level": 1,
                "method": "handle",
                "assembly": "shop.web",
                "fileName": "web.py",
                "line": 7,
            },
        ]
        inner = {"id": 2, "outerId": 1, "typeName": "OSError", "message": "connection reset"}
        outer = {
            "id": 1,
            "typeName": kind,
            "message": f"{kind} while saving",
            "parsedStack": frames,
        }
        return self._item(
            "ExceptionData", operation, _ROLES[1], parent=parent, exceptions=[outer, inner],
            severityLevel="Error",
            properties={
                "exceptionSource": "orders",
                "CallStack": "save\nhandle",
                "pluginName": "Orders.Export",
                "pluginType": "Orders.Export.DualWriteChangeProcessor",
                "organizationId": "11112222-3333-4444-5555-666677778888",
            },
        )  # fmt: skip

    # What stands in customDimensions.

    def _request_dimensions(self, operation: Operation, failed: bool) -> dict[str, str]:
        rng = self._rng
        flow = {"tags": {"flow": "nightly"}, "FlowDisplayName": "nightly", "resource": "f1"}
        return {
            "RouteUrl": "https://shop.example/api/products",
            "apiController": rng.choice(("Products", "Orders")),
            "apiAction": rng.choice(("Get", "Save")),
            "userAgent": rng.choice(_AGENTS),
            "Service Type": "API Management",
            "Service ID": "/subscriptions/s/resourceGroups/g/services/gateway",
            "API Name": rng.choice(("products", "orders")),
            "Operation Name": operation.name,
            "httpStatus": "500" if failed else "200",
            "resourceProvider": rng.choice(("Cloud Flow", "Desktop Flow")),
            "signalCategory": rng.choice(("Cloud flow runs", "Cloud flow triggers")),
            "Data": json.dumps(flow),
            "correlationId": operation.id,
            "JsonAttributes": json.dumps({"customer": {"tier": rng.choice(("gold", "none"))}}),
            "executionTimeMilliseconds": str(rng.randint(5, 700)),
            "VLT": str(rng.randint(1, 300)),
            "ALT": str(rng.randint(1, 300)),
            "FVLT": str(rng.randint(1, 300)),
        }

    def _call_dimensions(self, operation: Operation, failed: bool) -> dict[str, str]:
        rng = self._rng
        context = {"CurrentSyncId": operation.id, "RecordCount": rng.randint(1, 900),
                   "ActiveDuration": rng.randint(1, 9000), "EntityName": "account"}  # fmt: skip
        return {
            "entityName": rng.choice(("account", "order")),
            "EntityName": rng.choice(("account", "order")),
            "methodName": rng.choice(("Retrieve", "Update")),
            "callWasSuccessful": str(not failed),
            "EventContext": json.dumps(context),
            "eventContext": json.dumps(context),
            "DataSyncMode": rng.choice(("Full", "Delta")),
            "resourceProvider": "Cloud Flow",
            "signalCategory": "Cloud flow actions",
            "error": json.dumps({"code": "ActionFailed"}) if failed else "",
            "Data": json.dumps({"actionName": "send", "duration": rng.randint(1, 90)}),
            "status": "Failed" if failed else "Succeeded",
            "DeviceInfo_OsName": rng.choice(("Android", "iOS")),
            "DeviceInfo_make": "Acme",
            "DeviceInfo_model": "A1",
            "stall": str(rng.randint(0, 90)),
            "download": str(rng.randint(0, 90)),
        }

    def _workflow_dimensions(self, operation: Operation) -> dict[str, str]:
        rng = self._rng
        return {
            "Category": rng.choice(("Workflow.Operations.Runs", "Workflow.Operations.Actions")),
            "EventName": rng.choice(("WorkflowRunStart", "WorkflowRunEnd", "WorkflowActionEnd")),
            "actionType": rng.choice(("Http", "Compose", "ServiceProvider")),
            "LogLevel": "Information",
            "prop__statusCode": rng.choice(("OK", "Failed")),
            "prop__durationInMilliseconds": str(rng.randint(1, 5000)),
            "prop__flowSequenceId": operation.id,
            "resource": json.dumps({"workflowName": "nightly", "runId": operation.id}),
            "correlation": json.dumps({"clientTrackingId": operation.session}),
            "powerplatform.analytics.scenario": "ConversationDiagnosticsScenario",
            "powerplatform.analytics.subscenario": rng.choice(
                ("RouteToQueue", "Assigned", "Ended")
            ),
            "powerplatform.analytics.resource.id": operation.id,
            "omnichannel.target_agent.id": f"agent-{rng.randint(1, 3)}",
            "omnichannel.channel.type": "livechat",
            "omnichannel.result": json.dumps({"DisplayName": "queue 1", "Reason": "skill"}),
            "omnichannel.additional_info": json.dumps({"QueueName": "first"}),
        }

    def _event_dimensions(self, operation: Operation) -> dict[str, str]:
        rng = self._rng
        variant = rng.choice(("Control", "Treatment"))
        return {
            "FeatureName": "checkout button",
            "FeatureFlagReference": "https://flags.example/checkout",
            "Variant": variant,
            "VariantAssignmentReason": "Percentile",
            "VariantAssignmentPercentage": "50",
            "DefaultWhenEnabled": "Control",
            "AllocationId": "a1",
            "TargetingId": operation.user,
            "Enabled": "True",
            "Success": str(rng.random() > 0.1),
            "ExecutionTimeSeconds": str(round(rng.random() * 60, 1)),
            "ExecutionMode": rng.choice(("Batch", "Interactive")),
            "LegalEntity": rng.choice(("DE01", "US01")),
            "ActivityId": operation.id,
            "QueryType": "Select",
            "JoinCount": str(rng.randint(0, 5)),
            "ReturnedRowCount": str(rng.randint(0, 500)),
        }

    # Envelopes.

    def _operation(self, at_ticks: int) -> Operation:
        rng = self._rng
        return Operation(
            id=f"{rng.getrandbits(128):032x}",
            name=rng.choice(_ROUTES),
            at_ticks=at_ticks,
            user=f"user-{rng.randint(1, 60)}",
            session=f"session-{rng.randint(1, 150)}",
            place=rng.choice(_CITIES),
        )

    def _item(
        self,
        base_type: str,
        operation: Operation,
        role: str,
        *,
        parent: str = "",
        tags: dict[str, str] | None = None,
        **base_data: Any,
    ) -> dict[str, Any]:
        city, state, country = operation.place
        at = operation.at_ticks + self._rng.randint(0, 5 * TICKS_PER_SECOND)
        given = {
            "ai.operation.id": operation.id,
            "ai.operation.parentId": parent,
            "ai.operation.name": operation.name,
            "ai.cloud.role": role,
            "ai.cloud.roleInstance": f"{role}-{self._rng.randint(1, 2)}",
            "ai.user.id": operation.user,
            "ai.session.id": operation.session,
            "ai.application.ver": "1.4.2",
            "ai.internal.sdkVersion": "py3.12:oc0.11.4:ext1.1.13",
            "ai.location.city": city,
            "ai.location.province": state,
            "ai.location.country": country,
        }
        return {
            "name": f"Microsoft.ApplicationInsights.{base_type.removesuffix('Data')}",
            "time": format_time(at),
            "iKey": self._key,
            "sampleRate": self._rng.choice((100.0, 100.0, 50.0)),
            "tags": {**given, **(tags or {})},
            "data": {"baseType": base_type, "baseData": {"ver": 2, **base_data}},
        }

    def _id(self) -> str:
        self._number += 1
        return f"{self._number:016x}"

    def _duration(self, around_ms: float) -> str:
        return format_duration(round(self._rng.expovariate(1 / around_ms), 3))
