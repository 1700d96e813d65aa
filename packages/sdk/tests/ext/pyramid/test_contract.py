from __future__ import annotations

from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.registry import Registry
from pyramid.response import Response
from web_contract import Reply, WebContract, ask_wsgi, broken_pieces, here, pieces

from opencensus.ext.pyramid.config import PyramidTraceSettings
from opencensus.ext.pyramid.pyramid_middleware import OpenCensusTweenFactory
from opencensus.trace import integrations
from opencensus.trace.print_exporter import PrintExporter
from opencensus.trace.samplers import AlwaysOnSampler, ProbabilitySampler

TWEEN = "opencensus.ext.pyramid.pyramid_middleware.OpenCensusTweenFactory"

NAMES = {
    "sampler": "SAMPLER",
    "exporter": "EXPORTER",
    "propagator": "PROPAGATOR",
    "excludelist_paths": "EXCLUDELIST_PATHS",
    "excludelist_hostnames": "EXCLUDELIST_HOSTNAMES",
}


def broken(request: Any) -> Any:
    raise LookupError("no such price")


VIEWS = {
    "/orders/{number}": lambda request: Response(here(request.matchdict["number"])),
    "/broken": broken,
    "/away": lambda request: Response("away", status=503),
    "/_ah/health": lambda request: Response("ok"),
    "/stream": lambda request: Response(app_iter=pieces(), content_type="text/plain"),
    "/stream-broken": lambda request: Response(app_iter=broken_pieces(), content_type="text/plain"),
}


class TestPyramid(WebContract):
    error_is_let_through = True

    def make(self, **settings: Any) -> Any:
        return self.configured(**settings).make_wsgi_app()

    def configured(self, **settings: Any) -> Any:
        traced = {NAMES[name]: value for name, value in settings.items()}
        config = Configurator(settings={"OPENCENSUS": {"TRACE": traced}})
        config.add_tween(TWEEN)
        for number, (pattern, view) in enumerate(VIEWS.items()):
            config.add_route(str(number), pattern)
            config.add_view(view, route_name=str(number))
        return config

    def ask(self, application: Any, path: str, **options: Any) -> Reply:
        return ask_wsgi(application, path, **options)

    def test_exception_that_a_view_makes_an_answer_of_is_recorded(self, span_list: Any) -> None:
        config = self.configured(exporter=span_list)
        config.add_exception_view(lambda error, request: Response("sorry", status=500))
        reply = self.ask(config.make_wsgi_app(), "/broken")

        (span,) = span_list.spans
        assert (reply.status, reply.text) == (500, "sorry")
        assert span.attributes["error.message"] == "no such price"

    def test_span_is_named_as_it_always_was(self, application: Any, span_list: Any) -> None:
        self.ask(application, "/orders/7?x=1")

        assert span_list.spans[0].name == "[GET]/orders/7"
        assert integrations.get_integrations() & integrations._Integrations.PYRAMID


def registry(**trace: Any) -> Registry:
    made = Registry()
    made.settings = {"OPENCENSUS": {"TRACE": trace}} if trace else {}
    return made


def test_settings_have_their_defaults() -> None:
    settings = PyramidTraceSettings(registry())

    assert isinstance(settings.SAMPLER, AlwaysOnSampler)
    assert isinstance(settings.EXPORTER, PrintExporter)
    assert settings.EXCLUDELIST_PATHS == ["_ah/health"]
    with pytest.raises(AttributeError):
        _ = settings.NO_SUCH


def test_texts_are_expressions_and_old_names_are_read() -> None:
    tween = OpenCensusTweenFactory(
        None,
        registry(
            SAMPLER="opencensus.trace.samplers.ProbabilitySampler(rate=0.5)",
            BLACKLIST_PATHS=["private"],
        ),
    )

    assert isinstance(tween.sampler, ProbabilitySampler)
    assert tween.excludelist_paths == ["private"]
