"""Between an SDK and the server: what the SDK sends is passed on, and kept for `contract/captured`.

    RECORD_CONTRACT=1 .venv/bin/pytest -m senders tests/senders

writes for each SDK one envelope of every kind, one a line, as it was sent: what tells of the machine
is replaced, nothing else.
"""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[2]
CAPTURED = REPOSITORY / "contract" / "captured"
IS_RECORDING = os.environ.get("RECORD_CONTRACT") == "1"

KEY = "5f0c0f3e-7d5b-4b1e-9a55-3f1f6f2f9d10"
_OF_THE_MACHINE = {
    "ai.cloud.roleInstance": "web-1",
    "ai.device.id": "web-1",
    "ai.device.locale": "en_GB",
    "ai.device.osVersion": "an operating system",
    "ai.internal.nodeName": "web-1",
    "host.id": "host",
    "host.name": "web-1",
    "process": "MainProcess",
    "process.command": "app",
    "process.command_args": "app",
    "process.executable.name": "app",
    "process.executable.path": "/app/bin/app",
    "process.owner": "app",
    "process.pid": "7",
    "service.instance.id": "web-1",
}
_HOP = ("connection", "content-length", "host", "keep-alive", "transfer-encoding")


class Recorder:
    """A relay on loopback in front of a server.

    Args:
        url: of the server.
        certificate: and key in PEM, for a server of https.
    """

    def __init__(self, url: str, certificate: tuple[Path, Path] | None = None) -> None:
        self.envelopes: list[dict[str, Any]] = []
        target, recorder = urlsplit(url), self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.command == "POST" and self.path.rstrip("/").endswith("/track"):
                    recorder.keep(body)
                if certificate is None:
                    link = http.client.HTTPConnection(target.netloc, timeout=60)
                else:
                    trusting = ssl._create_unverified_context()
                    link = http.client.HTTPSConnection(target.netloc, timeout=60, context=trusting)
                kept = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
                link.request(self.command, self.path, body, kept)
                reply = link.getresponse()
                content = reply.read()
                self.send_response(reply.status)
                for name, value in reply.getheaders():
                    if name.lower() not in _HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                link.close()

            do_GET = do_POST = do_OPTIONS = pass_on

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        scheme = "http"
        if certificate is not None:
            scheme, context = "https", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def keep(self, body: bytes) -> None:
        """Note the envelopes of a body."""
        text = (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode("utf-8-sig")
        try:
            found = json.loads(text)
        except json.JSONDecodeError:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        self.envelopes += found if isinstance(found, list) else [found]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def write(self, client: str) -> None:
        """Add one envelope of every kind to those that are there of a client."""
        folder = CAPTURED / client
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "sent.ndjson"
        held = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        of_kind = {_kind(json.loads(line)): line for line in held}
        for envelope in self.envelopes:
            line = json.dumps(scrubbed(envelope), ensure_ascii=False, separators=(",", ":"))
            of_kind.setdefault(_kind(envelope), line)
        file.write_text("\n".join(of_kind.values()) + "\n", encoding="utf-8")


def _kind(envelope: dict[str, Any]) -> str:
    data = envelope["data"]["baseData"]
    name = data["metrics"][0]["name"] if data.get("metrics") else ""
    return f"{envelope['data']['baseType']} {name} {data.get('type', '')}"


def scrubbed(envelope: dict[str, Any]) -> Any:
    """Return an envelope without what tells of the machine that it came from."""
    value = _without_facts(envelope)
    value["iKey"] = KEY
    value["name"] = re.sub(r"[0-9a-f]{32}", KEY.replace("-", ""), value["name"])
    return value


def _without_facts(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _OF_THE_MACHINE.get(key, _without_facts(one))
            if isinstance(one, str | int)
            else _without_facts(one)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [_without_facts(one) for one in value]
    return _plain(value) if isinstance(value, str) else value


def _plain(text: str) -> str:
    for path in _places():
        text = text.replace(path, "/app")
    text = re.sub(r"(localhost|127\.0\.0\.1):\d{4,5}", "shop.example:8080", text)
    text = re.sub(r"\?to=InstrumentationKey[^\s:\"]*", "", text)  # how the page is told the server
    return text.replace(socket.gethostname(), "web-1")


def _places() -> Iterator[str]:
    places = {str(REPOSITORY), str(Path.home()), sys.prefix, sys.base_prefix, os.getcwd()}
    yield from sorted(places - {"/", "/usr"}, key=len, reverse=True)
