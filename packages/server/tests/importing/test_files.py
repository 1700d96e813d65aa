"""The forms of exported files."""

from __future__ import annotations

import gzip
import json

import pytest

from openinsights.importing.files import UnreadableFile, UnreadableLine, records_in

ONE, TWO = {"a": 1}, {"a": 2, "b": "é"}
REPLY = {
    "tables": [
        {
            "name": "PrimaryResult",
            "columns": [{"name": "a", "type": "long"}, {"name": "b", "type": "string"}],
            "rows": [[1, ""], [2, "é"]],
        }
    ]
}


def text(*values, indent=None):
    return "\n".join(json.dumps(value, indent=indent) for value in values).encode()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (text(ONE, TWO), [(1, ONE), (2, TWO)]),
        (b"\n\n" + text(ONE) + b"\r\n\r\n" + text(TWO) + b"\n", [(3, ONE), (5, TWO)]),
        (b"\xef\xbb\xbf" + text(ONE, TWO), [(1, ONE), (2, TWO)]),
        (text([ONE, TWO]), [(1, ONE), (1, TWO)]),
        (text([ONE, TWO], indent=2), [(0, ONE), (0, TWO)]),
        (text({"records": [ONE, TWO]}, indent=1), [(0, ONE), (0, TWO)]),
        (text({"records": [ONE]}, {"records": [TWO]}), [(1, ONE), (2, TWO)]),
        (text(REPLY), [(1, {"a": 1, "b": ""}), (1, TWO)]),
        (text(REPLY, indent=4), [(0, {"a": 1, "b": ""}), (0, TWO)]),
        (b"", []),
        (b" \n\n", []),
    ],
)
@pytest.mark.parametrize("is_compressed", [False, True])
def test_every_form_is_read(tmp_path, content, found, is_compressed):
    path = tmp_path / "export.json"
    path.write_bytes(gzip.compress(content) if is_compressed else content)
    done = []
    assert list(records_in(path, done.append)) == found
    assert done == sorted(done)


@pytest.mark.parametrize("bad", [b"{", b"\xff\xfe", b"[" * 100_000])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_line_that_is_no_json_stops_no_other(tmp_path, bad, place):
    lines = [text(ONE), text(TWO)]
    lines.insert(place, bad)
    path = tmp_path / "export.json"
    path.write_bytes(b"\n".join(lines))
    found = list(records_in(path))
    assert [line for line, _ in found] == [1, 2, 3]
    bad_one = found.pop(place)[1]
    assert isinstance(bad_one, UnreadableLine)
    assert bad_one.reason.startswith("it is no JSON")
    assert [record for _, record in found] == [ONE, TWO]


@pytest.mark.parametrize(
    "table",
    [7, {}, {"columns": 1, "rows": []}, {"columns": [{"name": "a"}], "rows": [[1, 2], 3]}],
)
def test_a_reply_of_another_shape_is_told(tmp_path, table):
    path = tmp_path / "reply.json"
    path.write_bytes(text({"tables": [table]}))
    assert all(isinstance(record, UnreadableLine) for _, record in records_in(path))
    assert list(records_in(path))


def test_a_file_that_is_cut_short_is_told_with_its_name(tmp_path):
    path = tmp_path / "cut.json.gz"
    path.write_bytes(gzip.compress(text(ONE, TWO) * 1000)[:-20])
    with pytest.raises(UnreadableFile, match=r"cannot read .*cut\.json\.gz"):
        list(records_in(path))
