"""How viewers write filters and metrics, and what is refused. Rules L20 to L22."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openinsights.live.errors import InvalidFilter
from openinsights.live.filters import (
    View,
    configuration_of,
    metric_info,
    stream_info,
    view_of,
)
from openinsights_wire.live.configuration import understood
from openinsights_wire.live.messages import ConfigurationInfo


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("request", "Request", []),
        ("Requests", "Request", []),
        ("dependencies", "Dependency", []),
        ("trace where Message contains basket", "Trace", [("Message", "Contains", "basket")]),
        (
            'request where url !contains "/health check" and responsecode>=500',
            "Request",
            [
                ("Url", "DoesNotContain", "/health check"),
                ("ResponseCode", "GreaterThanOrEqual", "500"),
            ],
        ),
        (
            "request where Duration > 500ms",
            "Request",
            [("Duration", "GreaterThan", "0.00:00:00.500")],
        ),
        ("request where Duration<1.5s", "Request", [("Duration", "LessThan", "0.00:00:01.500")]),
        ("request where Duration == 00:00:02", "Request", [("Duration", "Equal", "00:00:02")]),
        ("request where Success = FALSE", "Request", [("Success", "Equal", "FALSE")]),
        ("dependency where Type != SQL", "Dependency", [("Type", "NotEqual", "SQL")]),
        ("exception where * contains boom", "Exception", [("*", "Contains", "boom")]),
        (
            r'event where CustomDimensions.tier == "a \"b\" c"',
            "Event",
            [("CustomDimensions.tier", "Equal", 'a "b" c')],
        ),
        (
            'event where "CustomDimensions.my key" == x',
            "Event",
            [("CustomDimensions.my key", "Equal", "x")],
        ),
        (
            "trace where SeverityLevel >= Warning",
            "Trace",
            [("SeverityLevel", "GreaterThanOrEqual", "Warning")],
        ),
    ],
)
def test_filter_becomes_what_clients_are_asked(text, kind, expected) -> None:
    (group,) = stream_info([text]).document_filter_groups
    assert group.telemetry_type == kind
    told = [(one.field_name, one.predicate, one.comparand) for one in group.filters.filters]
    assert told == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it ends where a kind of telemetry is expected"),
        ("metric", "'metric' is none of request, dependency"),
        ("request Url contains x", "'where' is expected in place of 'Url'"),
        ("request where", "it ends where a field is expected"),
        ("request where Url", "it ends where an operator is expected"),
        ("request where Url contains", "it ends where a value is expected"),
        ("request where Url like x", "'like' is none of"),
        ("request where Url contains x or", "'and' is expected in place of 'or'"),
        ("request where Colour == red", "it has no such field; request has Name, Url"),
        ("request where Duration > soon", "a duration"),
        ("request where Duration > 99999999999999999999h", "Duration is never as long as 9999"),
        ("request where Success == maybe", "true or false"),
        ('request where Url == "open', "cannot read"),
        ("request where Name == " + "x" * 1_000, "more than 1000 characters"),
    ],
)
def test_filter_that_is_not_understood_says_what_is_expected(text, why) -> None:
    with pytest.raises(InvalidFilter, match=why):
        stream_info([text])


@pytest.mark.parametrize(
    ("text", "kind", "projection", "aggregation"),
    [
        ("count() of exception", "Exception", "Count()", "Sum"),
        ("Count() of request where Success == false", "Request", "Count()", "Sum"),
        ("avg(Duration) of request", "Request", "Duration", "Avg"),
        ("max(CustomMetrics.size) of event", "Event", "CustomMetrics.size", "Max"),
        (
            "min ( CustomDimensions.n ) of trace where Message contains x",
            "Trace",
            "CustomDimensions.n",
            "Min",
        ),
    ],
)
def test_metric_becomes_what_clients_are_asked(text, kind, projection, aggregation) -> None:
    info = metric_info(text)
    assert (info.telemetry_type, info.projection) == (kind, projection)
    assert (info.aggregation, info.back_end_aggregation) == (aggregation, aggregation)
    assert understood(ConfigurationInfo("1", [info], [])).errors == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "count"),
        ("median(Duration) of request", "'median' is none of count, avg"),
        ("avg(Success) of request", "cannot take numbers"),
        ("avg() of request", "'\\)' is expected in place of 'of'"),
        ("count() request", "'of' is expected"),
        ("count", "it ends"),
    ],
)
def test_metric_that_is_not_understood_says_what_is_expected(text, why) -> None:
    with pytest.raises(InvalidFilter, match=why):
        metric_info(text)


def test_view_has_a_bounded_number_of_filters() -> None:
    with pytest.raises(InvalidFilter, match="more than 10"):
        view_of(filters=["request"] * 6, metrics=["count() of request"] * 5)


def test_configuration_is_the_same_for_the_same_wishes_in_any_order() -> None:
    first = View(filters=("request", "trace"), metrics=("count() of request",))
    second = View(role="web", metrics=("count() of trace", "count() of request"))
    forth, back = configuration_of([first, second]), configuration_of([second, first, first])
    assert forth == back
    assert forth.e_tag
    assert configuration_of([first]).e_tag != forth.e_tag
    assert [stream.id for stream in configuration_of([first]).document_streams] == list(
        first.stream_ids
    )


def test_everything_that_viewers_can_ask_can_be_followed() -> None:
    view = View(
        filters=("request where Duration > 1s", "event"), metrics=("sum(Duration) of dependency",)
    )
    configuration = understood(configuration_of([View(), view]))
    assert configuration.errors == ()
    assert {stream.id for stream in configuration.streams} == View().stream_ids | view.stream_ids


@given(st.text(max_size=60) | st.text(alphabet='request where and "()\\<>=! Duration', max_size=60))
@example('request where Name == "\\')
@example("\ud800")
def test_any_text_is_understood_or_refused(text: str) -> None:
    for read in (lambda: stream_info([text]), lambda: metric_info(text)):
        with suppress(InvalidFilter):
            read()
