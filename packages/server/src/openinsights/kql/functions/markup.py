"""parse_xml(): XML as a dynamic value.

An element is a key. Its attributes are keys with `@`, its text beside them is `#text`; elements of
one name become an array, and what holds nothing is null. Text that is a number becomes one.
Namespaces keep their prefixes.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from openinsights.kql.functions.row import Function, Kind, Naming, Null, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

_LONGEST: Final = 1_048_576
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")

Json = Any  # what the XML holds


@dataclass(slots=True)
class _Element:
    name: str
    attributes: dict[str, str]
    children: list[tuple[str, Json]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def value(self) -> Json:
        parts: dict[str, Json] = {f"@{name}": value for name, value in self.attributes.items()}
        text = "".join(self.text).strip()
        if not parts and not self.children:
            return _scalar(text) if text else None
        if text:
            parts["#text"] = _scalar(text)
        counts = Counter(name for name, _ in self.children)
        for name, value in self.children:
            if counts[name] > 1:
                parts.setdefault(name, []).append(value)
            else:
                parts[name] = value
        return parts


def _scalar(text: str) -> Json:
    return json.loads(text) if _NUMBER.fullmatch(text) else text


def parse_xml(text: str) -> str | None:
    """XML as a bag with the root element; null for what is no XML, or too much of it."""
    if not text or len(text.encode()) > _LONGEST:
        return None
    open_elements = [_Element("", {})]

    def start(name: str, attributes: dict[str, str]) -> None:
        open_elements.append(_Element(name, attributes))

    def end(name: str) -> None:
        element = open_elements.pop()
        open_elements[-1].children.append((element.name, element.value()))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda data: open_elements[-1].text.append(data)
    # Entities that a text declares for itself can make it grow without end.
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(text, True)
        return json_text(dict(open_elements[0].children))
    except (expat.ExpatError, ValueError, RecursionError):
        return None


def _refuse(*declaration: object) -> None:
    raise ValueError


FUNCTIONS: Final = (
    Function(
        "parse_xml",
        (Kind.STRING,),
        KqlType.DYNAMIC,
        "kql_parse_xml({0})",
        naming=Naming.FIRST,
        null=Null.MAKES,
        python=Udf(parse_xml, ("VARCHAR",), "VARCHAR"),
    ),
)
"""The family's row."""
