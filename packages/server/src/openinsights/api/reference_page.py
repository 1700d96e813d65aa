"""The description of the API as a page to read: plain HTML without scripts, nothing from elsewhere."""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_REFERENCE = re.compile(r"&quot;#/components/schemas/([\w.-]+)&quot;")
_STYLE = """
:root{color-scheme:light dark;--line:#8886;--soft:#8882}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
code,pre{font-family:ui-monospace,monospace;font-size:.92em}
pre{overflow:auto;background:var(--soft);padding:.6rem;border-radius:4px}
details{border:1px solid var(--line);border-radius:4px;margin:.4rem 0;padding:0 .8rem}
details[open]{padding-bottom:.6rem}
summary{cursor:pointer;padding:.5rem 0}
summary b{display:inline-block;min-width:4.5rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;
border-bottom:1px solid var(--line)}
nav a{margin-right:1rem}
"""


def reference_page(document: dict[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    info = document["info"]
    title = f"{escape(info['title'])} REST API"
    return "".join(
        (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{title}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{title} {escape(info['version'])}</h1>",
            f"<p>{_text(info['description'])}</p>",
            '<p>For programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>',
            "<nav aria-label='Rooms'>",
            *(f'<a href="#{_id(tag)}">{escape(tag)}</a>' for tag in _tags(document)),
            '<a href="#schemas">schemas</a></nav>',
            *(piece for tag in _tags(document) for piece in _room(document, tag)),
            '<h2 id="schemas">schemas</h2>',
            *_schemas(document),
            "</body></html>\n",
        )
    )


def _tags(document: dict[str, Any]) -> list[str]:
    return [each["name"] for each in document["tags"]]


def _room(document: dict[str, Any], tag: str) -> Iterator[str]:
    yield f'<h2 id="{_id(tag)}">{escape(tag)}</h2>'
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield from _operation(method.upper(), path, operation)


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f'<details id="{escape(operation["operationId"])}"><summary><b>{method}</b> '
    yield f"<code>{escape(path)}</code> {_text(operation['summary'])}</summary>"
    if "description" in operation:
        yield f"<p>{_text(operation['description'])}</p>"
    if operation.get("parameters"):
        yield "<h3>Parameters</h3><table><tr><th>name</th><th>in</th><th>type</th><th></th></tr>"
        for each in operation["parameters"]:
            needed = " (required)" if each["required"] else ""
            yield f"<tr><td><code>{escape(each['name'])}</code>{needed}</td><td>{each['in']}</td>"
            yield f"<td><code>{escape(_type(each['schema']))}</code></td>"
            yield f"<td>{_text(each['description'])}</td></tr>"
        yield "</table>"
    if "requestBody" in operation:
        yield "<h3>Body</h3>"
        yield from _content(operation["requestBody"]["content"])
    yield "<h3>Replies</h3><table><tr><th>status</th><th></th><th>body</th></tr>"
    for status, reply in operation["responses"].items():
        yield f"<tr><td>{status}</td><td>{_text(reply['description'])}</td><td>"
        yield from _content(reply.get("content", {}))
        yield "</td></tr>"
    yield "</table></details>"


def _content(content: dict[str, Any]) -> Iterator[str]:
    for media_type, each in content.items():
        schema = each.get("schema")
        shape = f": {_linked(_type(schema))}" if schema else ""
        yield f"<div><code>{escape(media_type)}</code>{shape}</div>"
        if "example" in each:
            yield f"<pre>{escape(json.dumps(each['example'], indent=2, ensure_ascii=False))}</pre>"


def _schemas(document: dict[str, Any]) -> Iterator[str]:
    for name, schema in document["components"]["schemas"].items():
        text = escape(json.dumps(schema, indent=2, ensure_ascii=False))
        linked = _REFERENCE.sub(r'<a href="#schema-\1">\1</a>', text)
        yield f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        yield f"<pre>{linked}</pre></details>"


def _type(schema: dict[str, Any]) -> str:
    """Return a schema in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("type", "any"))


def _linked(type_: str) -> str:
    name = type_.removeprefix("list of ")
    known = name[:1].isupper() and " " not in name
    shown = f'<a href="#schema-{escape(name)}">{escape(name)}</a>' if known else escape(name)
    return f"list of {shown}" if name != type_ else shown


def _id(tag: str) -> str:
    return f"room-{tag.replace(' ', '-')}"


def _text(text: str) -> str:
    """Return a sentence with what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
