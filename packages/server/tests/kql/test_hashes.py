"""hash(): values of the original engine, and of the xxHash specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.functions.hashes import xxhash64

if TYPE_CHECKING:
    from engine import Engine


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0xEF46DB3751D8E999),
        (b"a", 0xD24EC4F1A98C6E5B),
        (b"abc", 0x44BC2CF5AD770999),
        (b"Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1),
    ],
)
def test_hash_of_bytes(data: bytes, expected: int) -> None:
    assert xxhash64(data) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('hash("World")', 1_846_988_464_401_551_951),
        ('hash("Hello")', 753_694_413_698_530_628),
        ('hash_xxhash64("World")', 1_846_988_464_401_551_951),
        ('hash("World", 100)', 51),
        ('hash("World", 0)', None),
        ("hash(datetime(2015-01-01))", 1_380_966_698_541_616_202),
        ("hash(tolong(datetime(2015-01-01)))", 1_380_966_698_541_616_202),
        ("hash(long(null))", None),
        ('hash("")', -1_205_034_819_632_174_695),
        ('hash("", 10) >= 0', True),
    ],
)
def test_hash_of_a_value(kql_engine: Engine, expression: str, expected: object) -> None:
    assert kql_engine.run(f"print x = {expression}")[1] == [(expected,)]


@pytest.mark.parametrize("value", ["1.5", "true", "int(1)", "dynamic([1])"])
def test_hashes_that_are_not_known_are_refused(kql_engine: Engine, value: str) -> None:
    with pytest.raises(KqlUnsupported, match="is not known") as caught:
        kql_engine.compile(f"print x = hash({value})")
    assert caught.value.column == 11
