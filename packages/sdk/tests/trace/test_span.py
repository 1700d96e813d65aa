from __future__ import annotations

import threading

import pytest

from opencensus.trace import Span as ExportedSpan
from opencensus.trace import link, span, stack_trace, status, time_event
from opencensus.trace.span import BoundedDict, BoundedList, Span, SpanKind, format_span_json


def test_defaults():
    made = Span("work")
    assert ExportedSpan is Span
    assert len(made.span_id) == 16
    assert made.parent_span is None
    assert made.start_time is None
    assert made.end_time is None
    assert made.status.__dict__ == status.Status.as_ok().__dict__
    assert made.children == []
    assert made.span_kind == SpanKind.UNSPECIFIED
    assert (made.attributes.maxlen, made.annotations.maxlen) == (32, 32)
    assert (made.message_events.maxlen, made.links.maxlen) == (128, 32)


def test_given_parts_are_kept():
    event = time_event.MessageEvent(None, "1")
    made = Span(
        "work",
        attributes={"key": 1},
        message_events=[event] * 128,
        links=[link.Link("a", "b")],
        span_id="c" * 16,
        span_kind=SpanKind.CLIENT,
    )
    assert dict(made.attributes) == {"key": 1}
    assert len(made.message_events) == 128
    assert made.span_id == "c" * 16


@pytest.mark.parametrize(
    ("part", "limit"),
    [("annotations", 32), ("message_events", 128), ("links", 32)],
)
def test_too_many_given_parts_are_refused(part, limit):
    with pytest.raises(ValueError, match=f"at most {limit}"):
        Span("work", **{part: [object()] * (limit + 1)})


def test_too_many_given_attributes_are_refused():
    with pytest.raises(ValueError, match="at most 32"):
        Span("work", attributes={str(number): number for number in range(33)})


def test_attributes_beyond_the_limit_push_out_the_oldest():
    made = Span("work")
    for number in range(40):
        made.add_attribute(str(number), number)
    assert list(made.attributes) == [str(number) for number in range(8, 40)]
    assert made.attributes.dropped == 8


def test_only_links_and_statuses_are_taken():
    made = Span("work")
    with pytest.raises(TypeError, match="received str, but requires Link"):
        made.add_link("link")
    with pytest.raises(TypeError, match="received int, but requires Status"):
        made.set_status(5)
    made.add_link(link.Link("a", "b"))
    made.set_status(status.Status(5))
    assert len(made.links) == 1
    assert made.status.canonical_code == 5


def test_each_new_span_is_told_to_the_callbacks(monkeypatch):
    monkeypatch.setattr(Span, "_on_create_callbacks", [])
    seen = []
    Span.on_create(seen.append)
    made = Span("work")
    child = made.span("child")
    assert seen == [made, child]


def test_a_span_of_no_tracer_measures_itself():
    with pytest.raises(RuntimeError), Span("work") as made:
        raise RuntimeError("broken")
    assert made.start_time <= made.end_time
    assert made.status.message == "broken"
    assert isinstance(made.stack_trace, stack_trace.StackTrace)


def test_a_start_that_was_given_stays():
    start = "2020-01-01T00:00:00.000000Z"
    with Span("work", start_time=start) as made:
        pass
    assert made.start_time == start
    made.start()
    assert made.start_time > start


def test_a_foreign_tracer_ends_its_spans():
    class Foreign:
        ended = 0

        def end_span(self):
            self.ended += 1

    tracer = Foreign()
    with Span("work", context_tracer=tracer):
        pass
    assert tracer.ended == 1


def test_the_legacy_json_has_what_there_is():
    made = Span("work", parent_span=Span("parent", span_id="d" * 16), span_id="e" * 16)
    made.start()
    assert format_span_json(made) == {
        "displayName": {"value": "work", "truncated_byte_count": 0},
        "spanId": "e" * 16,
        "startTime": made.start_time,
        "endTime": None,
        "childSpanCount": 0,
        "parentSpanId": "d" * 16,
        "status": {"code": 0},
    }
    made.add_attribute("key", "value")
    made.add_annotation("note", count=1)
    made.add_link(link.Link("a", "b"))
    json = format_span_json(made)
    assert json["attributes"]["attributeMap"]["key"]["string_value"]["value"] == "value"
    assert json["timeEvents"]["timeEvent"][0]["annotation"]["attributes"] == {
        "attributeMap": {"count": {"int_value": 1}}
    }
    assert json["links"] == {"link": [{"trace_id": "a", "span_id": "b", "type": 0}]}


def test_a_bounded_list_drops_the_oldest_and_counts():
    bounded = BoundedList(2)
    bounded.append(1)
    bounded.extend([2, 3])
    assert list(bounded) == [2, 3]
    assert (bounded[0], bounded[-1], len(bounded), bounded.dropped) == (2, 3, 2, 1)
    bounded.extend(range(10))
    assert (list(bounded), bounded.dropped) == ([8, 9], 11)
    assert repr(bounded) == "BoundedList([8, 9], maxlen=2)"
    with pytest.raises(ValueError, match="at most 2"):
        BoundedList.from_seq(2, [1, 2, 3])


def test_a_bounded_dict_makes_a_key_set_again_the_newest():
    bounded = BoundedDict.from_map(2, {"a": 1, "b": 2})
    bounded["a"] = 3
    bounded["c"] = 4
    assert dict(bounded) == {"a": 3, "c": 4}
    assert bounded.dropped == 1
    assert repr(bounded) == "BoundedDict({'a': 3, 'c': 4}, maxlen=2)"
    del bounded["a"]
    assert bounded == {"c": 4}
    with pytest.raises(KeyError):
        bounded["a"]


def test_a_bounded_dict_of_nothing_keeps_nothing():
    bounded = BoundedDict(0)
    bounded["a"] = 1
    assert (len(bounded), bounded.dropped) == (0, 1)


def test_threads_may_fill_one_span():
    made = Span("work")
    everyone = threading.Barrier(4)

    def fill(number):
        everyone.wait(timeout=30)
        for step in range(500):
            made.add_attribute(f"{number}.{step}", step)
            made.add_annotation("note")
            assert len(made.attributes.items()) <= 32

    threads = [threading.Thread(target=fill, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert (len(made.attributes), made.attributes.dropped) == (32, 2000 - 32)
    assert (len(made.annotations), made.annotations.dropped) == (32, 2000 - 32)


def test_the_limits_have_their_names():
    assert (span.MAX_NUM_ATTRIBUTES, span.MAX_NUM_ANNOTATIONS) == (32, 32)
    assert (span.MAX_NUM_MESSAGE_EVENTS, span.MAX_NUM_LINKS) == (128, 32)


def test_the_oldest_entry_is_taken_first():
    entries = BoundedDict(3)
    for key in "abcd":
        entries[key] = key.upper()
    assert [entries.popitem() for _ in range(3)] == [("b", "B"), ("c", "C"), ("d", "D")]
    with pytest.raises(KeyError):
        entries.popitem()
