from __future__ import annotations

import pytest

from opencensus.tags import Tag, TagKey, TagMap, TagValue, validation
from opencensus.tags.propagation.binary_serializer import BinarySerializer


@pytest.mark.parametrize(
    ("text", "is_key", "is_value"),
    [
        ("a", True, True),
        (" ~", True, True),
        ("", False, True),
        ("a" * 255, True, True),
        ("a" * 256, False, False),
        ("é", False, False),
        ("\x7f", False, False),
    ],
)
def test_keys_and_values_are_short_printable_ascii(text, is_key, is_value):
    assert validation.is_valid_tag_name(text) is is_key
    assert validation.is_valid_tag_value(text) is is_value
    for make, allowed in ((TagKey, is_key), (TagValue, is_value)):
        if allowed:
            assert make(text) == text
        else:
            with pytest.raises(ValueError, match="255 characters and of ascii values"):
                make(text)


def test_a_tag_is_a_checked_pair():
    tag = Tag("key", "value")
    assert repr(tag) == "Tag(key='key', value='value')"
    assert isinstance(tag.key, TagKey)
    assert isinstance(tag.value, TagValue)
    with pytest.raises(ValueError, match="tag name"):
        Tag("", "value")


def test_inserting_keeps_and_updating_changes_what_is_there():
    tags = TagMap([Tag("a", "1"), ("b", "2")])
    tags.insert("a", "other")
    tags.insert("c", "3")
    tags.update("b", "5")
    tags.update("absent", "6")
    tags.delete("c")
    tags.delete("absent")
    assert list(tags) == [("a", "1"), ("b", "5")]
    assert tags.get_value("b") == "5"
    assert tags.tag_key_exists("a")
    assert not tags.tag_key_exists("c")
    with pytest.raises(KeyError, match="key is not in map"):
        tags.get_value("c")
    with pytest.raises(ValueError, match="tag name"):
        tags.insert("", "1")


@pytest.mark.parametrize("length", [0, 1, 127, 128, 200, 255])
def test_tags_of_any_allowed_length_survive_as_bytes(length):
    tags = TagMap([("key", "v" * length), ("k2", "v2")])
    binary = BinarySerializer().to_byte_array(tags)
    assert list(BinarySerializer().from_byte_array(binary)) == list(tags)


def test_the_bytes_are_version_field_and_texts_with_lengths():
    binary = BinarySerializer().to_byte_array(TagMap([("key", "value"), ("k2", "v2")]))
    assert binary == b"\x00\x00\x03key\x05value\x00\x02k2\x02v2"
    assert BinarySerializer().to_byte_array(TagMap()) == b"\x00"


def test_bytes_are_read_until_an_unknown_field():
    read = BinarySerializer().from_byte_array
    assert list(read(b"\x00\x00\x03key\x05value\x07rest")) == [("key", "value")]
    assert list(read(b"\x00\x01\x01a")) == []


@pytest.mark.parametrize("binary", [b"\x01", b"\x00\x00", b"\x00\x00\x05ab", b"\x00\x00\x01a\xff"])
def test_bytes_that_are_no_tags_are_refused(binary):
    with pytest.raises(ValueError, match=r"Invalid version id|bytes end within"):
        BinarySerializer().from_byte_array(binary)


def test_no_bytes_are_no_tags_and_too_many_tags_are_not_sent(caplog):
    assert list(BinarySerializer().from_byte_array(b"")) == []
    many = TagMap([(f"k{number}", "v" * 120) for number in range(100)])
    assert BinarySerializer().to_byte_array(many) is None
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
