"""A short text cannot make the compiler large: what doubles is refused while it is small."""

from __future__ import annotations

import pytest

from openinsights.kql.api import CompileOptions, Database, compile
from openinsights.kql.errors import KqlError
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
