"""Marks functions of other libraries that an integration has replaced, so that none is twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

_MARK = "_opencensus_replacement"


def marked(replacement: F) -> F:
    """Return a replacement that :func:`is_patched` knows again."""
    setattr(replacement, _MARK, True)
    return replacement


def is_patched(function: object) -> bool:
    """Return whether a function is a replacement of ours; those of others are no obstacle."""
    # An object that answers to every name, such as a mock, is no replacement.
    return getattr(function, _MARK, None) is True
