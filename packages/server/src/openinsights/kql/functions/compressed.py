"""Texts as base64 of gzip and zlib, and back.

What a text is compressed to depends on the compressor. The original's leaves short texts as they
are, in one stored block, and fills the headers as libdeflate does; longer texts are compressed by
zlib here, to bytes that may differ from the original's and stand for the same text.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions.limits import MAX_RESULT
from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable

_V: Final = "VARCHAR"
_STORED: Final = 31
"""Bytes up to which a text is stored rather than compressed. Source: libdeflate, level 6; seen in
results of the emulator of the original engine."""
_LEVEL: Final = 6
_GZIP_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_ZLIB_HEADER: Final = b"\x78\x9c"


def _deflated(data: bytes) -> bytes:
    if len(data) <= _STORED:
        size = len(data)
        return b"\x01" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + data
    writer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return writer.compress(data) + writer.flush()


def gzip_compress(text: str) -> str:
    """Base64 of a text as gzip."""
    data = text.encode("utf-8", "surrogatepass")
    trailer = zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")
    return base64.b64encode(_GZIP_HEADER + _deflated(data) + trailer).decode("ascii")


def zlib_compress(text: str) -> str:
    """Base64 of a text as zlib."""
    data = text.encode("utf-8", "surrogatepass")
    whole = _ZLIB_HEADER + _deflated(data) + zlib.adler32(data).to_bytes(4, "big")
    return base64.b64encode(whole).decode("ascii")


def _inflated(text: str, bits: int) -> str:
    """The text behind base64 of something compressed; refuses what grows too large."""
    reader = zlib.decompressobj(bits)
    found = reader.decompress(base64.b64decode(text), MAX_RESULT)
    if not reader.eof:
        raise EOFError
    return found.decode("utf-8")


def gzip_decompress(text: str) -> str:
    """Text of base64 of gzip; '' when it is none."""
    try:
        return _inflated(text, 16 + zlib.MAX_WBITS)
    except (OSError, EOFError, ValueError, zlib.error):
        return ""


def zlib_decompress(text: str) -> str:
    """Text of base64 of zlib; '' when it is none."""
    try:
        return _inflated(text, zlib.MAX_WBITS)
    except (EOFError, ValueError, zlib.error):
        return ""


def _row(name: str, function: Callable[[str], str]) -> Function:
    return Function(
        name,
        (Kind.STRING,),
        KqlType.STRING,
        f"kql_{name}({{0}})",
        null=Null.MAKES,
        python=Udf(function, (_V,), _V),
    )


FUNCTIONS: Final = (
    _row("gzip_compress_to_base64_string", gzip_compress),
    _row("zlib_compress_to_base64_string", zlib_compress),
    _row("gzip_decompress_from_base64_string", gzip_decompress),
    _row("zlib_decompress_from_base64_string", zlib_decompress),
)
"""The family's rows."""
