"""What `openinsights doctor` says of a server that answers."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from openinsights.cli.doctor import Outcome, check_server
from openinsights.settings import resolve


class Answering(BaseHTTPRequestHandler):
    """A server that is healthy, and says of what watches what a test wants."""

    def do_GET(self):
        content = json.dumps(self.server.health).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


FINE = {"rules": 3, "failingRules": 0, "waitingNotifications": 0, "tests": 2}


@pytest.mark.parametrize(
    ("watching", "says"),
    [
        (FINE, "; 3 alert rules, 2 availability tests"),
        (
            FINE | {"failingRules": 1},
            "; 3 alert rules, 2 availability tests; 1 rules cannot be evaluated: see Alerts",
        ),
        (
            FINE | {"waitingNotifications": 4},
            "; 3 alert rules, 2 availability tests; 4 messages about alerts wait to arrive",
        ),
        ({}, "; 0 alert rules, 0 availability tests"),
        (None, ""),
        ("an older server", ""),
    ],
)
def test_what_watches_is_told_beside_the_health(server, tmp_path, watching, says):
    server.health = {"status": "ok"} | ({} if watching is None else {"watching": watching})
    url = f"http://127.0.0.1:{server.server_port}/"
    found = check_server(resolve({"url": url}), tmp_path)
    assert (found.outcome, found.says) == (Outcome.OK, f"{url} answers ok{says}")


def test_who_does_not_say_how_it_is_is_another_program(server, tmp_path):
    server.health = ["hello"]
    url = f"http://127.0.0.1:{server.server_port}/"
    found = check_server(resolve({"url": url}), tmp_path)
    assert found.outcome is Outcome.FAIL
    assert "another program" in found.says
