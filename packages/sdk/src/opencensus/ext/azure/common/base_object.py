"""Objects whose fields are reached as attributes or as items, with defaults that are not stored."""

from __future__ import annotations

from typing import Any


class BaseObject(dict[str, Any]):
    """A dict whose keys are attributes too; what is not in it comes from the class's defaults."""

    _default: Any

    def __repr__(self) -> str:
        shown: dict[str, Any] = {}
        layer = self
        while True:
            shown = {**shown, **{key: value for key, value in layer.items() if key not in shown}}
            if layer._default is layer or layer._default == layer:
                return repr(shown)
            layer = layer._default

    def __getitem__(self, key: str) -> Any:
        if key in self or self._default is self:
            return super().__getitem__(key)
        return self._default[key]

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            message = f"'{type(self).__name__}' object has no attribute {name}"
            raise AttributeError(message) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


BaseObject._default = BaseObject()
