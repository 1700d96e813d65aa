"""The layout of queries: what it looks like, and that it never changes what a query says."""

from __future__ import annotations

import json
import os
import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from engine import DATABASE, OPTIONS
from hypothesis import given, settings
from hypothesis import strategies as st

from openinsights.kql.api import compile, emit
from openinsights.kql.errors import KqlError, KqlUnsupported
from openinsights.kql.formatter import formatted
from openinsights.kql.lexer import tokenize
from openinsights.kql.names.registry import KINDS
from openinsights.kql.operators.registry import BY_NAME
from openinsights.kql.parser import parse
from openinsights.schema.sql import Sql

GOLDEN = [path.read_text() for path in sorted(Path(__file__).parent.glob("cases/*/query.kql"))]
SAMPLES = Path(
    os.environ.get("OPENINSIGHTS_KQL_SAMPLES", Path(__file__).parents[5] / "shared" / "kql")
)
CORPUS = SAMPLES / "corpus.jsonl"

LAYOUTS = [
    (
        "requests|where duration>5 and name has'x'|summarize c=count(),avg(duration)by name|take 5",
        """\
requests
| where duration > 5 and name has 'x'
| summarize c = count(), avg(duration) by name
| take 5
""",
    ),
    (
        "let x=-5;let T=requests|project-away id,c*;T|join kind=inner(traces|where itemCount-1>x)"
        "on operation_Id",
        """\
let x = -5;
let T = requests
    | project-away id, c*;
T
| join kind=inner (
    traces
    | where itemCount - 1 > x
) on operation_Id
""",
    ),
    (
        "let f=(a:long=5,b:string){strcat(tostring(a),b)};print f(1,'x'),dynamic({\"k\":[1,2]})['k']",
        """\
let f = (a:long = 5, b:string) { strcat(tostring(a), b) };
print f(1, 'x'), dynamic({"k": [1, 2]})['k']
""",
    ),
    (
        "requests|where x in~('a')and y!in(1,2)and z between(1..5)and not(w)and m.n[\"o p\"]!has'q'",
        """\
requests
| where x in~ ('a') and y !in (1, 2) and z between (1 .. 5) and not(w) and m.n["o p"] !has 'q'
""",
    ),
    (
        "requests|summarize total=count(),failed=countif(success==false),slowest=max(duration),"
        "users=dcount(user_Id)by cloud_RoleName,bin(timestamp,5m)",
        """\
requests
| summarize
    total = count(),
    failed = countif(success == false),
    slowest = max(duration),
    users = dcount(user_Id)
    by cloud_RoleName, bin(timestamp, 5m)
""",
    ),
    (
        "requests|extend class=case(resultCode startswith'2','ok',resultCode startswith'4',"
        "'client error',resultCode startswith'5','server error','unknown')",
        """\
requests
| extend class = case(
    resultCode startswith '2', 'ok',
    resultCode startswith '4', 'client error',
    resultCode startswith '5', 'server error',
    'unknown'
)
""",
    ),
    (
        "requests|where name=='a long name of an operation'or name=='another long name'"
        "or name=='a third' and duration>1000",
        """\
requests
| where name == 'a long name of an operation'
    or name == 'another long name'
    or name == 'a third' and duration > 1000
""",
    ),
    (
        "datatable(k:string,v:long)['a rather long text in the first row',1,"
        "'a rather long text in the second row',2]|count",
        """\
datatable(k:string, v:long) [
    'a rather long text in the first row', 1,
    'a rather long text in the second row', 2
]
| count
""",
    ),
    (
        "\n\n// what for\n\nrequests // all of them\n\n// only slow ones\n|where duration>5 // ms\n\n\n;"
        "\n\n\n// and\ntraces|count\n// end",
        """\
// what for

requests // all of them
// only slow ones
| where duration > 5 // ms
;

// and
traces
| count
// end
""",
    ),
    (
        "requests|scan declare(n:long=0)with(step s1:duration>5=>n=1;step s2:true=>n=s2.n+1;)",
        """\
requests
| scan declare (n:long = 0) with (
    step s1: duration > 5 => n = 1;
    step s2: true => n = s2.n + 1;
)
""",
    ),
    (
        "requests|summarize n=count() by name|render columnchart with(title='x',kind=stacked)",
        """\
requests
| summarize n = count() by name
| render columnchart with (title='x', kind=stacked)
""",
    ),
]


@pytest.mark.parametrize(("text", "wanted"), LAYOUTS)
def test_layout(text: str, wanted: str) -> None:
    assert formatted(text) == wanted
    assert formatted(wanted) == wanted


def test_text_in_several_lines_stays_as_it_is() -> None:
    text = "print x=```a\n  b|c\n```|extend y=1"
    assert formatted(text) == "print x = ```a\n  b|c\n```\n| extend y = 1\n"


@pytest.mark.parametrize(
    ("text", "place"), [("requests | wher x", (1, 12)), ("print `", (1, 7)), ("", (1, 1))]
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(KqlError) as refused:
        formatted(text)
    assert (refused.value.line, refused.value.column) == place


def meaning(text: str) -> object:
    """What a query compiles to, or the mistake that it makes."""
    try:
        compiled = compile(text, DATABASE, OPTIONS)
    except KqlError as error:
        return type(error), error.message
    found = []
    for statement in compiled.statements:
        sql = emit(statement, {scan.id: Sql(scan.table) for scan in statement.scans})
        found.append((statement.columns, repr(statement.render), sql.text, dict(sql.parameters)))
    return found


def comments(text: str) -> list[str]:
    found, end = [], 0
    for token in tokenize(text):
        found += [each.rstrip() for each in re.findall(r"//[^\n]*", text[end : token.start])]
        end = token.end
    return found


def is_kept(text: str) -> None:
    laid_out = formatted(text)
    assert formatted(laid_out) == laid_out
    assert comments(laid_out) == comments(text)
    assert meaning(laid_out) == meaning(text)


def test_the_name_of_an_operator_is_not_broken_at_a_word_in_it() -> None:
    is_kept('T | project-by-names "c", // why\n"d"')


@pytest.mark.parametrize("text", GOLDEN)
def test_golden_cases_keep_their_meaning(text: str) -> None:
    is_kept(text)


def tree(value: object) -> object:
    """A piece of syntax without the places where it stands."""
    if isinstance(value, (list, tuple)):
        return [tree(each) for each in value]
    if not is_dataclass(value) or isinstance(value, type):
        return value
    places = ("start", "end")
    rows = [row.name for row in fields(value) if not row.name.endswith(places)]
    return type(value), [(name, tree(getattr(value, name))) for name in rows]


EXAMPLES = [row.example for rows in KINDS.values() for row in rows]


@pytest.mark.parametrize("text", [*GOLDEN, *EXAMPLES])
def test_what_is_read_is_what_was_written(text: str) -> None:
    try:
        laid_out = formatted(text)
    except KqlUnsupported:
        return  # what is refused while it is read is not laid out
    read, mistakes = parse(laid_out, BY_NAME)
    assert (tree(read), mistakes) == (tree(parse(text, BY_NAME)[0]), [])
    assert formatted(laid_out) == laid_out


GAPS = st.sampled_from(
    [" ", "  ", "\n", "\n\n", "\t", " // why\n", "\n// own line\n", "\n\n// one\n\n// two\n"]
)


@settings(max_examples=50)
@given(st.data())
def test_any_white_space_and_comments_keep_the_meaning(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(GOLDEN))
    pieces, end = [], 0
    for token in tokenize(text):
        gap = text[end : token.start]
        may_change = not gap.strip() and (gap or (end and text[end - 1] in ",|)(;="))
        pieces.append(data.draw(GAPS) if may_change and data.draw(st.booleans()) else gap)
        pieces.append(text[token.start : token.end])
        end = token.end
    changed = "".join(pieces)
    if meaning(changed) == meaning(text):  # a comment may end up inside of datetime( … )
        is_kept(changed)


@pytest.mark.skipif(not CORPUS.exists(), reason="the queries of people are not here")
def test_queries_of_people_keep_their_meaning() -> None:
    texts = [json.loads(line)["query"] for line in CORPUS.read_text().splitlines()]
    laid_out = 0
    for text in texts:
        try:
            formatted(text)
        except KqlError:
            continue
        is_kept(text)
        laid_out += 1
    assert laid_out > len(texts) * 0.7


def test_depth_and_length_are_bounded_by_the_parser_alone() -> None:
    deep = "print " + "(" * 80 + "1" + ")" * 80
    assert formatted(formatted(deep)) == formatted(deep)
    long = "requests | where name in (" + ", ".join(f"'{n}'" for n in range(5_000)) + ") | count"
    assert formatted(long).count("\n") == 5_004
