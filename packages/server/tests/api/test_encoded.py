"""Replies in pieces: their text, packed or not, and what lies in a file meanwhile."""

from __future__ import annotations

import gzip
import json

import pytest

from openinsights.query.encoded_rows import HELD_BYTES, EncodedReply, EncodedRows
from openinsights.query.values import TO_REPLY_TEXT
from openinsights.schema.types import KqlType

LONG_AND_TEXT = (KqlType.LONG, KqlType.STRING)


def encoded(tmp_path, *steps):
    rows = EncodedRows(LONG_AND_TEXT, TO_REPLY_TEXT, tmp_path)
    for step in steps:
        rows.take(step)
    return rows


@pytest.mark.parametrize(
    "steps", [[], [[]], [[(1, "a")]], [[(1, "a")], [], [(2, "b"), (3, None)]], [[(0, "x")] * 2_500]]
)
def test_rows_are_written_as_they_come(tmp_path, steps):
    rows = encoded(tmp_path, *steps)
    expected = [list(row) for step in steps for row in step]
    assert rows.count == len(expected)
    size = rows.size_bytes
    text = b"".join(rows.chunks())
    assert (json.loads(text), size) == (expected, len(text))


def test_long_text_lies_in_a_file_without_a_name(tmp_path):
    step = [(n, "x" * 1_000) for n in range(1_000)]
    rows = encoded(tmp_path, step, step)
    assert rows.size_bytes > HELD_BYTES
    assert rows._file._rolled
    assert list(tmp_path.iterdir()) == []
    assert json.loads(EncodedReply((b"[", rows, b"]")).whole())[0][1_999] == list(step[-1])


def test_a_long_reply_is_packed_for_those_who_take_it(server):
    server.create()
    text = "range x from 1 to 20000 step 1 | extend t = strcat('row ', x)"
    plain = server.query("shop", text, headers={"accept-encoding": "identity"})
    packed = server.query("shop", text, headers={"accept-encoding": "br, gzip;q=0.5"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert int(plain.headers["content-length"]) == len(plain.content) > 10 * 20_000
    assert packed.json() == plain.json()
    assert len(plain.json()["tables"][0]["rows"]) == 20_000
    refused = server.query("shop", text, headers={"accept-encoding": "gzip;q=0, identity"})
    assert "content-encoding" not in refused.headers
    assert len(gzip.compress(plain.content)) < len(plain.content) / 2


def test_a_caller_may_take_an_older_answer_to_its_own_question(server):
    shop = server.create()
    server.send(shop, "a")
    old = {"cache-control": "max-age=60"}

    def count(**headers):
        reply = server.query("shop", "traces | count", headers=headers)
        return reply.json()["tables"][0]["rows"][0][0]

    assert count(**old) == 1
    server.send(shop, "b")
    assert count(**old) == 1
    assert count() == 2
    assert count(**{"cache-control": "no-cache"}) == 2
    other = server.query("shop", "traces | count ", headers=old)
    assert other.json()["tables"][0]["rows"] == [[2]], "another text is another question"
    reply = server.query("shop", "traces | count", headers=old)
    assert int(reply.headers["age"]) < 60
