from __future__ import annotations

from typing import Any

from web_contract import Reply, WebContract, ask_wsgi, broken_pieces, here, pieces

from opencensus.ext.wsgi import WSGIMiddleware
from opencensus.trace.samplers import AlwaysOnSampler


def plain(environ: dict[str, Any], start_response: Any) -> Any:
    path = environ["PATH_INFO"]
    head = [("Content-Type", "text/plain")]
    if path == "/broken":
        broken()
    if path.startswith("/orders/"):
        start_response("200 OK", head)
        return [here(path.rpartition("/")[2]).encode()]
    if path == "/away":
        start_response("503 Service Unavailable", head)
        return [b"away"]
    if path in ("/stream", "/stream-broken"):
        start_response("200 OK", head)
        return pieces() if path == "/stream" else broken_pieces()
    start_response("200 OK" if path == "/_ah/health" else "404 Not Found", head)
    return [b""]


def broken() -> None:
    raise LookupError("no such price")


def route(environ: dict[str, Any]) -> str | None:
    return "/orders/{number}" if environ["PATH_INFO"].startswith("/orders/") else None


class TestWSGI(WebContract):
    error_is_let_through = True

    def make(self, **settings: Any) -> Any:
        return WSGIMiddleware(plain, route=route, **settings)

    def ask(self, application: Any, path: str, **options: Any) -> Reply:
        return ask_wsgi(application, path, **options)

    def test_unhandled_exception_is_on_the_span(self, application: Any, span_list: Any) -> None:
        reply = self.ask(application, "/broken")

        (span,) = span_list.spans
        assert isinstance(reply.error, LookupError)
        assert span.attributes["http.status_code"] == 500
        assert span.attributes["error.message"] == "no such price"

    def test_layers_make_one_span_with_the_frameworks_route(
        self, application: Any, span_list: Any
    ) -> None:
        wrapped = self.wrap(application, exporter=span_list, sampler=AlwaysOnSampler())
        self.ask(wrapped, "/orders/7")

        (span,) = span_list.spans
        assert span.attributes["http.route"] == "/orders/{number}"

    def test_status_of_a_body_that_begins_late_is_known(self, span_list: Any) -> None:
        def late(environ: Any, start_response: Any) -> Any:
            start_response("202 Accepted", [("Content-Type", "text/plain")])
            yield b"late"

        application = WSGIMiddleware(late, exporter=span_list)
        assert self.ask(application, "/").text == "late"
        assert span_list.spans[0].attributes["http.status_code"] == 202

    def test_exception_that_an_error_page_was_made_of_is_recorded(self, span_list: Any) -> None:
        def handled(environ: Any, start_response: Any) -> Any:
            import sys

            try:
                broken()
            except LookupError:
                start_response("500 Sorry", [("Content-Type", "text/plain")], sys.exc_info())
            return [b"sorry"]

        self.ask(WSGIMiddleware(handled, exporter=span_list), "/")
        assert span_list.spans[0].attributes["error.message"] == "no such price"

    def test_file_is_left_to_the_server(self, span_list: Any) -> None:
        class Wrapper:
            def __init__(self, file: Any) -> None:
                self.file = file

            def __iter__(self) -> Any:
                return iter([self.file])

        def download(environ: Any, start_response: Any) -> Any:
            environ["wsgi.file_wrapper"] = Wrapper
            start_response("200 OK", [])
            return Wrapper(b"x")

        environ: dict[str, Any] = {"REQUEST_METHOD": "GET", "PATH_INFO": "/"}
        body = WSGIMiddleware(download, exporter=span_list)(environ, lambda *_: None)
        assert isinstance(body, Wrapper)
        assert len(span_list.spans) == 1

    def test_address_is_put_together_from_the_environment(self, span_list: Any) -> None:
        def any_page(environ: Any, start_response: Any) -> Any:
            start_response("200 OK", [])
            return []

        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "/shop",
            "PATH_INFO": "/caf\xc3\xa9 1",
            "SERVER_NAME": "inside",
            "SERVER_PORT": "8080",
            "wsgi.url_scheme": "https",
            "QUERY_STRING": "a=%20b",
        }
        WSGIMiddleware(any_page, exporter=span_list)(environ, lambda *_: None)
        attributes = span_list.spans[0].attributes
        assert attributes["http.url"] == "https://inside:8080/shop/caf%C3%A9%201?a=%20b"
        assert attributes["http.path"] == "/shop/café 1"
        assert attributes["http.host"] == "inside:8080"
