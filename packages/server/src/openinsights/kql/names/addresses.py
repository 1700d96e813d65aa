"""Functions of IP addresses and networks."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name("format_ipv4", "format_ipv4(ip, [prefix])", "print format_ipv4('192.0.2.77', 24)"),
    Name(
        "format_ipv4_mask",
        "format_ipv4_mask(ip, prefix)",
        "print format_ipv4_mask('192.0.2.77', 24)",
    ),
    Name(
        "has_any_ipv4",
        "has_any_ipv4(source, ips, …)",
        "print has_any_ipv4('refused 192.0.2.7', '192.0.2.7', '192.0.2.8')",
    ),
    Name(
        "has_any_ipv4_prefix",
        "has_any_ipv4_prefix(source, ip_prefixes, …)",
        "print has_any_ipv4_prefix('refused 192.0.2.7', '192.0.', '10.')",
    ),
    Name("has_ipv4", "has_ipv4(source, ip)", "print has_ipv4('refused 192.0.2.7', '192.0.2.7')"),
    Name(
        "has_ipv4_prefix",
        "has_ipv4_prefix(source, ip_prefix)",
        "print has_ipv4_prefix('refused 192.0.2.7', '192.0.')",
    ),
    Name(
        "ipv4_compare",
        "ipv4_compare(ip1, ip2, [prefix])",
        "print ipv4_compare('192.0.2.1', '192.0.2.2')",
    ),
    Name(
        "ipv4_is_in_any_range",
        "ipv4_is_in_any_range(ip, ranges, …)",
        "print ipv4_is_in_any_range('192.0.2.7', dynamic(['10.0.0.0/8', '192.0.2.0/24']))",
    ),
    Name(
        "ipv4_is_in_range",
        "ipv4_is_in_range(ip, ip_range)",
        "print ipv4_is_in_range('192.0.2.7', '192.0.2.0/24')",
    ),
    Name(
        "ipv4_is_match",
        "ipv4_is_match(ip1, ip2, [prefix])",
        "print ipv4_is_match('192.0.2.7', '192.0.2.77', 24)",
    ),
    Name("ipv4_is_private", "ipv4_is_private(ip)", "print ipv4_is_private('10.1.2.3')"),
    Name(
        "ipv4_netmask_suffix",
        "ipv4_netmask_suffix(ip)",
        "print ipv4_netmask_suffix('192.0.2.0/24')",
    ),
    Name(
        "ipv4_range_to_cidr_list",
        "ipv4_range_to_cidr_list(start_ip, end_ip)",
        "print ipv4_range_to_cidr_list('192.0.2.0', '192.0.2.127')",
    ),
    Name(
        "ipv6_compare",
        "ipv6_compare(ip1, ip2, [prefix])",
        "print ipv6_compare('2001:db8::1', '2001:db8::2')",
    ),
    Name(
        "ipv6_is_in_any_range",
        "ipv6_is_in_any_range(ip, ranges, …)",
        "print ipv6_is_in_any_range('2001:db8::7', '2001:db8::/32', 'fe80::/10')",
    ),
    Name(
        "ipv6_is_in_range",
        "ipv6_is_in_range(ip, ip_range)",
        "print ipv6_is_in_range('2001:db8::7', '2001:db8::/32')",
    ),
    Name(
        "ipv6_is_match",
        "ipv6_is_match(ip1, ip2, [prefix])",
        "print ipv6_is_match('2001:db8::1', '2001:db8::2', 64)",
    ),
    Name("parse_ipv4", "parse_ipv4(ip)", "print parse_ipv4('192.0.2.1')"),
    Name(
        "parse_ipv4_mask", "parse_ipv4_mask(ip, prefix)", "print parse_ipv4_mask('192.0.2.77', 24)"
    ),
    Name("parse_ipv6", "parse_ipv6(ip)", "print parse_ipv6('2001:db8::1')"),
    Name(
        "parse_ipv6_mask", "parse_ipv6_mask(ip, prefix)", "print parse_ipv6_mask('2001:db8::1', 64)"
    ),
)
