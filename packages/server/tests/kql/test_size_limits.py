"""A short text cannot make the compiler large: what doubles is refused while it is small."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openinsights.kql.api import CompileOptions, Database, compile
from openinsights.kql.errors import KqlError
from openinsights.kql.limits import CompileLimits
from openinsights.schema.catalog import CLASSIC

DATABASE = Database(CLASSIC)
OPTIONS = CompileOptions(now_ticks=0)


def doubled_texts(times: int) -> str:
    lines = [f"let t{n + 1} = strcat(t{n}, t{n});" for n in range(times)]
    return "let t0 = 'ten chars.';" + "".join(lines) + f"print strlen(t{times})"


def nested_calls(depth: int) -> str:
    return (
        f"let f = (x: real) {{ x + x }}; requests | extend y = {'f(' * depth}duration{')' * depth}"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (doubled_texts(60), "makes a constant of more than"),
        (nested_calls(40), "is too large once its names are replaced"),
        (f"print 1 in ({','.join(['1'] * 140_000)})", "at most 60000 words"),
    ],
)
def test_a_query_that_grows_is_refused_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(KqlError, match=problem) as refused:
        compile(text, DATABASE, OPTIONS)

    assert refused.value.line == 1
    assert refused.value.column > 1


def test_what_stays_small_is_run() -> None:
    assert compile(doubled_texts(10), DATABASE, OPTIONS).statements
    assert compile(nested_calls(10), DATABASE, OPTIONS).statements


WIDE = ", ".join(f"c{i} = {i}" for i in range(5_001))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("let t0 = requests;" + "".join(f"let t{i} = union t{i - 1}, t{i - 1};" for i in range(1, 30))
         + "t29 | count", "reads more than 500 tables"),
        ("let t0 = requests;" + "".join(
            f"let t{i} = t{i - 1} | join (t{i - 1}) on operation_Id;" for i in range(1, 30)
         ) + "t29 | count", "at most 5000 columns|more than 500 tables"),
        (f"print {WIDE}", "at most 5000 columns"),
        (f"requests | summarize {WIDE}", "at most 5000 columns"),
        (f"requests | summarize percentiles(duration, {', '.join(['50'] * 5_001)})",
         "at most 5000 arguments"),
        (f"let f = ({', '.join(f'a{i}:long' for i in range(5_001))}) {{ 1 }}; print 1",
         "at most 5000 parameters"),
        ("requests;" * 101, "at most 100 results"),
        ("requests | fork " + "(count) " * 101, "at most 100 results"),
        ("requests | top-nested " + ", ".join(["5 of name by count()"] * 33), "at most 32 levels"),
        ("requests | parse name with " + " ".join(f"'a' b{i}" for i in range(600)),
         "at most 1000 parts"),
        ("print " + "9" * 100_000, "too large"),
        ("print " + "9" * 100_000 + "d", "too large"),
        ("print decimal(1e999999999)", "no decimal"),
        ("print decimal(nan)", "no decimal"),
        ("print datetime(" + "9" * 100_000 + ")", "no datetime"),
        ("requests" + " " * 1_000_000, "at most 1000000 characters"),
        ("x " * 60_001, "at most 60000 words|expected"),
    ],
    ids=lambda value: value[:24],
)  # fmt: skip
def test_what_is_too_much_is_refused_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(KqlError, match=problem) as refused:
        compile(text, DATABASE, OPTIONS)
    assert len(refused.value.diagnostics) <= 2
    assert refused.value.line == 1
    assert refused.value.column >= 1


def test_so_many_mistakes_are_told_and_no_more() -> None:
    texts = [
        "requests | where " + " or ".join(f"nmae{i} == 1" for i in range(5_000)),
        "let x;" * 5_000,
    ]
    for text in texts:
        with pytest.raises(KqlError) as refused:
            compile(text, DATABASE, OPTIONS)
        assert len(refused.value.diagnostics) == 100


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("characters", "requests | where name == 'x'"),
        ("words", "requests | where name == 'x'"),
        ("operators", "requests | take 1 | take 2 | take 3"),
        ("columns", "print a = 1, b = 2, c = 3"),
        ("tables", "union requests, traces, requests"),
        ("results", "requests; traces; requests"),
    ],
)
def test_each_limit_can_be_set(name: str, text: str) -> None:
    assert compile(text, DATABASE, OPTIONS).statements
    limits = replace(CompileLimits(), **{name: 2})
    with pytest.raises(KqlError, match=" 2 "):
        compile(text, DATABASE, replace(OPTIONS, limits=limits))


@pytest.mark.parametrize(
    "text",
    [
        "print datetime(" + " " * 200_000,
        "print timespan(" + " " * 200_000 + "x",
        "print datetime(2024" + " " * 200_000 + "x)",
        "datetime(a " * 40_000,
        "print '" + "\\'" * 100_000,
        "print '" + "\\d" * 100_000,
        "§" * 300_000,
        "§ " * 100_000,
        "'a\n" * 50_000,
        "```" * 100_001,
        "//" * 300_000,
        "([{" * 100_000,
        "requests | " + "a-" * 50_000,
    ],
    ids=lambda text: text[:16].strip(),
)
def test_no_text_takes_longer_than_its_length_says(text: str) -> None:
    """Whatever grows faster than the text would take minutes, and the run would not end."""
    with pytest.raises(KqlError):
        compile(text, DATABASE, OPTIONS)
