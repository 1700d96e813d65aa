"""What becomes of a query when the socket of its caller is closed."""

from __future__ import annotations

import json
import re
import socket
import urllib.request

import pytest
from tests.conftest import wait_until

LONG = "range x from 1 to 1000000000000 step 1 | summarize max(x)"


def head(path: str, content: bytes) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    ).encode()


def queries(server) -> int:
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=30) as reply:
        text = reply.read().decode()
    found = re.search(r"^openinsights_queries_waiting (\d+)", text, re.MULTILINE)
    assert found is not None
    return int(found[1])


@pytest.mark.parametrize("path", ["/v1/apps/*/query", "/v1/$batch"])
def test_a_query_ends_when_its_caller_closes_the_connection(server, path):
    question = {"query": LONG}
    part = {"id": "1", "workspace": "*", "body": question}
    content = json.dumps({"requests": [part]} if "batch" in path else question).encode()
    before = queries(server)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head(path, content) + content)
        wait_until("the query", lambda: queries(server) > before)
    wait_until("the end of the query", lambda: queries(server) == before)


def test_a_caller_who_leaves_in_the_middle_of_a_reply_costs_nobody_else(server):
    question = {"query": "range x from 1 to 400000 step 1 | extend t = strcat('row ', x)"}
    content = json.dumps(question).encode()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head("/v1/apps/*/query", content) + content)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    wait_until("the end of the query", lambda: queries(server) == 0)
    reply = server.post("/v1/apps/*/query", {"query": "print x = 1"})
    assert reply["tables"][0]["rows"] == [[1]]
