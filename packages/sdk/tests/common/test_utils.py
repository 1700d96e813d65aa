from __future__ import annotations

import gc
from datetime import datetime, timedelta, timezone

import pytest

from opencensus.common import utils
from opencensus.common.backports import WeakMethod
from opencensus.common.version import __version__


def _read(text):
    assert text.endswith("Z")
    return datetime.strptime(text[:-1] + "+0000", "%Y-%m-%dT%H:%M:%S.%f%z")


@pytest.mark.parametrize(
    ("text", "kept", "cut"),
    [
        ("a" * 128, "a" * 128, 0),
        ("a" * 130, "a" * 128, 2),
        ("é" * 65, "é" * 64, 2),
        ("a" + "é" * 64, "a" + "é" * 63, 1),
        ("", "", 0),
    ],
)
def test_texts_are_cut_to_128_bytes_between_characters(text, kept, cut):
    assert utils.get_truncatable_str(text) == {"value": kept, "truncated_byte_count": cut}
    assert utils.check_str_length(text) == (kept, cut)
    assert utils.check_str_length("abc", limit=2) == ("ab", 1)


def test_moments_are_written_in_utc_with_microseconds():
    before = datetime.now(timezone.utc)
    written = [_read(utils.to_iso_str()) for _ in range(50)]
    after = datetime.now(timezone.utc)
    assert before - timedelta(microseconds=1) <= written[0]
    assert written[-1] <= after
    assert written == sorted(written)
    given = datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
    assert utils.to_iso_str(given) == "2020-01-02T03:04:05.000006Z"


def test_seconds_that_change_are_written_as_they_are(monkeypatch):
    for now_ns, text in (
        (0, "1970-01-01T00:00:00.000000Z"),
        (1_999_999, "1970-01-01T00:00:00.001999Z"),
        (1_600_000_000_123_456_789, "2020-09-13T12:26:40.123456Z"),
        (1_599_999_999_999_999_999, "2020-09-13T12:26:39.999999Z"),
    ):
        monkeypatch.setattr(utils.time, "time_ns", lambda now_ns=now_ns: now_ns)
        assert utils.to_iso_str() == text


def test_a_written_moment_is_read_as_microseconds():
    assert utils.timestamp_to_microseconds("2020-01-01T00:00:00.000005Z") == 1577836800000005.0
    with pytest.raises(ValueError, match="does not match format"):
        utils.timestamp_to_microseconds("yesterday")


def test_each_element_is_kept_where_it_first_occurs():
    assert utils.uniq(["b", "a", "b"]) == ["b", "a"]
    assert list(utils.iuniq([1, 1, 2, 1])) == [1, 2]


def test_windows_have_the_length_and_the_last_what_is_left():
    assert list(utils.window(iter([1, 2, 3]), 2)) == [[1, 2], [3]]
    assert list(utils.window([], 2)) == []
    for length in (0, -1):
        with pytest.raises(ValueError, match="must be positive"):
            list(utils.window([1], length))


class _Counter:
    def read(self):
        return 3


def test_a_bound_method_lives_as_long_as_its_object():
    counter = _Counter()
    reference = utils.get_weakref(counter.read)
    assert isinstance(reference, WeakMethod)
    gc.collect()
    assert reference()() == 3
    del counter
    gc.collect()
    assert reference() is None


def test_functions_and_callables_are_referred_to_themselves():
    counter = _Counter()
    for func in (_Counter.read, len, counter):
        assert utils.get_weakref(func)() is func
    with pytest.raises(ValueError, match="cannot refer weakly to None"):
        utils.get_weakref(None)
    with pytest.raises(TypeError):
        utils.get_weakref(5)


def test_the_version_is_the_one_it_stands_in_for():
    assert __version__ == "0.11.4"
