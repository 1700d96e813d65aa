from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from opencensus.common.http_handler import get_request


@pytest.fixture
def address():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/here" else 404)
            self.end_headers()
            self.wfile.write((self.headers["X-Asks"] or "nobody").encode())

        def log_message(self, *args):
            return None

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_body_of_the_answer_is_returned(address):
    assert get_request(f"{address}/here") == b"nobody"
    assert get_request(f"{address}/here", {"X-Asks": "me"}) == b"me"


@pytest.mark.filterwarnings("ignore:.*HTTPError.*:ResourceWarning")
def test_no_answer_is_none(address):
    assert get_request(f"{address}/away") is None
    assert get_request("http://127.0.0.1:1/") is None
    assert get_request("no address") is None
