"""IP addresses. Each row: an expression and its value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine import Engine

VALUES = [
    ("parse_ipv4('192.168.1.1')", 3_232_235_777),
    ("parse_ipv4('192.168.1.1/24')", 3_232_235_776),
    ("parse_ipv4('255.255.255.255/0')", 0),
    ("parse_ipv4('256.0.0.1')", None),
    ("parse_ipv4('1.2.3')", None),
    ("parse_ipv4('1.2.3.4/33')", None),
    ("parse_ipv4('')", None),
    ("parse_ipv4_mask('127.0.0.1', 24)", 2_130_706_432),
    ("parse_ipv4_mask('192.1.168.2/24', 31)", 3_221_334_016),
    ("parse_ipv4_mask('127.0.0.1', 40)", None),
    ("ipv4_netmask_suffix('10.1.2.3')", 32),
    ("ipv4_netmask_suffix('10.1.2.3/8')", 8),
    ("ipv4_netmask_suffix('x')", None),
    ("ipv4_compare('192.168.1.1', '192.168.1.0')", 1),
    ("ipv4_compare('192.168.1.0', '192.168.1.1')", -1),
    ("ipv4_compare('192.168.1.1', '192.168.1.0', 31)", 0),
    ("ipv4_compare('192.168.1.1/30', '192.168.1.255/24')", 0),
    ("ipv4_compare('192.168.1.1', 'x')", None),
    ("ipv4_is_match('192.168.1.1', '192.168.1.255', 24)", True),
    ("ipv4_is_match('192.168.1.1', '192.168.2.255', 24)", False),
    ("ipv4_is_in_range('192.168.1.1', '192.168.1.255/24')", True),
    ("ipv4_is_in_range('192.168.2.1', '192.168.1.255/24')", False),
    ("ipv4_is_in_range('192.168.1.0/8', '192.168.1.0/24')", False),
    ("ipv4_is_in_range('', '192.168.1.255/24')", None),
    ("ipv4_is_in_any_range('10.1.2.3', '192.168.0.0/16', '10.0.0.0/8')", True),
    ("ipv4_is_in_any_range('11.1.2.3', dynamic(['192.168.0.0/16', '10.0.0.0/8']))", False),
    ("ipv4_is_in_any_range('nope', dynamic(['10.0.0.0/8']))", None),
    ("ipv4_is_in_any_range('10.1.2.3', dynamic([]))", False),
    ("ipv4_is_private('172.31.255.255')", True),
    ("ipv4_is_private('172.32.0.0')", False),
    ("ipv4_is_private('10.0.0.0/7')", False),
    ("ipv4_is_private('a')", None),
    ("format_ipv4('192.168.1.1', 24)", "192.168.1.0"),
    ("format_ipv4('192.168.1.1/24', 32)", "192.168.1.0"),
    ("format_ipv4(3232235777)", "192.168.1.1"),
    ("format_ipv4(3232235777, 24)", "192.168.1.0"),
    ("format_ipv4('192.168.1.1', -1)", ""),
    ("format_ipv4('x')", ""),
    ("format_ipv4_mask('192.168.1.1', 24)", "192.168.1.0/24"),
    ("format_ipv4_mask('192.168.1.1', 33)", ""),
    (
        "ipv4_range_to_cidr_list('1.1.128.0', '1.1.140.255')",
        ["1.1.128.0/21", "1.1.136.0/22", "1.1.140.0/24"],
    ),
    ("ipv4_range_to_cidr_list('1.1.140.0', '1.1.128.0')", None),
    ("has_ipv4('05:04:54 127.0.0.1 GET', '127.0.0.1')", True),
    ("has_ipv4('05:04:54127.0.0.1 GET', '127.0.0.1')", False),
    ("has_ipv4('at 127.0.0.1x', '127.0.0.1')", False),
    ("has_ipv4('127.0.0.256', '127.0.0.256')", False),
    ("has_ipv4('', '127.0.0.1')", False),
    ("has_ipv4_prefix('05:04:54 127.0.0.1 GET', '127.0.')", True),
    ("has_ipv4_prefix('05:04:54 127.0.0.1 GET', '127.0')", False),
    ("has_ipv4_prefix('05:04:54 127.0.0.1 GET', '127.0.0.1')", True),
    ("has_ipv4_prefix('05:04:54 127.0.0.256 GET', '127.0.')", False),
    ("has_any_ipv4('GET 127.0.0.1', dynamic(['127.0.0.2', '127.0.0.1']))", True),
    ("has_any_ipv4('GET 127.0.0.1', '127.0.0.2', '127.0.0.3')", False),
    ("has_any_ipv4_prefix('GET 127.0.0.1', '10.', '127.')", True),
    ("has_any_ipv4_prefix('GET 127.0.0.1', dynamic(['10.', '127']))", False),
    ("parse_ipv6('127.0.0.1')", "0000:0000:0000:0000:0000:ffff:7f00:0001"),
    ("parse_ipv6('fe80::85d:e82c:9446:7994')", "fe80:0000:0000:0000:085d:e82c:9446:7994"),
    ("parse_ipv6('192.168.255.255/24')", "0000:0000:0000:0000:0000:ffff:c0a8:ff00"),
    ("parse_ipv6('zz')", ""),
    ("parse_ipv6_mask('192.168.255.255', 120)", "0000:0000:0000:0000:0000:ffff:c0a8:ff00"),
    ("parse_ipv6_mask('::192.168.255.255/24', 128)", "0000:0000:0000:0000:0000:0000:c0a8:ff00"),
    ("parse_ipv6_mask('::1', 129)", ""),
    ("ipv6_compare('fe80::1', 'fe80::2')", -1),
    ("ipv6_compare('fe80::1', 'fe80::2', 126)", 0),
    ("ipv6_compare('192.168.1.1', '::ffff:c0a8:0101')", 0),
    ("ipv6_compare('192.168.1.1', '192.168.2.1', 24)", -1),
    ("ipv6_compare('x', 'fe80::2')", None),
    ("ipv6_is_match('fe80::85d:e82c:9446:7994/120', 'fe80::85d:e82c:9446:7998')", True),
    ("ipv6_is_match('fe80::1', 'fe81::1')", False),
    ("ipv6_is_in_range('a5e::c755:abcd', 'a5e::c755:0/112')", True),
    ("ipv6_is_in_range('a5e::c755:abcd', 'b5e::/16')", False),
    ("ipv6_is_in_any_range('a5e::1', dynamic(['b5e::/16', 'a5e::/16']))", True),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=lambda v: str(v)[:60])
def test_value_of_an_expression(kql_engine: Engine, expression: str, expected: object) -> None:
    assert kql_engine.run(f"print x = {expression}")[1] == [(expected,)]


def test_columns_of_addresses(kql_engine: Engine) -> None:
    query = """
        datatable(ip:string)['10.1.2.3', '', '8.8.8.8']
        | where ipv4_is_private(ip) == false
    """
    assert kql_engine.run(query)[1] == [("8.8.8.8",)]
