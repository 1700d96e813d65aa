"""The events endpoint: a question in OData's words, its KQL, and rows as nested events.

Knows no HTTP.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from openinsights.query import fields
from openinsights.query.errors import BadQueryArgument
from openinsights.query.literals import literal
from openinsights.query.odata import Reader, filter_kql
from openinsights.schema.catalog import CLASSIC
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openinsights.query.result import QueryResult

DEFAULT_TIMESPAN: Final = "PT12H"
DEFAULT_TOP: Final = 500
MAX_TOP: Final = 10_000
_MAX_DEPTH: Final = 50
OPTIONS: Final = (
    *("$filter", "$search", "$orderby", "$select", "$skip", "$top", "$format", "$count"),
    "$apply",
)
_METHODS: Final = {
    "sum": "sum({0})",
    "min": "min({0})",
    "max": "max({0})",
    "average": "avg({0})",
    "countdistinct": "dcount({0})",
}
_NUMBERS: Final = (KqlType.INT, KqlType.LONG, KqlType.REAL)
_EDM: Final = {
    KqlType.BOOL: "Edm.Boolean",
    KqlType.INT: "Edm.Int32",
    KqlType.LONG: "Edm.Int64",
    KqlType.REAL: "Edm.Double",
    KqlType.DATETIME: "Edm.DateTimeOffset",
    KqlType.DYNAMIC: "Edm.Untyped",
}


@dataclass(frozen=True, slots=True)
class EventQuestion:
    """A question that was understood.

    Attributes:
        text: KQL for the events, or for what `$apply` makes of them.
        count: KQL for how many events there are in all; "" when that is not asked.
        names: what each column of the answer is called: paths of fields; None for whole events.
        selected: paths that an event is to show; empty for all.
        has_context: whether the reply tells its context.
    """

    text: str
    count: str
    names: tuple[str, ...] | None
    selected: tuple[str, ...]
    has_context: bool


def understood(kind: str, event_id: str, options: Mapping[str, str]) -> EventQuestion:
    """Return the query that answers a question.

    Args:
        kind: `requests`, …, or `$all`.
        event_id: of the one event that is asked for, "" for all.
        options: by name, with the dollar sign; others are not looked at.

    Raises:
        BadQueryArgument: there is no such kind or field, or an option has another form.
    """
    if kind != fields.ALL_EVENTS and kind not in fields.OBJECTS:
        raise BadQueryArgument(
            f"cannot find events of {kind!r}: there is {fields.ALL_EVENTS},"
            f" {', '.join(fields.OBJECTS)}"
        )
    for name in options:
        if name.startswith("$") and name not in OPTIONS:
            raise BadQueryArgument(f"cannot use {name}: there is {', '.join(OPTIONS)}")

    def find(path: str) -> fields.Field:
        return fields.field(path, kind)

    rows = [_source(kind)]
    if event_id:
        rows.append(f"| where itemId == {literal(KqlType.STRING, event_id)}")
    if options.get("$search", "").strip():
        rows.append(f"| search {_search(options['$search'])}")
    if options.get("$filter", "").strip():
        rows.append(f"| where {filter_kql(options['$filter'], '$filter', find)}")
    format_ = options.get("$format", "").replace(" ", "").lower()
    if format_ and "json" not in format_:
        raise BadQueryArgument(f"cannot use $format={format_[:80]}: there is application/json")
    has_context = "odata.metadata=none" not in format_
    count = "\n".join([*rows, "| count"]) if _is_true("$count", options) else ""
    bounds = f"| take {_number('$top', options, DEFAULT_TOP, MAX_TOP)}"
    skip = _number("$skip", options, 0, 1_000_000)
    if options.get("$apply", "").strip():
        applied = _applied(options["$apply"], find)
        rows += applied.rows
        order = _order(options.get("$orderby", ""), applied.find, "")
        rows += [*([f"| order by {order}"] if order else []), *_skipped(skip, order), bounds]
        rows.append(f"| project {', '.join(applied.columns)}")
        return EventQuestion("\n".join(rows), count, applied.names, (), has_context)
    order = _order(options.get("$orderby", ""), find, "timestamp desc")
    rows += [f"| order by {order}", *_skipped(skip, order), bounds]
    selected = tuple(each.strip() for each in options.get("$select", "").split(",") if each.strip())
    for path in selected:
        _check_selected(path, kind)
    return EventQuestion("\n".join(rows), count, None, selected, has_context)


def _source(kind: str) -> str:
    return kind if kind != fields.ALL_EVENTS else f"union {', '.join(fields.OBJECTS)}"


def _skipped(skip: int, order: str) -> list[str]:
    if not skip:
        return []
    sort = [] if order else ["| order by 1 asc"]
    return [*sort, "| serialize place = row_number()", f"| where place > {skip}"]


def _is_true(name: str, options: Mapping[str, str]) -> bool:
    text = options.get(name, "false").strip().lower()
    if text not in ("true", "false", ""):
        raise BadQueryArgument(f"cannot use {name}={text}: true or false is expected")
    return text == "true"


def _number(name: str, options: Mapping[str, str], default: int, most: int) -> int:
    text = options.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text[:9]) > most:
        raise BadQueryArgument(f"cannot use {name}={text}: a whole number up to {most} is expected")
    return int(text)


def _search(text: str) -> str:
    """Return the condition of `search`: words and texts in quotes, with AND, OR, NOT, parentheses.

    Raises:
        BadQueryArgument: a word or a parenthesis is missing, or a quote is not closed.
    """
    parts: list[str] = []
    between, is_negated, depth = "", False, 0
    for word in _search_words(text):
        sign = word.upper()
        follows = bool(parts) and not parts[-1].endswith("(") and not between and not is_negated
        if sign in ("AND", "OR") and follows:
            between = sign.lower()
        elif sign == "NOT" and not is_negated:
            is_negated = True
        elif sign == ")" and follows and depth:
            parts.append(")")
            depth -= 1
        elif sign in ("AND", "OR", "NOT", ")"):
            raise BadQueryArgument(f"cannot use $search: a word is expected, not {word}")
        else:
            parts += [between or "and"] if parts and not parts[-1].endswith("(") else []
            parts.append(_searched(word, is_negated))
            depth += sign == "("
            between, is_negated = "", False
        if depth > _MAX_DEPTH:
            raise BadQueryArgument("cannot use $search: it is nested too deeply")
    if between or is_negated or depth:
        raise BadQueryArgument(
            f"cannot use $search: {')' if depth else 'a word'} is expected at its end"
        )
    return " ".join(parts)


def _searched(word: str, is_negated: bool) -> str:
    if word == "(":
        return "not(" if is_negated else "("
    bare = word[1:-1].replace('\\"', '"') if word.startswith('"') else word
    term = literal(KqlType.STRING, bare)
    return f"not({term})" if is_negated else term


def _search_words(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        letter = text[place]
        if letter.isspace():
            place += 1
        elif letter in "()":
            yield letter
            place += 1
        elif letter == '"':
            end = place + 1
            while end < len(text) and text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            if end >= len(text):
                raise BadQueryArgument("cannot use $search: a quote is not closed")
            yield text[place : end + 1]
            place = end + 1
        else:
            end = place
            while end < len(text) and not text[end].isspace() and text[end] not in '"()':
                end += 1
            yield text[place:end]
            place = end


def _order(text: str, find: Any, default: str) -> str:  # any callable from path to field
    parts = []
    for part in text.split(","):
        words = part.split()
        if not words:
            continue
        direction = words[1].lower() if len(words) == 2 else "asc"
        if len(words) > 2 or direction not in ("asc", "desc"):
            raise BadQueryArgument(
                f"cannot use $orderby: {part.strip()!r} is no field with asc or desc behind"
            )
        found = find(words[0])
        kql = f"tostring({found.kql})" if found.type is KqlType.DYNAMIC else found.kql
        parts.append(f"{kql} {direction}")
    return ", ".join(parts) or default


def _check_selected(path: str, kind: str) -> None:
    known = fields.paths(kind)
    if path in fields.BAGS or any(each == path or each.startswith(f"{path}/") for each in known):
        return
    fields.field(path, kind)


@dataclass(frozen=True, slots=True)
class _Applied:
    rows: list[str]
    columns: tuple[str, ...]
    names: tuple[str, ...]

    def find(self, path: str) -> fields.Field:
        if path not in self.names:
            raise BadQueryArgument(
                f"cannot use $orderby: there is {', '.join(self.names)}, not {path!r}"
            )
        return fields.Field(path, self.columns[self.names.index(path)], KqlType.STRING)


def _applied(text: str, find: Any) -> _Applied:  # any callable from path to field
    """Return what `filter(…)/groupby((…),aggregate(…))` makes of rows."""
    reader = Reader(text, "$apply", find)
    rows: list[str] = []
    while reader.take("filter"):
        reader.expect("(")
        rows.append(f"| where {reader.condition()}")
        reader.expect(")")
        if not reader.take("/"):
            raise reader.wrong("'/' and groupby or aggregate are expected")
    keys: list[tuple[str, str]] = []
    totals: list[tuple[str, str]] = []
    if reader.take("groupby"):
        reader.expect("(")
        reader.expect("(")
        while True:
            found = find(reader.path())
            keys.append((found.path, found.kql))
            if not reader.take(","):
                break
        reader.expect(")")
        if reader.take(","):
            totals = _aggregate(reader, find)
        reader.expect(")")
    else:
        totals = _aggregate(reader, find)
    reader.expect_end()
    for number, (_, kql) in enumerate(keys):
        rows.append(f"| extend key{number} = {_grouped(kql)}")
    by = [f"key{number}" for number in range(len(keys))]
    columns = [f"total{number}" for number in range(len(totals))]
    summed = ", ".join(
        f"{column} = {kql}" for column, (_, kql) in zip(columns, totals, strict=True)
    )
    rows.append(f"| summarize {summed}" + (f" by {', '.join(by)}" if by else ""))
    names = tuple(name for name, _ in (*keys, *totals))
    for name in names:
        if names.count(name) > 1:
            raise BadQueryArgument(f"cannot use $apply: two values are called {name!r}")
    return _Applied(rows, (*by, *columns), names)


def _grouped(kql: str) -> str:
    return f"tostring({kql})" if kql.startswith(fields.BAGS) else kql


def _aggregate(reader: Reader, find: Any) -> list[tuple[str, str]]:
    if not reader.take("aggregate"):
        raise reader.wrong("aggregate, groupby or filter is expected")
    reader.expect("(")
    totals = []
    while True:
        path = reader.path()
        if path == "$count":
            kql = "count()"
        else:
            reader.expect("with")
            found, method = find(path), reader.take(*_METHODS)
            if method is None:
                raise reader.wrong(f"one of {', '.join(_METHODS)} is expected")
            how = method.text.lower()
            value = found.kql
            if how == "countdistinct" and found.type is KqlType.DYNAMIC:
                value = f"tostring({value})"
            elif how != "countdistinct" and found.type not in (*_NUMBERS, KqlType.DATETIME):
                value = f"toreal({value})"
            kql = _METHODS[how].format(value)
        reader.expect("as")
        totals.append((reader.path(), kql))
        if not reader.take(","):
            break
    reader.expect(")")
    return totals


def events_of(question: EventQuestion, result: QueryResult) -> list[dict[str, object]]:
    """Return the events, or the groups, that a result holds."""
    rows = result.rows_text()
    if question.names is not None:
        return [_nested(dict(zip(question.names, row, strict=True))) for row in rows]
    columns = [name for name, _ in result.columns]
    return [_event(dict(zip(columns, row, strict=True)), question.selected) for row in rows]


def _event(row: Mapping[str, object], selected: tuple[str, ...]) -> dict[str, object]:
    flat = {path: row.get(column) for path, column in fields.COMMON.items()}
    name = str(row.get("itemType"))
    kind = next((each for each, own in fields.OBJECTS.items() if own == name), None)
    if kind is not None:
        flat |= {f"{name}/{column}": row.get(column) for column in fields.own_columns(kind)}
    for bag in fields.BAGS:
        flat[bag] = _json(row.get(bag))
    for path in [each for each in flat if each.endswith("/details")]:
        flat[path] = _json(flat[path])
    if selected:
        bag_keys = {path: _inside(flat, path) for path in selected if _bag(path)}
        flat = {
            path: value
            for path, value in flat.items()
            if any(path == each or path.startswith(f"{each}/") for each in selected)
        } | bag_keys
    return _nested(flat)


def _bag(path: str) -> bool:
    head, slash, _ = path.partition("/")
    return bool(slash) and head in fields.BAGS


def _inside(flat: Mapping[str, object], path: str) -> object:
    head, _, key = path.partition("/")
    bag = flat[head]
    return bag.get(key) if isinstance(bag, dict) else None


def _json(value: object) -> object:
    return json.loads(value) if isinstance(value, str) and value else None


def _nested(flat: Mapping[str, object]) -> dict[str, object]:
    """Return `{"operation/name": 1}` as `{"operation": {"name": 1}}`; keys of bags stay whole."""
    found: dict[str, object] = {}
    for path, value in flat.items():
        head, slash, rest = path.partition("/")
        inner = found.setdefault(head, {}) if slash else None
        if isinstance(inner, dict):
            inner[rest] = value
        else:
            found[head] = value
    return found


def edmx() -> str:
    """Return the fields of all kinds of events as OData's metadata, in XML."""
    types = "".join(_entity(table.name) for table in CLASSIC)
    sets = "".join(
        f'<EntitySet Name="{table.name}" EntityType="AI.{table.item_type}Event"/>'
        for table in CLASSIC
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">'
        '<edmx:DataServices><Schema Namespace="AI" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        f'{types}<EntityContainer Name="Events">{sets}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )


def _entity(kind: str) -> str:
    heads: dict[str, list[str]] = {}
    plain = []
    for path in fields.paths(kind):
        head, slash, rest = path.partition("/")
        edm = _EDM.get(fields.field(path, kind).type, "Edm.String")
        if slash:
            heads.setdefault(head, []).append(f'<Property Name="{rest}" Type="{edm}"/>')
        else:
            plain.append(f'<Property Name="{head}" Type="{edm}"/>')
    name = fields.OBJECTS[kind]
    complex_ = "".join(
        f'<ComplexType Name="{name}.{head}">{"".join(properties)}</ComplexType>'
        for head, properties in heads.items()
    )
    owns = "".join(f'<Property Name="{head}" Type="AI.{name}.{head}"/>' for head in heads)
    bags = "".join(f'<Property Name="{bag}" Type="Edm.Untyped"/>' for bag in fields.BAGS)
    key = '<Key><PropertyRef Name="id"/></Key>'
    return (
        f'{complex_}<EntityType Name="{name}Event" OpenType="true">{key}'
        f"{''.join(plain)}{owns}{bags}</EntityType>"
    )
