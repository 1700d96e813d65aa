"""ClickHouse's HTTP protocol in front of one chDB session: what tests run in a server's place.

As a program: `python endpoint.py FOLDER [PORT]` prints its port once it listens, then reads a command
a line from its input and answers each with a line: see `Faults`. `Endpoint` starts and drives it.

It does what clickhouse-connect's client asks of a server: queries in any format, streamed or whole;
settings and `param_…` in the address or in a form; inserts whose data follow the statement, packed
with lz4, zstd or gzip; sessions; errors with `X-ClickHouse-Exception-Code`, also in the middle of an
answer; `KILL QUERY`; a query whose caller hangs up is stopped when that was asked for.
"""

from __future__ import annotations

import contextlib
import email.parser
import email.policy
import gzip
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
_TRANSPORT = {
    "buffer_size", "client_protocol_version", "compress", "database", "decompress",
    "default_format", "enable_http_compression", "http_headers_progress_interval_ms", "password",
    "query", "query_id", "quota_key", "role", "send_progress_in_http_headers", "session_check",
    "session_id", "session_timeout", "stacktrace", "user", "wait_end_of_query",
    "cancel_http_readonly_queries_on_client_close",
}  # fmt: skip
"""Parameters that a server's HTTP handler takes for itself."""
_CODE = re.compile(r"Code: (\d+)")
_INSERT = re.compile(
    rb"\s*insert\s+into\s.*?\sformat\s+(\w+)[ \t]*\r?\n?", re.IGNORECASE | re.DOTALL
)
_FORMAT = re.compile(r"\sformat\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_KILL = re.compile(r"\s*kill\s+query\s+where\s+query_id\s*=\s*'([^']*)'", re.IGNORECASE)
_NO_RESULT = re.compile(
    r"\s*(create|drop|alter|rename|truncate|optimize|set|use|insert|delete|system|attach|detach)\b",
    re.IGNORECASE,
)


class Faults:
    """What goes wrong now; changed by commands.

    - `refuse`: the port is closed, and so are connections that are open;
    - `hang`: requests are read, and not answered until `heal`;
    - `overload`: requests are answered with 503;
    - `gateway`: requests are answered with 502, as by a proxy with nobody behind it;
    - `drop N`: the next N inserts are carried out, and their connections closed instead of a reply;
    - `break N`: the connections of the next N inserts are closed before anything is carried out;
    - `heal`: none of this any more.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.mode = ""
        self.drop = 0
        self.refuse_inserts = 0
        self.inserts = 0

    def set(self, mode: str) -> None:
        with self.changed:
            self.mode = mode
            self.changed.notify_all()

    def wait_while_hanging(self) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.mode != "hang")

    def takes(self, what: str) -> bool:
        with self.changed:
            left = getattr(self, what)
            if left:
                setattr(self, what, left - 1)
            return bool(left)


class Engine:
    """One chDB engine, and the connections to it that have the settings of a request."""

    def __init__(self, folder: str) -> None:
        import chdb

        self._chdb = chdb
        self._folder = folder
        self._sessions: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._root = chdb.connect(folder)

    def connection(self, session_id: str) -> tuple[Any, bool]:
        """Return a connection, and whether it ends with the request."""
        if not session_id:
            return self._chdb.connect(self._folder), True
        with self._lock:
            if session_id not in self._sessions:
                self._sessions[session_id] = self._chdb.connect(self._folder)
            return self._sessions[session_id], False

    def kill(self, query_id: str) -> None:
        """Stop what runs under an id that a request had."""
        text = (
            "kill query where query_id in (select query_id from system.processes "
            f"where Settings['log_comment'] = {quoted(query_id)}) async"
        )
        with contextlib.suppress(Exception):
            self._chdb.connect(self._folder).query(text)

    def close(self) -> None:
        for each in [*self._sessions.values(), self._root]:
            each.close()


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/ping":
            if self._is_well():
                self._reply(200, b"Ok.\n")
            return
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            body = b"".join(parts)
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return unpacked(body, self.headers.get("Content-Encoding", ""))

    def _is_well(self) -> bool:
        faults = self.server.faults
        if faults.mode == "hang":
            faults.wait_while_hanging()
            self.close_connection = True
            return False
        if faults.mode == "gateway":
            self._reply(502, b"<html>Bad Gateway</html>")
            return False
        if faults.mode == "overload":
            self._reply(503, b"Code: 202. DB::Exception: Too many simultaneous queries", code="202")
            return False
        return True

    def _answer(self, body: bytes) -> None:
        if not self._is_well():
            return
        asked = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if self.headers.get("Content-Type", "").startswith("multipart/form-data"):
            asked.update(form_fields(self.headers["Content-Type"], body))
            body = b""
        if query := asked.get("query", ""):
            body = query.encode() + (b"\n" + body if body else b"")
        insert = _INSERT.match(body)
        faults = self.server.faults
        if insert and faults.takes("refuse_inserts"):
            self._hang_up()
            return
        query_id = asked.get("query_id") or str(uuid.uuid4())
        try:
            connection, is_own = self.server.engine.connection(asked.get("session_id", ""))
        except Exception as error:
            self._fail(error)
            return
        try:
            self._prepare(connection, asked, query_id)
            if insert:
                faults.inserts += 1
                statement = insert[0].decode()
                self._insert(connection, statement, insert[1].decode(), body[insert.end() :])
                if faults.takes("drop"):
                    self._hang_up()
                    return
                self._reply(200, b"", query_id=query_id)
            else:
                self._select(connection, body.decode(), asked, query_id)
        except (BrokenPipeError, ConnectionError):
            self.close_connection = True
        except Exception as error:
            self._fail(error)
        finally:
            if is_own:
                connection.close()

    def _prepare(self, connection: Any, asked: dict[str, str], query_id: str) -> None:
        if database := asked.get("database"):
            connection.query(f"use `{database}`")
        settings = {
            name: value
            for name, value in asked.items()
            if name not in _TRANSPORT and not name.startswith("param_")
        }
        readonly = settings.pop("readonly", None)
        settings["log_comment"] = query_id
        settings.setdefault(
            "max_threads", "2"
        )  # chDB starts ten, which costs more than most tests ask
        # one statement for all; the one after which no other may be set comes last
        listed = ", ".join(f"{name} = {quoted(value)}" for name, value in settings.items())
        connection.query(f"set {listed}")
        if readonly is not None:
            connection.query(f"set readonly = {int(readonly)}")

    def _insert(self, connection: Any, statement: str, form: str, data: bytes) -> None:
        if form.lower() == "values":
            connection.query(statement + data.decode())
            return
        writing = connection.send_insert(
            re.sub(r"\s+format\s+\w+\s*$", "", statement, flags=re.I), form
        )
        if data:
            writing.append(data)
        writing.finish()

    def _select(self, connection: Any, text: str, asked: dict[str, str], query_id: str) -> None:
        if (killed := _KILL.match(text)) is not None:
            self.server.engine.kill(killed[1])
            self._reply(200, b"", query_id=query_id)
            return
        form = _FORMAT.search(text)
        name = form[1] if form else asked.get("default_format") or "TabSeparated"
        text = text[: form.start()] if form else text.rstrip().rstrip(";")
        parameters = {
            key.removeprefix("param_"): value
            for key, value in asked.items()
            if key.startswith("param_")
        }
        if _NO_RESULT.match(text):
            result = connection.query(text, "TabSeparated", params=parameters)
            self._reply(200, result.bytes() or b"", query_id=query_id)
            return
        is_whole = asked.get("wait_end_of_query") == "1" or name.lower() != "native"
        watch = Hangup(self.connection, lambda: self.server.engine.kill(query_id))
        with (
            watch
            if asked.get("cancel_http_readonly_queries_on_client_close") == "1"
            else watch.off()
        ):
            if is_whole:
                result = connection.query(text, name, params=parameters).bytes() or b""
                self._reply(200, result, query_id=query_id, form=name)
            else:
                self._stream(connection.send_query(text, name, params=parameters), name, query_id)

    def _stream(self, parts: Any, form: str, query_id: str) -> None:
        parts = iter(parts)
        first = next(parts, None)
        tag = uuid.uuid4().hex[:16]
        self.send_response(200)
        for name, value in self._heads(query_id, form):
            self.send_header(name, value)
        self.send_header("X-ClickHouse-Exception-Tag", tag)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while first is not None:
                self._chunk(first.bytes())
                first = next(parts, None)
        except (BrokenPipeError, ConnectionError):
            raise
        except Exception as error:
            told = str(error)
            self._chunk(
                f"__exception__\r\n{tag}\r\n{told}\n{len(told) + 1} {tag}\r\n__exception__\r\n".encode()
            )
            self.close_connection = True
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        if data:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _heads(self, query_id: str, form: str) -> list[tuple[str, str]]:
        return [
            ("X-ClickHouse-Query-Id", query_id),
            ("X-ClickHouse-Format", form),
            ("X-ClickHouse-Timezone", "UTC"),
            ("Content-Type", "application/octet-stream"),
        ]

    def _reply(
        self, status: int, body: bytes, *, query_id: str = "", form: str = "", code: str = ""
    ) -> None:
        self.send_response(status)
        heads = (
            self._heads(query_id, form)
            if query_id and form
            else [("X-ClickHouse-Query-Id", query_id)]
        )
        for name, value in heads:
            self.send_header(name, value)
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _fail(self, error: BaseException) -> None:
        told = str(error)
        found = _CODE.search(told)
        code = found[1] if found else "1001"
        with contextlib.suppress(OSError):
            self._reply(404 if code in ("60", "81") else 500, told.encode() + b"\n", code=code)

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class Hangup:
    """Calls something when the other side of a connection goes while a query runs."""

    def __init__(self, connection: socket.socket, stop: Any) -> None:
        self._connection = connection
        self._stop = stop
        self._ended, self._end = os.pipe()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def off(self) -> contextlib.ExitStack:
        return contextlib.ExitStack()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        os.write(self._end, b"x")
        self._thread.join()

    def _watch(self) -> None:
        ready, _, _ = select.select([self._connection, self._ended], [], [])
        if self._ended not in ready:
            with contextlib.suppress(OSError):
                if not self._connection.recv(1, socket.MSG_PEEK):
                    self._stop()
            select.select([self._ended], [], [])

    def __del__(self) -> None:
        os.close(self._ended)
        os.close(self._end)


def unpacked(body: bytes, encoding: str) -> bytes:
    if encoding == "lz4":
        import lz4.frame

        return bytes(lz4.frame.decompress(body))
    if encoding == "zstd":
        from compression import zstd

        return bytes(zstd.decompress(body))
    return gzip.decompress(body) if encoding == "gzip" else body


def form_fields(content_type: str, body: bytes) -> dict[str, str]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(
            decode=True
        ).decode()
        for part in message.iter_parts()
    }


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, engine: Engine, faults: Faults) -> None:
        super().__init__((HOST, port), Handler)
        self.engine = engine
        self.faults = faults
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def main(folder: str, port: int) -> None:
    engine, faults = Engine(folder), Faults()
    listener: Listener | None = Listener(port, engine, faults)
    port = listener.server_address[1]
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    print(port, flush=True)
    for line in sys.stdin:
        command, _, number = line.strip().partition(" ")
        if command in ("refuse", "stop") and listener is not None:
            listener.shutdown()
            listener.server_close()
            listener.hang_up()
            listener = None
        if command == "stop":
            break
        if command == "drop":
            faults.drop = int(number)
        elif command == "break":
            faults.refuse_inserts = int(number)
        elif command == "heal":
            faults.drop = faults.refuse_inserts = 0
        if command in ("hang", "overload", "gateway", "heal"):
            faults.set("" if command == "heal" else command)
        if command == "heal" and listener is None:
            listener = Listener(port, engine, faults)
            threading.Thread(target=listener.serve_forever, daemon=True).start()
        print(faults.inserts, flush=True)
    engine.close()


class Endpoint:
    """The program as another process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Start it, on the same port as before if it was started before."""
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self._folder), str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def tell(self, command: str) -> int:
        """Give a command (see `Faults`); return how many inserts were carried out until then."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End it; what it holds stays in its folder."""
        if self._process is None:
            return
        if how == signal.SIGKILL:
            self._process.kill()
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate("" if how == signal.SIGKILL else "stop\n", timeout=60)
        self._process = None


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
