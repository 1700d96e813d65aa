"""Reads objects from configuration texts such as `opencensus.trace.samplers.AlwaysOnSampler()`.

A text is never executed as a program. It may name things of the `opencensus` packages, call them,
and pass them numbers, texts, True, False, None, lists, tuples, sets and dicts.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["Namespace", "load"]

_ROOT = "opencensus"


class Namespace:
    """A dotted name whose meaning is looked up when it is called."""

    def __init__(self, name: str, parent: Namespace | None = None) -> None:
        self.parent = parent
        self.name = name

    def __getattr__(self, name: str) -> Namespace:
        if name.startswith("__"):
            # Copying, pickling and inspecting ask for names that stand for no component.
            raise AttributeError(name)
        return type(self)(name, self)

    def __str__(self) -> str:
        return self.name if self.parent is None else f"{self.parent}.{self.name}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Import what the name stands for and call it.

        Raises:
            ImportError: There is no such module.
            AttributeError: The module has no such name.
            ValueError: The name stands for something that the module has from elsewhere.
        """
        module = importlib.import_module(str(self.parent))
        target = getattr(module, self.name)
        origin = getattr(target, "__module__", None) or ""
        if _root(module.__name__) == _ROOT != _root(origin):
            raise ValueError(f"cannot call {self}: it is not part of {_ROOT}")
        return target(*args, **kwargs)

    @classmethod
    def eval(cls, expr: str) -> Any:
        """Return the object that the text describes.

        Raises:
            SyntaxError: It is no expression.
            NameError: It names something else than `opencensus`.
            ValueError: It holds something that a configuration cannot say.
            TypeError: It is no text.
        """
        # Imported where it is needed: programs without configuration texts do without it.
        from opencensus.common.configuration._expression import evaluate

        return evaluate(expr, {_ROOT: _Confined(_ROOT)}, _confined)


class _Confined(Namespace):
    """A name from a text: unlike one that a program makes, it leads nowhere but into `opencensus`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if _root(str(self)) != _ROOT or self.parent is None:
            raise ValueError(f"cannot call {self}: it is not part of {_ROOT}")
        return super().__call__(*args, **kwargs)


def _confined(made: Any) -> Any:
    """Return what a text made; a name that it made leads nowhere else than the text's own."""
    if not isinstance(made, Namespace) or isinstance(made, _Confined):
        return made
    return _Confined(made.name, _confined(made.parent))


def _root(dotted: str) -> str:
    return dotted.partition(".")[0]


def load(expr: str) -> Any:
    """Return the object that a configuration text describes; see `Namespace.eval`."""
    return Namespace.eval(expr)
