"""Tags as bytes: a version, then per tag a field number and two texts with their lengths."""

from __future__ import annotations

import logging

from opencensus.tags import tag_map as tag_map_module

VERSION_ID = 0
TAG_FIELD_ID = 0
TAG_MAP_SERIALIZED_SIZE_LIMIT = 8192
UTF8 = "utf-8"

_log = logging.getLogger(__name__)


class BinarySerializer:
    """Writes a `TagMap` as bytes and reads it back."""

    def from_byte_array(self, binary: bytes) -> tag_map_module.TagMap:
        """Return the tags; what follows an unknown field is not read.

        Raises:
            ValueError: The version is unknown, or the bytes end within a tag.
        """
        if len(binary) <= 0:
            _log.warning("Input byte[] cannot be empty.")
            return tag_map_module.TagMap()
        if binary[0] != VERSION_ID:
            raise ValueError("Invalid version id.")
        return self._parse_tags(memoryview(binary))

    def to_byte_array(self, tag_context: tag_map_module.TagMap) -> bytes | None:
        """Return the tags as bytes, or None with a warning when they are too long to be sent."""
        encoded = bytearray([VERSION_ID])
        for key, value in tag_context:
            self._encode_tag(key, value, encoded)
        if len(encoded) > TAG_MAP_SERIALIZED_SIZE_LIMIT:
            _log.warning("Size of the tag context exceeds the maximum size")
            return None
        return bytes(encoded)

    def _parse_tags(self, buffer: memoryview) -> tag_map_module.TagMap:
        tags = tag_map_module.TagMap()
        position = 1
        while position < len(buffer) and buffer[position] == TAG_FIELD_ID:
            key, position = self._decode_string(buffer, position + 1)
            value, position = self._decode_string(buffer, position)
            tags.insert(key, value)
        return tags

    def _encode_tag(self, tag_key: str, tag_value: str, encoded_bytes: bytearray) -> None:
        encoded_bytes.append(TAG_FIELD_ID)
        self._encode_string(tag_key, encoded_bytes)
        self._encode_string(tag_value, encoded_bytes)

    def _encode_string(self, input_str: str, encoded_bytes: bytearray) -> None:
        text = input_str.encode(UTF8)
        encoded_bytes += _varint(len(text))
        encoded_bytes += text

    def _decode_string(self, buffer: memoryview, pos: int) -> tuple[str, int]:
        length, start = _read_varint(buffer, pos)
        end = start + length
        if end > len(buffer):
            raise ValueError("cannot read the tags: the bytes end within a text")
        return bytes(buffer[start:end]).decode(UTF8), end


def _varint(number: int) -> bytes:
    """Return the number in groups of 7 bits, lowest first; the top bit says that more follow."""
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)


def _read_varint(buffer: memoryview, position: int) -> tuple[int, int]:
    number = shift = 0
    while position < len(buffer):
        group = buffer[position]
        position += 1
        number |= (group & 0x7F) << shift
        if group < 0x80:
            return number, position
        shift += 7
    raise ValueError("cannot read the tags: the bytes end within a length")
