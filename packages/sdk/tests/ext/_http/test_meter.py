from __future__ import annotations

import http.server
import logging
import threading
import urllib.request
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from opencensus.ext._http import server as http_server
from opencensus.ext._http import standard_server
from opencensus.ext._http.meter import RequestMeter

_here = threading.local()


class OfThisTest(RequestMeter):
    """Counts what this test's servers serve: those of others may still run in the process."""

    def add(self, seconds: float) -> None:
        if getattr(_here, "serves", False):
            super().add(seconds)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> RequestMeter:
    meter = OfThisTest("of_this_test")
    monkeypatch.setattr(standard_server, "served", meter)
    monkeypatch.setattr(http_server, "served", meter)
    return meter


def test_request_counts_with_the_time_it_took() -> None:
    counted = RequestMeter("test")
    counted.end(counted.begin())

    assert counted.total.requests == 1
    assert counted.total.seconds > 0


def test_request_within_a_request_counts_once() -> None:
    counted = RequestMeter("test")
    outer = counted.begin()
    inner = counted.begin()
    counted.end(inner)
    counted.end(outer)
    counted.end(counted.begin())

    assert inner is None
    assert counted.total.requests == 2


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/fails":
            raise ConnectionAbortedError
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        return


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = False  # closing waits until every request was counted

    def handle_error(self, request: object, client_address: object) -> None:
        return

    def process_request_thread(self, *args: Any) -> None:
        _here.serves = True
        super().process_request_thread(*args)


def start(server: http.server.HTTPServer) -> threading.Thread:
    def run() -> None:
        _here.serves = True
        server.serve_forever(poll_interval=0.01)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def serve(server: http.server.HTTPServer, *paths: str) -> None:
    thread = start(server)
    try:
        for path in paths:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}").close()
            except OSError:
                continue
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_requests_of_standard_servers_count_even_when_they_fail(served: RequestMeter) -> None:
    standard_server.count_requests()
    standard_server.count_requests()
    before = served.total
    serve(QuietServer(("127.0.0.1", 0), Quiet), "/", "/fails", "/")

    assert served.total.requests - before.requests == 3


def test_requests_of_handlers_with_a_way_of_their_own_count(served: RequestMeter) -> None:
    """A WSGI server of the standard library parses requests but handles them itself."""
    standard_server.count_requests()

    class QuietHandler(WSGIRequestHandler):
        def log_message(self, *args: object) -> None:
            return

    def application(environ: object, start_response: object) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "0")])  # type: ignore[operator]
        return [b""]

    before = served.total
    server = make_server("127.0.0.1", 0, application, handler_class=QuietHandler)
    serve(server, "/", "/", "/")

    assert served.total.requests - before.requests == 3


@pytest.mark.parametrize("line", [b"rubbish\r\n\r\n"])
def test_what_is_no_request_leaves_nothing_open(line: bytes, served: RequestMeter) -> None:
    import socket

    standard_server.count_requests()
    server = QuietServer(("127.0.0.1", 0), Quiet)
    thread = start(server)
    with socket.create_connection(("127.0.0.1", server.server_port)) as connection:
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    server.shutdown()
    thread.join()
    before = served.total
    server.server_close()
    serve(QuietServer(("127.0.0.1", 0), Quiet), "/")

    assert served.total.requests - before.requests == 1


def test_request_through_a_framework_on_a_standard_server_counts_once(
    span_list: Any, served: RequestMeter
) -> None:
    import flask
    from werkzeug.serving import make_server as make_werkzeug_server

    from opencensus.ext.flask.flask_middleware import FlaskMiddleware

    standard_server.count_requests()
    app = flask.Flask("shop", root_path=".")
    app.add_url_rule("/", view_func=lambda: "hello")
    FlaskMiddleware(app, exporter=span_list)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_werkzeug_server("127.0.0.1", 0, app)
    before = served.total
    serve(server, "/", "/", "/nowhere")

    assert served.total.requests - before.requests == 3
