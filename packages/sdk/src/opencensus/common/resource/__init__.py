"""What telemetry is about: a kind of resource and labels that tell one from another."""

from __future__ import annotations

import logging
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

logger = logging.getLogger(__name__)

OC_RESOURCE_TYPE = "OC_RESOURCE_TYPE"
OC_RESOURCE_LABELS = "OC_RESOURCE_LABELS"

_MAX_LENGTH = 256
_WORD = r"""'[^']*'|"[^"]*"|[^\s,=]+"""
_LABEL = rf"\s*({_WORD})\s*=\s*({_WORD})\s*"
_LABEL_RE = re.compile(_LABEL)
_LABELS_RE = re.compile(rf"{_LABEL}(?:,{_LABEL})*")
_NOT_PRINTABLE_ASCII_RE = re.compile(r"[^ -~]")


def check_ascii_256(string: str | None) -> None:
    """Do nothing for a text of at most 256 printable ASCII characters, or for None.

    Raises:
        ValueError: It is longer or has other characters.
    """
    if string is None:
        return
    if len(string) > _MAX_LENGTH:
        raise ValueError(f"Value is longer than {_MAX_LENGTH} characters")
    other = _NOT_PRINTABLE_ASCII_RE.search(string)
    if other is not None:
        raise ValueError(
            f'Character "{other.group()}" at position {other.start()} is not printable ASCII'
        )


class Resource:
    """A resource.

    Args:
        type_: The kind, such as `k8s.io/container`; None when it is not known.
        labels: What tells it from others of its kind.

    Raises:
        ValueError: The type or a key is empty, a value is None, or a text is too long or not
            printable ASCII.
    """

    def __init__(self, type_: str | None = None, labels: Mapping[str, str] | None = None) -> None:
        if type_ is not None and not type_:
            raise ValueError("Resource type must not be empty")
        check_ascii_256(type_)
        for key, value in (labels or {}).items():
            if not key:
                raise ValueError("Resource key must not be null or empty")
            if value is None:
                raise ValueError("Resource value must not be null")
            check_ascii_256(key)
            check_ascii_256(value)
        self.type = type_
        self.labels = dict(labels or {})

    def get_type(self) -> str | None:
        """Return the kind."""
        return self.type

    def get_labels(self) -> dict[str, str]:
        """Return a copy of the labels."""
        return dict(self.labels)

    def merge(self, other: Resource) -> Resource:
        """Return a resource with what both know; what this one knows wins."""
        return Resource(self.type or other.type, {**other.labels, **self.labels})


def merge_resources(resource_list: Sequence[Resource]) -> Resource:
    """Return a resource with what all of them know; what an earlier one knows wins.

    Raises:
        ValueError: There is none.
    """
    if not resource_list:
        raise ValueError("cannot merge resources: there is none")
    merged = Resource()
    for resource in resource_list:
        merged = merged.merge(resource)
    return merged


def unquote(string: str) -> str:
    """Return a text without the quotation marks around it, if it has a pair of equal ones."""
    if len(string) >= 2 and string[0] == string[-1] and string[0] in "'\"":
        return string[1:-1]
    return string


def parse_labels(labels_str: str) -> dict[str, str] | None:
    """Return the labels of a text such as `k1=v1, k2="v 2"`, or None when it has another form.

    Of a key that occurs twice the last value counts, with a warning.
    """
    if not _LABELS_RE.fullmatch(labels_str):
        return None
    labels: dict[str, str] = {}
    for match in _LABEL_RE.finditer(labels_str):
        key, value = unquote(match.group(1)), unquote(match.group(2))
        if key in labels:
            logger.warning('Duplicate label key "%s"', key)
        labels[key] = value
    return labels


def get_from_env() -> Resource | None:
    """Return the resource that the environment describes, or None.

    `OC_RESOURCE_TYPE` is its kind, `OC_RESOURCE_LABELS` its labels; without a kind there is none.

    Raises:
        ValueError: What is described is no valid resource.
    """
    type_env = os.environ.get(OC_RESOURCE_TYPE)
    if type_env is None:
        return None
    labels_env = os.environ.get(OC_RESOURCE_LABELS)
    labels = None if labels_env is None else parse_labels(labels_env)
    return Resource(type_env.strip(), labels)
