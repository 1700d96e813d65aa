"""Plugins that look addresses up in a table of networks: ipv4_lookup and ipv6_lookup.

Networks are looked up by equality: an address is cut to each length of prefix that the table has,
of which there are few. A row comes back once for each network that its address lies in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.plugins.arguments import Arguments
from openinsights.kql.plugins.plugin import Plugin
from openinsights.kql.scope import Column, Namer, Relation
from openinsights.kql.syntax import Name
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.operators.evaluate import Evaluate
    from openinsights.kql.plugins.plugin import BindPlugin
    from openinsights.kql.scope import Scope


@dataclass(frozen=True, slots=True)
class _Family:
    """How addresses of one version are cut.

    Attributes:
        size: the length of an address's prefix; null for what is no address.
        start: an address cut to a length.
        is_table_first: whether the table's columns stand before those of the rows.
    """

    size: str
    start: str
    is_table_first: bool


_V4: Final = _Family("ipv4_netmask_suffix({0})", "parse_ipv4_mask({0}, {1})", False)
_V6: Final = _Family(
    "iff(isempty(parse_ipv6({0})), long(null), coalesce(tolong(split({0}, '/')[1])"
    " + iff({0} contains '.', 96, 0), 128))",
    "parse_ipv6_mask({0}, {1})",
    True,
)


def _lookup(family: _Family) -> BindPlugin:
    def bind(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
        arguments = Arguments(binder, node, relation, scope)
        place = arguments.take("a table of networks")
        if not binder.is_tabular(place, scope):
            arguments.fail(f"{arguments.title} takes a table first", place)
        table = binder.relation(place, scope)
        address = _text_column(arguments, relation)
        network = _text_column(arguments, table)
        extra: list[str] = []
        while isinstance(arguments.next, Name) and arguments.is_column(arguments.next):
            name = arguments.column("a key of both").name
            arguments.require(name, table)
            extra.append(name)
        keeps_all = arguments.flag("return_unmatched", default=False)
        arguments.finish(("return_unmatched",))
        return _joined(arguments, family, table, (address, network), extra, keeps_all=keeps_all)

    return bind


def _text_column(arguments: Arguments, relation: Relation) -> Column:
    place = arguments.next
    column = arguments.column("the addresses", relation)
    if column.type is not KqlType.STRING:
        arguments.fail(f"an address is a string, this is {column.type}", place)
    return column


def _joined(
    arguments: Arguments,
    family: _Family,
    table: Relation,
    keys: tuple[Column, Column],
    extra: list[str],
    *,
    keeps_all: bool,
) -> Relation:
    own = {column.name: f"own{place}" for place, column in enumerate(arguments.relation.columns)}
    other = {column.name: f"other{place}" for place, column in enumerate(table.columns)}
    ip, network = own[keys[0].name], other[keys[1].name]
    both = "".join(f", $left.{own[name]} == $right.{other[name]}" for name in extra)
    dropped = {other[name] for name in extra}
    made = arguments.written(
        f"""
        let nets = materialize(
            networks
            | extend net_size = {family.size.format(network)}
            | where isnotnull(net_size)
            | extend net_start = {family.start.format(network, "net_size")});
        let found = rows
            | distinct {ip}
            | extend ip_size = {family.size.format(ip)}, one = 1
            | where isnotnull(ip_size)
            | join kind=inner (nets | distinct net_size | extend one = 1) on one
            | where net_size <= ip_size
            | extend net_start = {family.start.format(ip, "net_size")}
            | join kind=inner nets on net_size, net_start
            | project-rename key = {ip};
        rows
        | join kind={"leftouter" if keeps_all else "inner"} found on $left.{ip} == $right.key{both}
        """,
        {
            "rows": _renamed(arguments.relation, own),
            "networks": _renamed(table, other),
        },
        {},
    )
    shown = [(name, own[name]) for name in own]
    listed = [(name, title) for name, title in other.items() if title not in dropped]
    ordered = [*listed, *shown] if family.is_table_first else [*shown, *listed]
    namer = Namer()
    symbols = {column.name: column.symbol for column in made.columns}
    return made.showing(Column(namer.take(name), symbols[title]) for name, title in ordered)


def _renamed(relation: Relation, titles: dict[str, str]) -> Relation:
    return relation.showing(Column(titles[c.name], c.symbol) for c in relation.columns)


PLUGINS: Final = (
    Plugin("ipv4_lookup", _lookup(_V4), "Columns of the networks that an address lies in."),
    Plugin("ipv6_lookup", _lookup(_V6), "The same for addresses of version 6."),
)
"""The family's rows."""
