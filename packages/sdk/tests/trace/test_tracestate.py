from __future__ import annotations

import pytest

from opencensus.trace.propagation.tracestate_string_format import TracestateStringFormatter
from opencensus.trace.tracestate import Tracestate


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("", "1"), ("A", "1"), ("1a", "1"), ("a b", "1"), ("a" * 257, "1"), (5, "1"),
        ("a", ""), ("a", "b "), ("a", "x,y"), ("a", "x=y"), ("a", "b" * 257), ("a", 5),
    ],
)  # fmt: skip
def test_what_w3c_forbids_is_refused(key, value):
    with pytest.raises(ValueError, match=r"illegal|instance of str"):
        Tracestate()[key] = value


def test_the_order_is_that_of_the_writers():
    state = Tracestate([("a", "1"), ("1tenant@vendor", "2")])
    state.append("b", " 3")
    state.prepend("c", "4")
    assert list(state) == ["c", "a", "1tenant@vendor", "b"]
    state.prepend("b", "5")
    state.append("c", "6")
    assert TracestateStringFormatter().to_string(state) == "b=5,a=1,1tenant@vendor=2,c=6"


def test_one_to_32_members_may_be_sent():
    assert not Tracestate().is_valid()
    assert Tracestate([(f"k{number}", "1") for number in range(32)]).is_valid()
    assert not Tracestate([(f"k{number}", "1") for number in range(33)]).is_valid()


@pytest.mark.parametrize("text", ["a", "A=1", "a =1", "a=1=2", "1=a", "a=1,a=2"])
def test_texts_of_another_form_are_refused(text):
    with pytest.raises(ValueError, match=r"illegal key-value format|conflict key"):
        TracestateStringFormatter().from_string(text)


@pytest.mark.parametrize("text", ["a=1,,b=2", " a=1, b=2\t", ",a=1 ,b=2,"])
def test_empty_members_and_space_between_members_mean_nothing(text):
    """The retired client refused the whole list for an empty member, which W3C allows."""
    assert TracestateStringFormatter().from_string(text) == Tracestate([("a", "1"), ("b", "2")])


def test_a_value_is_taken_whole_or_not_at_all():
    """The retired client cut `a=1=2` to `a=1` and sent that on."""
    with pytest.raises(ValueError, match="illegal key-value format"):
        TracestateStringFormatter().from_string("b=3,a=1=2")
