"""What `render` draws on a terminal."""

from __future__ import annotations

import re

import pytest

import openinsights
from openinsights.query.chart import Chart, chart_of
from openinsights.query.errors import QueryError
from openinsights.query.text_chart import text_chart

WIDTH = 60


@pytest.fixture(scope="module")
def database():
    with openinsights.open(":memory:") as opened:
        yield opened


def chart(database, text):
    result = database.kql(text)
    return chart_of(result.tables[0], result.render)


def drawn(database, text, *, has_colours=False):
    found = chart(database, text)
    assert isinstance(found, Chart), found
    return text_chart(found, width=WIDTH, has_colours=has_colours, height=8)


def test_a_line_rises_from_the_lower_left_to_the_upper_right(database):
    lines = drawn(database, "range x from 0 to 10 step 1 | extend y = x * 10 | render linechart")
    plot = [line.partition("┤")[2] or line.partition("│")[2] for line in lines[:8]]
    starts = [len(line) - len(line.lstrip()) for line in plot]
    assert starts == sorted(starts, reverse=True)
    assert starts[-1] == 0
    assert lines[0].lstrip().startswith("100 ┤")
    assert lines[7].lstrip().startswith("0 ┤")
    assert lines[-1].split()[0] == "0"
    assert lines[-1].split()[-1] == "10"


def test_times_are_labelled_as_long_as_they_differ(database):
    hours = "range t from datetime(2026-01-15 08:00) to datetime(2026-01-15 12:00) step 1h"
    days = "range t from datetime(2026-01-15) to datetime(2026-01-20) step 1d"
    assert drawn(database, f"{hours} | extend n = 1 | render timechart")[-1].split()[0] == "08:00"
    last = drawn(database, f"{days} | extend n = 1 | render timechart")[-1]
    assert last.split()[-1] == "2026-01-20"


TWO = (
    "datatable(t:datetime, code:string, n:long)["
    "datetime(2026-01-15), 'ok', 5, datetime(2026-01-16), 'ok', 7,"
    "datetime(2026-01-15), 'failed', 1, datetime(2026-01-16), 'failed', 2]"
)


def test_without_colours_every_series_has_a_plot_of_its_own(database):
    lines = drawn(database, f"{TWO} | render timechart")
    assert [line for line in lines if line in ("ok", "failed")] == ["ok", "failed"]
    assert sum("┤" in line for line in lines) == 6
    assert not any("\x1b" in line for line in lines)


def test_with_colours_the_series_share_a_plot_and_a_legend_names_them(database):
    lines = drawn(database, f"{TWO} | render timechart", has_colours=True)
    assert re.sub("\x1b\\[\\d*m", "", lines[0]) == "━ ok  ━ failed"
    assert len(set(re.findall("\x1b\\[(\\d+)m", "".join(lines))) - {"0"}) == 2


def test_bars_are_as_long_as_their_values(database):
    lines = drawn(
        database, "datatable(a:string, n:long)['all', 40, 'half', 20, 'none', 0] | render barchart"
    )
    lengths = [line.count("█") for line in lines]
    assert lengths[0] == 2 * lengths[1]
    assert lines[2] == "none │ 0"
    assert lines[0].endswith(" 40")


def test_a_pie_shows_shares(database):
    lines = drawn(
        database,
        "datatable(a:string, n:long)['GET', 75, 'PUT', 25] | render piechart with (title='V')",
    )
    assert lines[0] == "V"
    assert lines[1].endswith("75 (75.0%)")
    assert lines[2].endswith("25 (25.0%)")


def test_columns_stand_side_by_side_above_their_names(database):
    lines = drawn(database, "datatable(a:string, n:long)['Mon', 4, 'Tue', 8] | render columnchart")
    assert lines[-1].split() == ["Mon", "Tue"]
    heights = [sum(line[lines[-1].index(name)] == "█" for line in lines) for name in ("Mon", "Tue")]
    assert heights == [4, 8]


def test_more_columns_than_fit_become_bars(database):
    text = "range x from 1 to 40 step 1 | project a = strcat('name ', x), x | render columnchart"
    lines = drawn(database, text)
    assert len(lines) == 40
    assert lines[0].startswith("name 1  │")


def test_stacked_values_stand_on_each_other(database):
    lines = drawn(
        database,
        "datatable(a:string, k:string, n:long)['x', 'one', 10, 'x', 'two', 30]"
        " | render barchart with (kind=stacked)",
    )
    assert lines[0] == "█ one  ▓ two"
    assert abs(lines[1].count("▓") - 3 * lines[1].count("█")) <= 2
    assert lines[1].endswith(" 40")


def test_what_make_series_makes_is_drawn(database):
    found = chart(
        database,
        "datatable(t:datetime, n:long)[datetime(2026-01-01), 3, datetime(2026-01-03), 7]"
        " | make-series s = sum(n) default = 0 on t from datetime(2026-01-01)"
        " to datetime(2026-01-05) step 1d | render timechart",
    )
    assert [one.values for one in found.series] == [[3.0, 0.0, 7.0, 0.0]]
    assert [place.day for place in found.x] == [1, 2, 3, 4]


def test_properties_choose_the_columns_and_the_bounds(database):
    found = chart(
        database,
        "datatable(a:long, b:long, c:long)[1, 2, 3, 4, 5, 6]"
        " | render linechart with (xcolumn=b, ycolumns=c, ymin=-1, ymax=10)",
    )
    assert (found.x, found.series[0].name, found.series[0].values) == ([2, 5], "c", [3, 6])
    assert (found.low, found.high) == (-1, 10)


def test_gaps_stay_gaps(database):
    lines = drawn(
        database,
        "datatable(x:long, y:real)[1, 1, 2, 1, 3, real(null), 4, real(null), 5, 1] | render linechart",
    )
    top = lines[0].partition("┤")[2]
    assert " " * 20 in top.strip()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("print a = 'x' | render timechart", "needs a column of numbers"),
        ("print a = 1 | render card", "a card is not drawn here"),
    ],
)
def test_what_cannot_be_drawn_says_why(database, text, says):
    assert says in chart(database, text)


def test_a_result_without_rows_says_so(database):
    assert drawn(database, "requests | summarize n = count() by timestamp | render timechart") == [
        "(nothing to draw: no rows)"
    ]


def test_names_of_programs_move_no_cursor(database):
    lines = drawn(
        database,
        "print a = make_string(27, 91, 50, 74, 10, 120), n = 5 | render barchart with (title='\\u001b[2J')",
    )
    assert "\x1b" not in "".join(lines)
    assert "\n" not in "".join(lines)


@pytest.mark.parametrize(
    "kind",
    [
        "timechart",
        "linechart",
        "areachart",
        "columnchart",
        "barchart",
        "piechart",
        "scatterchart",
        "stackedareachart",
    ],
)
@pytest.mark.parametrize("has_colours", [False, True])
@pytest.mark.parametrize("width", [30, 60, 200])
def test_lines_are_never_wider_than_the_terminal(database, kind, has_colours, width):
    text = (
        "range x from 1 to 30 step 1 | extend t = datetime(2026-01-15) + x * 7h,"
        " g = iff(x % 2 == 0, '日本語の名前', 'plain'), v = x * x - 30.5"
        f" | project t, g, v | render {kind}"
    )
    result = database.kql(text)
    found = chart_of(result.tables[0], result.render)
    for line in text_chart(found, width=width, has_colours=has_colours):
        plain = re.sub("\x1b\\[\\d*m", "", line)
        wide = sum(2 if "\u3000" < letter < "\uff00" else 1 for letter in plain)
        assert wide <= width, line


def test_a_result_draws_itself(database):
    text = "datatable(a:string, n:long)['all', 40, 'half', 20]"
    assert (
        database.kql(f"{text} | render barchart").chart(40).splitlines()[1].startswith("half │██")
    )
    with pytest.raises(QueryError, match="end the query with"):
        database.kql(text).chart()
    with pytest.raises(QueryError, match="a card is not drawn here"):
        database.kql(f"{text} | render card").chart()
