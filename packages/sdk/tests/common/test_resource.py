from __future__ import annotations

import time

import pytest

from opencensus.common import resource
from opencensus.common.resource import Resource


def test_a_resource_has_a_kind_and_labels_of_its_own():
    labels = {"a": "b"}
    made = Resource("kind", labels)
    labels["a"] = "changed"
    made.get_labels()["a"] = "changed"
    assert (made.get_type(), made.get_labels()) == ("kind", {"a": "b"})
    assert (Resource().type, Resource().labels) == (None, {})


@pytest.mark.parametrize(
    ("type_", "labels", "message"),
    [
        ("", None, "type must not be empty"),
        ("t" * 257, None, "longer than 256"),
        ("é", None, 'Character "é" at position 0'),
        ("t", {"": "v"}, "key must not be null or empty"),
        ("t", {None: "v"}, "key must not be null or empty"),
        ("t", {"k": None}, "value must not be null"),
        ("t", {"k" * 257: "v"}, "longer than 256"),
        ("t", {"k": "v" * 257}, "longer than 256"),
        ("t", {"k": "a\n"}, "at position 1 is not printable ASCII"),
    ],
)
def test_texts_that_are_not_allowed_are_refused(type_, labels, message):
    with pytest.raises(ValueError, match=message):
        Resource(type_, labels)


def test_what_the_first_knows_wins():
    first, second = Resource("a", {"x": "1"}), Resource("b", {"x": "2", "y": "3"})
    assert vars(first.merge(second)) == {"type": "a", "labels": {"x": "1", "y": "3"}}
    assert Resource().merge(second).type == "b"
    merged = resource.merge_resources([Resource(), first, second])
    assert vars(merged) == {"type": "a", "labels": {"x": "1", "y": "3"}}
    alone = resource.merge_resources([first])
    assert vars(alone) == vars(first)
    assert alone.labels is not first.labels
    with pytest.raises(ValueError, match="there is none"):
        resource.merge_resources([])


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("a=b", {"a": "b"}),
        (" a = b , c = d ", {"a": "b", "c": "d"}),
        ('a="b c",d=\'e,f\',"g h"=i', {"a": "b c", "d": "e,f", "g h": "i"}),
        ('k="v=w"', {"k": "v=w"}),
        ('a=""', {"a": ""}),
        ('a="x', {"a": '"x'}),
        ("", None),
        ("a", None),
        ("a=", None),
        ("=b", None),
        ("a=b,", None),
        ("a=b,,c=d", None),
        ("a=b=c", None),
        ("a=b,garbage,c=d", None),
    ],
)
def test_labels_are_read_from_texts(text, labels):
    assert resource.parse_labels(text) == labels


def test_of_a_key_that_occurs_twice_the_last_value_counts(caplog):
    assert resource.parse_labels("a=b,a=c") == {"a": "c"}
    assert caplog.messages == ['Duplicate label key "a"']


def test_a_long_text_is_refused_quickly():
    started = time.process_time()
    assert resource.parse_labels("a=b" * 5000 + ",") is None
    assert resource.parse_labels("a" * 50_000) is None
    assert time.process_time() - started < 5


def test_the_environment_describes_a_resource(monkeypatch):
    monkeypatch.delenv("OC_RESOURCE_TYPE", raising=False)
    monkeypatch.setenv("OC_RESOURCE_LABELS", "a=b")
    assert resource.get_from_env() is None
    monkeypatch.setenv("OC_RESOURCE_TYPE", " kind ")
    assert vars(resource.get_from_env()) == {"type": "kind", "labels": {"a": "b"}}
    monkeypatch.setenv("OC_RESOURCE_LABELS", "nonsense")
    assert vars(resource.get_from_env()) == {"type": "kind", "labels": {}}
    monkeypatch.setenv("OC_RESOURCE_TYPE", " ")
    with pytest.raises(ValueError, match="must not be empty"):
        resource.get_from_env()


def test_quotation_marks_are_taken_off_in_pairs():
    assert [resource.unquote(text) for text in ('"a"', "'a'", '"a', "'a\"", '""', '"', "")] == [
        "a", "a", '"a', "'a\"", "", '"', "",
    ]  # fmt: skip
