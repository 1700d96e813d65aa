from __future__ import annotations

import gc
import importlib.util
import logging
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test.utils import override_settings
from django.urls import clear_url_caches
from web_contract import ASGIContract, Reply, WebContract, ask_wsgi

from opencensus.trace import integrations
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.span import SpanKind

if TYPE_CHECKING:
    from collections.abc import Iterator

_spec = importlib.util.spec_from_file_location("shop", Path(__file__).with_name("shop.py"))
assert _spec is not None
assert _spec.loader is not None
shop = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(shop)
from opencensus.ext.django.route import readable  # noqa: E402 (the settings come first)

# Django leaves the request's body open when its client goes away or its answer breaks off.
# Its connections of other threads are closed by the collector, of which Python 3.13 tells.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Unclosed file <tempfile:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <sqlite3.Connection"),
]

NAMES = {
    "sampler": "SAMPLER",
    "exporter": "EXPORTER",
    "propagator": "PROPAGATOR",
    "excludelist_paths": "EXCLUDELIST_PATHS",
    "excludelist_hostnames": "EXCLUDELIST_HOSTNAMES",
}


def make(handler: Any, urls: Any, settings: dict[str, Any], **others: Any) -> Any:
    shop.urls(*urls)
    clear_url_caches()
    traced = {NAMES[name]: value for name, value in settings.items()}
    with override_settings(OPENCENSUS={"TRACE": traced}, **others):
        return handler()


@pytest.fixture(autouse=True)
def _of_this_test() -> Iterator[None]:
    yield
    # Before 5.0 an answer whose client left ends when it is forgotten: not in another test.
    gc.collect()
    connections.close_all()
    sys.modules.pop(shop.URLS, None)
    clear_url_caches()


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)


class TestWSGI(WebContract):
    template = "/orders/<int:number>"

    def make(self, **settings: Any) -> Any:
        return make(WSGIHandler, shop.PLAIN, settings)

    def ask(self, application: Any, path: str, **options: Any) -> Reply:
        return ask_wsgi(application, path, **options)


class TestASGI(ASGIContract):
    template = "/orders/<int:number>"
    waits = django.VERSION >= (5,)

    def make(self, **settings: Any) -> Any:
        return make(ASGIHandler, shop.ASYNC, settings)


class TestASGIWithPlainViews(TestASGI):
    def make(self, **settings: Any) -> Any:
        return make(ASGIHandler, shop.MIXED, settings)


@pytest.fixture(params=["wsgi", "asgi"])
def ask(request: pytest.FixtureRequest, span_list: Any) -> Any:
    """Ask the project by either way."""
    contract = TestWSGI() if request.param == "wsgi" else TestASGI()
    application = contract.make(exporter=span_list, sampler=AlwaysOnSampler())
    return lambda path, **options: contract.ask(application, path, **options)


def statements(span_list: Any) -> list[Any]:
    return [span for span in span_list.spans if span.span_kind == SpanKind.CLIENT]


def test_statements_of_every_database_are_children_of_the_request(ask: Any, span_list: Any) -> None:
    for alias in ("default", "archive"):
        assert ask(f"/statements/{alias}").text == "7"

    first, request, second, _ = span_list.spans
    assert first.parent_span_id == request.span_id
    assert second.name == "sqlite.query"
    assert dict(second.attributes) == {
        "component": "sqlite",
        "db.statement": "select %s",
        "db.type": "sql",
        "db.instance": ":memory:",
    }


def test_statements_of_every_thread_are_traced(span_list: Any) -> None:
    contract = TestWSGI()
    application = contract.make(exporter=span_list, sampler=AlwaysOnSampler())

    def run() -> None:
        contract.ask(application, "/statements/default")
        connections.close_all()

    for _ in range(3):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()

    assert len(statements(span_list)) == 3


def test_statement_on_a_connection_of_before_is_traced_once(span_list: Any) -> None:
    connections["default"].ensure_connection()
    contract = TestWSGI()
    for _ in range(2):
        application = contract.make(exporter=span_list, sampler=AlwaysOnSampler())
    contract.ask(application, "/statements/default")

    assert len(statements(span_list)) == 1


def test_statement_that_fails_is_recorded_so(ask: Any, span_list: Any) -> None:
    assert ask("/wrong-statement").status == 500

    (statement,) = statements(span_list)
    assert statement.status.code == 2
    assert "no such table" in statement.status.message
    assert "no such table" in span_list.spans[-1].attributes["error.message"]


@pytest.mark.parametrize("status", [403, 404])
def test_exceptions_that_are_answers_are_not_recorded(
    ask: Any, span_list: Any, status: int
) -> None:
    assert ask(f"/answers/{status}").status == status

    (span,) = span_list.spans
    assert span.attributes["http.status_code"] == status
    assert "error.message" not in span.attributes


def test_who_is_signed_in_is_recorded(ask: Any, span_list: Any) -> None:
    ask("/signed-in")
    ask("/anonymous")

    known, unknown = span_list.spans
    assert known.attributes["django.user.id"] == "5"
    assert known.attributes["django.user.name"] == "ada"
    assert "django.user.id" not in unknown.attributes


def test_span_is_named_after_the_view(ask: Any, span_list: Any) -> None:
    ask("/signed-in")

    assert span_list.spans[0].name == "shop.signed_in"
    assert integrations.get_integrations() & integrations._Integrations.DJANGO


def test_routes_are_readable(ask: Any, span_list: Any) -> None:
    for path in ("/old/1999/may/5/", "/inside/5", "/inside/deep/x"):
        ask(path)

    assert [span.attributes["http.route"] for span in span_list.spans] == [
        "/old/<year>/w+/<var>/",
        "/inside/<int:number>",
        "/inside/deep/<var>",
    ]


def test_host_that_the_project_does_not_serve_is_an_answer(span_list: Any) -> None:
    application = make(
        WSGIHandler, shop.PLAIN, {"exporter": span_list, "sampler": AlwaysOnSampler()}
    )
    with override_settings(ALLOWED_HOSTS=["elsewhere"], USE_X_FORWARDED_HOST=False):
        ask_wsgi(application, "/orders/7")

    assert span_list.spans[0].attributes["http.path"] == "/orders/7"


def test_exception_of_another_middleware_is_recorded(span_list: Any) -> None:
    def failing(get_response: Any) -> Any:
        def serve(request: Any) -> Any:
            raise LookupError("no such middleware")

        return serve

    module = sys.modules[shop.urls()]
    module.failing = failing  # type: ignore[attr-defined]
    middleware = ["opencensus.ext.django.middleware.OpencensusMiddleware", f"{shop.URLS}.failing"]
    traced = {"EXPORTER": span_list, "SAMPLER": AlwaysOnSampler()}
    with override_settings(OPENCENSUS={"TRACE": traced}, MIDDLEWARE=middleware):
        application = WSGIHandler()
    assert ask_wsgi(application, "/orders/7").status == 500

    (span,) = span_list.spans
    assert span.attributes["error.message"] == "no such middleware"


def test_settings_may_be_texts(span_list: Any) -> None:
    from opencensus.ext.django.middleware import OpencensusMiddleware

    traced = {
        "SAMPLER": "opencensus.trace.samplers.ProbabilitySampler(rate=0.5)",
        "BLACKLIST_PATHS": ["private"],
    }
    with override_settings(OPENCENSUS={"TRACE": traced}):
        middleware = OpencensusMiddleware(lambda request: None)

    assert middleware.sampler.rate == 0.5
    assert middleware.excludelist_paths == ["private"]


@pytest.mark.parametrize(
    ("route", "template"),
    [
        ("orders/<int:number>/", "/orders/<int:number>/"),
        ("", "/"),
        (r"^$", "/"),
        (r"^a/(?P<name>[^)(/]+)/b$", "/a/<name>/b"),
        (r"^a/(?P<outer>x(y|z)?)\.html$", "/a/<outer>.html"),
        (r"^(?:a|b)/(\d+)", "/<var>/<var>"),
    ],
)
def test_template_of_a_route(route: str, template: str) -> None:
    assert readable(route) == template
