"""The attributes of an annotation or a link, and their legacy JSON form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opencensus.common import utils

if TYPE_CHECKING:
    from collections.abc import MutableMapping


def _format_attribute_value(value: Any) -> dict[str, Any] | None:
    if isinstance(value, bool):
        return {"bool_value": value}
    if isinstance(value, int):
        return {"int_value": value}
    if isinstance(value, str):
        return {"string_value": utils.get_truncatable_str(value)}
    if isinstance(value, float):
        return {"double_value": value}
    return None


class Attributes:
    """Named values.

    Args:
        attributes: The values to begin with; the mapping itself is kept and changed.
    """

    def __init__(self, attributes: MutableMapping[str, Any] | None = None) -> None:
        self.attributes: MutableMapping[str, Any] = attributes or {}

    def set_attribute(self, key: str, value: Any) -> None:
        """Set one value."""
        self.attributes[key] = value

    def delete_attribute(self, key: str) -> None:
        """Remove one value, if it is there."""
        self.attributes.pop(key, None)

    def get_attribute(self, key: str) -> Any:
        """Return one value, or None."""
        return self.attributes.get(key)

    def format_attributes_json(self) -> dict[str, Any]:
        """Return the legacy JSON form.

        Texts are cut to 128 bytes; values that are no bool, int, float or str are left out.
        """
        formatted = {}
        for key, value in self.attributes.items():
            formatted_value = _format_attribute_value(value)
            if formatted_value is not None:
                formatted[utils.check_str_length(str(key))[0]] = formatted_value
        return {"attributeMap": formatted}
