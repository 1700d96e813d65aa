"""Scalar functions of IP addresses.

An address may carry a prefix (`10.1.2.3/24`), which drops the bits after it. Where a prefix is
given beside it, the shorter of the two counts. What is no address gives null, or '' for strings.
"""

from __future__ import annotations

import ipaddress
import json
import re
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions.row import Function, Kind, Lowering, Null, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.kql.bound import Bound

_V: Final = "VARCHAR"
_V4: Final = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:/(\d{1,2}))?")
_IN_TEXT: Final = re.compile(r"(?<![^\W_])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![^\W_])")
_PREFIX: Final = re.compile(r"(?:\d{1,3}\.){1,3}|(?:\d{1,3}\.){3}\d{1,3}")
_MAPPED: Final = 0xFFFF << 32
"""Where the addresses of version 4 lie among those of version 6."""
_PRIVATE: Final = ((0x0A000000, 8), (0xAC100000, 12), (0xC0A80000, 16))


def _v4(text: str) -> tuple[int, int] | None:
    """The address, all bits kept, and its prefix."""
    found = _V4.fullmatch(text.strip())
    if found is None:
        return None
    *octets, prefix = found.groups()
    values = [int(octet) for octet in octets]
    size = 32 if prefix is None else int(prefix)
    if max(values) > 255 or size > 32:
        return None
    return int.from_bytes(bytes(values)), size


def _kept(address: int, prefix: int, bits: int = 32) -> int:
    return address >> (bits - prefix) << (bits - prefix)


def _dotted(address: int) -> str:
    return ".".join(str(byte) for byte in address.to_bytes(4))


def parse_ipv4(text: str, prefix: int = 32) -> int | None:
    """An address as a number."""
    found = _v4(text)
    if found is None or not 0 <= prefix <= 32:
        return None
    return _kept(found[0], min(found[1], prefix))


def netmask_suffix(text: str) -> int | None:
    """The prefix of an address; 32 where it has none."""
    found = _v4(text)
    return None if found is None else found[1]


def compare(left: str, right: str, prefix: int) -> int | None:
    """-1, 0 or 1 as the first address lies before, at or after the second one."""
    a, b = _v4(left), _v4(right)
    if a is None or b is None or not 0 <= prefix <= 32:
        return None
    size = min(a[1], b[1], prefix)
    first, second = _kept(a[0], size), _kept(b[0], size)
    return (first > second) - (first < second)


def is_match(left: str, right: str, prefix: int) -> bool | None:
    """Whether two addresses are the same."""
    found = compare(left, right, prefix)
    return None if found is None else found == 0


def is_in_range(text: str, range_: str) -> bool | None:
    """Whether an address lies in a range such as 10.0.0.0/8."""
    address, within = _v4(text), _v4(range_)
    if address is None or within is None:
        return None
    lies_within = _kept(address[0], within[1]) == _kept(within[0], within[1])
    return lies_within and address[1] >= within[1]


def is_private(text: str) -> bool | None:
    """Whether an address is one of those kept for private networks."""
    found = _v4(text)
    if found is None:
        return None
    return any(found[1] >= size and _kept(found[0], size) == network for network, size in _PRIVATE)


def format_ipv4(text: str, prefix: int) -> str:
    """The address without its prefix."""
    found = _formatted(text, prefix)
    return "" if found is None else _dotted(found[0])


def format_ipv4_mask(text: str, prefix: int) -> str:
    """The address with its prefix."""
    found = _formatted(text, prefix)
    return "" if found is None else f"{_dotted(found[0])}/{found[1]}"


def _formatted(text: str, prefix: int) -> tuple[int, int] | None:
    is_number = text.isdigit() and int(text) < 1 << 32
    found = (int(text), 32) if is_number else _v4(text)
    if found is None or not 0 <= prefix <= 32:
        return None
    size = min(found[1], prefix)
    return _kept(found[0], size), size


def range_to_cidr_list(start: str, end: str) -> str | None:
    """The fewest ranges that hold the addresses from one to another."""
    first, last = _v4(start), _v4(end)
    if first is None or last is None or first[0] > last[0]:
        return None
    ranges = ipaddress.summarize_address_range(
        ipaddress.IPv4Address(first[0]), ipaddress.IPv4Address(last[0])
    )
    return json_text([str(range_) for range_ in ranges])


# Addresses inside a text.


def _in_text(text: str) -> list[str]:
    return [found for found in _IN_TEXT.findall(text) if _v4(found) is not None]


def has_ipv4(text: str, wanted: str) -> bool:
    """Whether a text holds an address; letters and digits may not touch it."""
    return _v4(wanted) is not None and wanted in _in_text(text)


def has_ipv4_prefix(text: str, prefix: str) -> bool:
    """Whether a text holds an address that starts so; the start ends with a dot, or is whole."""
    if _PREFIX.fullmatch(prefix) is None:
        return False
    if prefix.endswith("."):
        return any(found.startswith(prefix) for found in _in_text(text))
    return has_ipv4(text, prefix)


# Version 6. An address of version 4 stands for the one that maps it.


def _v6(text: str, *, is_compared: bool = False) -> tuple[int, int] | None:
    """The address and its prefix, in 128 bits.

    Args:
        text: of either version.
        is_compared: whether `::1.2.3.4` counts as an address of version 4.
    """
    plain = _v4(text)
    if plain is not None:
        return _MAPPED | plain[0], 96 + plain[1]
    body, slash, suffix = text.strip().partition("/")
    try:
        address = int(ipaddress.IPv6Address(body))
        prefix = int(suffix) if slash else 128
    except ValueError:
        return None
    if "." in body:
        prefix += 96 if slash else 0
        if is_compared and address >> 32 == 0:
            address |= _MAPPED
    return (address, prefix) if 0 <= prefix <= 128 else None


def parse_ipv6(text: str, prefix: int = 128) -> str:
    """An address in its full spelling."""
    found = _v6(text)
    if found is None or not 0 <= prefix <= 128:
        return ""
    address = _kept(found[0], min(found[1], prefix), 128)
    return ipaddress.IPv6Address(address).exploded


def compare_v6(left: str, right: str, prefix: int) -> int | None:
    """-1, 0 or 1; between two addresses of version 4 the prefix is one of version 4."""
    a, b = _v6(left, is_compared=True), _v6(right, is_compared=True)
    if a is None or b is None or not 0 <= prefix <= 128:
        return None
    if prefix <= 32 and _v4(left) is not None and _v4(right) is not None:
        prefix += 96
    size = min(a[1], b[1], prefix)
    first, second = _kept(a[0], size, 128), _kept(b[0], size, 128)
    return (first > second) - (first < second)


def is_match_v6(left: str, right: str, prefix: int) -> bool | None:
    """Whether two addresses are the same."""
    found = compare_v6(left, right, prefix)
    return None if found is None else found == 0


def is_in_range_v6(text: str, range_: str) -> bool | None:
    """Whether an address lies in a range such as fe80::/10."""
    address, within = _v6(text, is_compared=True), _v6(range_, is_compared=True)
    if address is None or within is None:
        return None
    size = within[1]
    return address[1] >= size and _kept(address[0], size, 128) == _kept(within[0], size, 128)


def _any_of(
    test: Callable[[str, str], bool | None],
) -> Callable[[str, list[str | None]], bool | None]:
    """Whether a test holds for some of several texts; an array among them counts as its elements.

    Null if the test is null for all of them.
    """

    def tried(text: str, others: list[str | None]) -> bool | None:
        wanted = [item for other in others if other is not None for item in _items(other)]
        found = [test(text, item) for item in wanted]
        if found and all(result is None for result in found):
            return None
        return any(found)

    return tried


def _items(json_value: str) -> list[str]:
    value = json.loads(json_value)
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]


_BOOL, _LONG, _TEXT = KqlType.BOOL, KqlType.LONG, KqlType.STRING
_SQL: Final = {_BOOL: "BOOLEAN", _LONG: "BIGINT", _TEXT: _V, KqlType.DYNAMIC: _V}
_WORD, _INT = Kind.STRING, Kind.INTEGER


def _with_prefix(name: str, plain: int, default: int) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        given = arguments if len(arguments) > plain else [*arguments, f"CAST({default} AS BIGINT)"]
        return f"kql_{name}({', '.join(given)})"

    return lower


def _row(
    name: str,
    function: Callable[..., object],
    parameters: tuple[Kind, ...],
    result: KqlType,
    default: int | None = None,
) -> Function:
    types = tuple("BIGINT" if kind is _INT else _V for kind in parameters)
    plain = f"kql_{name}({', '.join('{' + str(i) + '}' for i in range(len(parameters)))})"
    return Function(
        name,
        parameters,
        result,
        plain if default is None else _with_prefix(name, len(parameters) - 1, default),
        optional=0 if default is None else 1,
        null=Null.MAKES,
        python=Udf(function, types, _SQL[result]),
    )


def _any_row(name: str, test: Callable[[str, str], bool | None]) -> Function:
    return Function(
        name,
        (_WORD, Kind.JSON),
        _BOOL,
        lambda a, b: f"kql_{name}({a[0]}, [{', '.join(a[1:])}])",
        variadic=True,
        null=Null.MAKES,
        python=Udf(_any_of(test), (_V, f"{_V}[]"), "BOOLEAN"),
    )


FUNCTIONS: Final = (
    _row("parse_ipv4", lambda text: parse_ipv4(text), (_WORD,), _LONG),
    _row("parse_ipv4_mask", parse_ipv4, (_WORD, _INT), _LONG),
    _row("ipv4_netmask_suffix", netmask_suffix, (_WORD,), _LONG),
    _row("ipv4_compare", compare, (_WORD, _WORD, _INT), _LONG, 32),
    _row("ipv4_is_match", is_match, (_WORD, _WORD, _INT), _BOOL, 32),
    _row("ipv4_is_in_range", is_in_range, (_WORD, _WORD), _BOOL),
    _any_row("ipv4_is_in_any_range", is_in_range),
    _row("ipv4_is_private", is_private, (_WORD,), _BOOL),
    _row("format_ipv4", format_ipv4, (Kind.TEXT, _INT), _TEXT, 32),
    _row("format_ipv4_mask", format_ipv4_mask, (Kind.TEXT, _INT), _TEXT),
    _row("ipv4_range_to_cidr_list", range_to_cidr_list, (_WORD, _WORD), KqlType.DYNAMIC),
    _row("has_ipv4", has_ipv4, (_WORD, _WORD), _BOOL),
    _row("has_ipv4_prefix", has_ipv4_prefix, (_WORD, _WORD), _BOOL),
    _any_row("has_any_ipv4", has_ipv4),
    _any_row("has_any_ipv4_prefix", has_ipv4_prefix),
    _row("parse_ipv6", lambda text: parse_ipv6(text), (_WORD,), _TEXT),
    _row("parse_ipv6_mask", parse_ipv6, (_WORD, _INT), _TEXT),
    _row("ipv6_compare", compare_v6, (_WORD, _WORD, _INT), _LONG, 128),
    _row("ipv6_is_match", is_match_v6, (_WORD, _WORD, _INT), _BOOL, 128),
    _row("ipv6_is_in_range", is_in_range_v6, (_WORD, _WORD), _BOOL),
    _any_row("ipv6_is_in_any_range", is_in_range_v6),
)
"""The family's rows."""
