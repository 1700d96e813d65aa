from __future__ import annotations

from opencensus.trace.attributes import Attributes
from opencensus.trace.attributes_helper import COMMON_ATTRIBUTES, GRPC_ATTRIBUTES
from opencensus.trace.link import Link, Type
from opencensus.trace.time_event import MessageEvent


def test_values_are_set_read_and_deleted():
    attributes = Attributes({"a": 1})
    attributes.set_attribute("b", 2)
    attributes.delete_attribute("a")
    attributes.delete_attribute("absent")
    assert attributes.attributes == {"b": 2}
    assert attributes.get_attribute("b") == 2
    assert attributes.get_attribute("absent") is None


def test_each_kind_of_value_has_its_json_and_others_are_left_out():
    attributes = Attributes(
        {"i": 1, "b": True, "f": 1.5, "s": "x" * 130, "none": None, "bytes": b"", "list": [1], 5: 6}
    )
    assert attributes.format_attributes_json() == {
        "attributeMap": {
            "i": {"int_value": 1},
            "b": {"bool_value": True},
            "f": {"double_value": 1.5},
            "s": {"string_value": {"value": "x" * 128, "truncated_byte_count": 2}},
            "5": {"int_value": 6},
        }
    }
    assert Attributes().format_attributes_json() == {"attributeMap": {}}


def test_the_names_that_integrations_use_are_known():
    assert len(COMMON_ATTRIBUTES) == 21
    assert COMMON_ATTRIBUTES["HTTP_STATUS_CODE"] == "http.status_code"
    assert GRPC_ATTRIBUTES == {"GRPC_HOST_PORT": "grpc.host_port", "GRPC_METHOD": "grpc.method"}


def test_a_link_has_its_type_and_attributes():
    attributes = Attributes({"why": "batch"})
    assert Link("t", "s", Type.PARENT_LINKED_SPAN, attributes).format_link_json() == {
        "trace_id": "t",
        "span_id": "s",
        "type": 2,
        "attributes": attributes,
    }


def test_a_message_of_unknown_size_has_none():
    assert MessageEvent(None, "id").format_message_event_json() == {"id": "id", "type": 0}
    sized = MessageEvent(None, "id", 2, 10, 4).format_message_event_json()
    assert (sized["uncompressed_size_bytes"], sized["compressed_size_bytes"]) == (10, 4)
