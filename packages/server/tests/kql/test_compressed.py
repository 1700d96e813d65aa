"""Texts compressed and read again."""

from __future__ import annotations

import base64
import gzip
import zlib

import pytest

from openinsights.kql.functions import compressed

TEXTS = ["", "a", "x" * 31, "x" * 32, "héllo wörld ☃ " * 500]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_compressed_reads_back(text: str) -> None:
    assert gzip.decompress(base64.b64decode(compressed.gzip_compress(text))).decode() == text
    assert zlib.decompress(base64.b64decode(compressed.zlib_compress(text))).decode() == text
    assert compressed.gzip_decompress(compressed.gzip_compress(text)) == text
    assert compressed.zlib_decompress(compressed.zlib_compress(text)) == text


def test_short_texts_are_stored_with_the_original_headers() -> None:
    data = base64.b64decode(compressed.gzip_compress("abc"))
    assert data[:18] == bytes.fromhex("1f8b08000000000000ff 01 0300 fcff") + b"abc"
    data = base64.b64decode(compressed.zlib_compress("abc"))
    assert data[:10] == bytes.fromhex("789c 01 0300 fcff") + b"abc"


def test_long_texts_become_shorter() -> None:
    assert len(compressed.gzip_compress("hello " * 10_000)) < 1_000


@pytest.mark.parametrize("text", ["", "no base64!", "AAAA", compressed.gzip_compress("abc")[:-8]])
def test_what_is_not_compressed_is_empty(text: str) -> None:
    assert compressed.gzip_decompress(text) == ""
    assert compressed.zlib_decompress(text) == ""


def test_what_would_grow_too_large_is_empty() -> None:
    bomb = base64.b64encode(gzip.compress(b"\0" * 50_000_000)).decode()
    assert compressed.gzip_decompress(bomb) == ""
