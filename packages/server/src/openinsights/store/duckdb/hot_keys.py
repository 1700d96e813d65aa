"""Keys of customDimensions that are kept beside it, in the days in which they are used most.

The JSON text stays the truth. A table of a day file may get, for each of at most 32 keys, a column
`hot_<place>` of a type that lists the key's texts in that day: one or two bytes for each row. It
holds the text of a key, '' for a key that is not there or is JSON's null, and null where only the
JSON says: for other JSON, for texts that are not listed, and for rows that came later.

The keys and texts of a day's table are chosen once, so that SQL made before keeps its meaning.
"""
# ruff: noqa: S608 - names of ours, and texts in quotes

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.store.duckdb.ddl import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COLUMN: Final = "customDimensions"
MAX_KEYS: Final = 32
FEW_ROWS: Final = 10_000
"""A table with fewer rows in a day is read quickly as it is."""
CHUNK_ROWS: Final = 61_440
"""Rows that are filled in one transaction: a moment's work, which is lost when the writer comes."""
MAX_TEXTS: Final = 1_000
"""Different texts of a key; more would not repeat enough to be worth a list."""
MAX_TEXTS_OF_TABLE: Final = 10_000
"""Different texts of all keys; bounds the memory that lists take."""

_LEAST_SHARE: Final = 0.05
"""A key that fewer rows have is not worth its place."""
_SAMPLE_ROWS: Final = 20_000
_SAMPLE_ROWS_OF_TEXTS: Final = 200_000
_LONGEST_TEXT: Final = 100
_LONGEST_KEY: Final = 150

CREATE: Final = (
    "create table if not exists {alias}.hot_keys "
    "(name VARCHAR not null, place INTEGER not null, key VARCHAR not null)",
    "create table if not exists {alias}.hot_tables "
    "(name VARCHAR not null, filled_rows BIGINT not null)",
)
ARE_THERE: Final = (
    "select 1 from duckdb_tables() where database_name = $alias and table_name = 'hot_keys'"
)
CHOSEN: Final = "select name, key, place from {alias}.hot_keys"
FILLED: Final = "select max(filled_rows) from {alias}.hot_tables where name = $name"


def candidates(alias: str, table: str, rows: int) -> str:
    """Return the query for the keys worth keeping, most used first."""
    every = max(1, rows // _SAMPLE_ROWS)
    relation = f"{alias}.{quoted(table)}"
    return (
        f"with sample as (select {COLUMN} as bag from {relation} where rowid % {every} = 0),"
        " bags as (select bag from sample where json_valid(bag) and json_type(bag) = 'OBJECT'),"
        " used as (select bag, unnest(list_distinct(json_keys(bag))) as key from bags),"
        f" named as (select bag, key from used where length(key) between 1 and {_LONGEST_KEY}"
        # what a path cannot spell, or the engine would take for a pattern
        """ and not regexp_matches(key, '["*\\\\[:cntrl:]]'))"""
        " select key from named group by key"
        f" having count(*) >= {_LEAST_SHARE} * (select count(*) from sample)"
        # many texts in a few rows would be very many in all of them
        f""" and count(distinct json_extract_string(bag, '$."' || key || '"')) <= {MAX_TEXTS}"""
        f" order by count(*) desc, key limit {2 * MAX_KEYS}"
    )


def texts(alias: str, table: str, keys: Sequence[str], rows: int) -> str:
    """Return the query for the texts of keys, each with the place of its key among the keys.

    In a large table these are those of a part of the rows: texts that are rare may be missing.
    """
    every = max(1, rows // _SAMPLE_ROWS_OF_TEXTS)
    paths = ", ".join(literal(_path(key)) for key in keys)
    return (
        f"with sample as (select json_extract_string({COLUMN}, [{paths}]) as v,"
        f" json_extract({COLUMN}, [{paths}])::VARCHAR[] as j"
        f" from {alias}.{quoted(table)} where rowid % {every} = 0),"
        f" single as (select unnest(range({len(keys)})) as n, unnest(v) as v, unnest(j) as j"
        " from sample)"
        f" select distinct n, v from single where v <> '' and j = '\"' || v || '\"'"
        f" and length(v) <= {_LONGEST_TEXT} and not contains(v, chr(0))"
    )


def begin(alias: str, table: str, texts_of: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the statements that give a table the columns, empty in all rows."""
    statements = [statement.format(alias=alias) for statement in CREATE]
    for place, (key, values) in enumerate(texts_of.items()):
        listed = ", ".join(literal(value) for value in ("", *sorted(values)))
        kind = _type(alias, table, place)
        statements += [
            f"create type {kind} as enum ({listed})",
            f"alter table {alias}.{quoted(table)} add column {_column(place)} {kind}",
            f"insert into {alias}.hot_keys values ({literal(table)}, {place}, {literal(key)})",
        ]
    return [*statements, f"insert into {alias}.hot_tables values ({literal(table)}, 0)"]


def fill(alias: str, table: str, places: Mapping[str, int], first: int) -> list[str]:
    """Return the statements that fill the rows of a chunk."""
    relation = f"{alias}.{quoted(table)}"
    ordered = sorted(places, key=lambda key: places[key])
    paths = ", ".join(literal(_path(key)) for key in ordered)
    sets = ", ".join(
        f"{_column(places[key])} = case when j[{n}] is null or j[{n}] = 'null' then ''"
        f" when v[{n}] <> '' and j[{n}] = '\"' || v[{n}] || '\"'"
        f" then try_cast(v[{n}] as {_type(alias, table, places[key])}) end"
        for n, key in enumerate(ordered, 1)
    )
    return [
        f"update {relation} set {sets} from (select rowid as row,"
        f" json_extract_string({COLUMN}, [{paths}]) as v,"
        f" json_extract({COLUMN}, [{paths}])::VARCHAR[] as j"
        f" from {relation} where rowid between {first} and {first + CHUNK_ROWS - 1}) as chunk"
        f" where {quoted(table)}.rowid = chunk.row",
        f"update {alias}.hot_tables set filled_rows = {first + CHUNK_ROWS}"
        f" where name = {literal(table)}",
    ]


def not_kept(places: Iterable[int]) -> str:
    """Return the condition of rows of which one of the keys has to be read from the text."""
    return "(" + " or ".join(f"{_column(place)} is null" for place in sorted(places)) + ")"


def all_kept(places: Iterable[int]) -> str:
    """Return the condition of the other rows."""
    return " and ".join(f"{_column(place)} is not null" for place in sorted(places))


def from_hot(place: int, *, as_text: bool) -> str:
    """Return the expression of a key in rows that have it kept."""
    text = f"{_column(place)}::VARCHAR"
    if as_text:
        return text
    return f"""case when {_column(place)} <> '' then '"' || {text} || '"' end"""


def from_text(bag: str, key: str, *, as_text: bool) -> str:
    """Return the expression of a key of a bag, as the compiler has it too."""
    path = literal(_path(key))
    if as_text:
        return f"coalesce(json_extract_string({bag}, {path}), '')"
    return f"nullif(cast(json_extract({bag}, {path}) as VARCHAR), 'null')"


def _column(place: int) -> str:
    return f"hot_{place}"


def _type(alias: str, table: str, place: int) -> str:
    return f"{alias}.main.{quoted(f'hot_{table}_{place}')}"


def _path(key: str) -> str:
    return f'$."{key}"'
