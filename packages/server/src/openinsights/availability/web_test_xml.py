"""The WebTest XML of ping and multi-step tests, read as far as it can be run.

What is run: GET requests with their headers, expected status, redirects, dependent requests, and
rules that look for a text. Whatever else the document asks for is refused by its name: a test that
leaves something out would pass for the wrong reason.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode
from xml.etree import ElementTree

from openinsights.availability.errors import InvalidTest
from openinsights.availability.test import ContentMatch, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_REQUESTS: Final = 100
_LONGEST: Final = 512_000
_FIND_TEXT: Final = "validationrulefindtext"
_HARMLESS_RULES: Final = frozenset(("validationresponseurl", "validationruleresponsetimegoal"))
_HARMLESS: Final = frozenset(("Comment", "WebTestPlugins", "ContextParameters", "DataSources"))
"""Elements that ask for nothing, or for nothing as long as they are empty."""
_WITHOUT_CHILDREN: Final = frozenset(("WebTestPlugins", "ContextParameters", "DataSources"))


def steps_of(text: str) -> tuple[Step, ...]:
    """Return the steps that a document asks for, at least one.

    Raises:
        InvalidTest: it is no such document, or asks for what is not run, which the message names.
    """
    root = _root(text)
    common: tuple[ContentMatch, ...] = ()
    steps: list[Step] = []
    for child in root:
        name = _name(child)
        if name == "Items":
            steps = [_step(each) for each in child if _name(each) != "Comment"]
        elif name == "ValidationRules":
            common = tuple(_matches(child))
        elif name not in _HARMLESS or (name in _WITHOUT_CHILDREN and len(child)):
            raise _refused(f"<{name}>")
    if not 0 < len(steps) <= MOST_REQUESTS:
        raise InvalidTest(
            f"cannot run the WebTest: it has {len(steps)} requests, and 1 to {MOST_REQUESTS} are"
            " needed"
        )
    last = steps[-1]
    steps[-1] = dataclasses.replace(last, content=last.content + common)
    return tuple(steps)


def _root(text: str) -> ElementTree.Element:
    if len(text) > _LONGEST:
        raise InvalidTest(f"cannot read the WebTest: it is longer than {_LONGEST} characters")
    if "<!" in text.replace("<!--", "").replace("<![CDATA[", ""):
        raise InvalidTest("cannot read the WebTest: it declares a document type or entities")
    try:
        root = ElementTree.fromstring(text.strip())  # noqa: S314 - entities are refused above
    except (ElementTree.ParseError, ValueError) as error:
        raise InvalidTest(f"cannot read the WebTest as XML: {error}") from None
    if _name(root) != "WebTest":
        raise InvalidTest(f"cannot read the WebTest: it begins with <{_name(root)[:80]}>")
    if root.get("CredentialUserName"):
        raise _refused("CredentialUserName")
    return root


def _step(item: ElementTree.Element) -> Step:
    name = _name(item)
    if name != "Request":
        raise _refused(f"<{name}>")
    if item.get("Method", "GET").upper() != "GET":
        raise _refused(f"a request with the method {item.get('Method', '')[:20]}")
    for attribute in ("ExpectedResponseUrl", "ResponseTimeGoal"):
        if item.get(attribute, "") not in ("", "0"):
            raise _refused(attribute)
    url = item.get("Url", "")
    headers: list[tuple[str, str]] = []
    content: list[ContentMatch] = []
    for child in item:
        inner = _name(child)
        if inner == "Headers":
            headers += [(each.get("Name", ""), each.get("Value", "")) for each in child]
        elif inner == "ValidationRules":
            content += _matches(child)
        elif inner == "QueryStringParameters":
            url = _with_query(url, child)
        elif len(child) or (child.text or "").strip():
            raise _refused(f"<{inner}> in a request")
    if "{{" in url or any("{{" in value for _, value in headers):
        raise _refused("a context parameter in {{ }}")
    is_ignored = _is_true(item.get("IgnoreHttpStatusCode", "False"))
    status = item.get("ExpectedHttpStatusCode", "200") or "200"
    if not (status.isascii() and status.isdigit()):
        raise InvalidTest(f"cannot expect status {status[:20]!r}: a number is needed")
    return Step(
        url=url,
        name=item.get("ReportingName", ""),
        headers=tuple(headers),
        follows_redirects=_is_true(item.get("FollowRedirects", "True")),
        loads_dependents=_is_true(item.get("ParseDependentRequests", "False")),
        status=None if is_ignored else int(status),
        content=tuple(content),
    )


def _matches(rules: ElementTree.Element) -> Iterator[ContentMatch]:
    for rule in rules:
        kind = rule.get("Classname", "").partition(",")[0].rpartition(".")[2]
        if kind.lower() in _HARMLESS_RULES:
            continue
        if kind.lower() != _FIND_TEXT:
            raise _refused(f"the rule {kind[:80] or _name(rule)[:80]}")
        given = {
            each.get("Name", "").lower(): each.get("Value", "")
            for each in rule.iter()
            if _name(each) == "RuleParameter"
        }
        if _is_true(given.get("useregularexpression", "False")):
            raise _refused("UseRegularExpression in a rule that looks for a text")
        if text := given.get("findtext", ""):
            yield ContentMatch(
                text,
                ignores_case=_is_true(given.get("ignorecase", "False")),
                has_to_be_found=_is_true(given.get("passiftextfound", "True")),
            )


def _with_query(url: str, parameters: ElementTree.Element) -> str:
    given = [(each.get("Name", ""), each.get("Value", "")) for each in parameters]
    if not given:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(given)}"


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _is_true(text: str) -> bool:
    return text.strip().lower() == "true"


def _refused(what: str) -> InvalidTest:
    return InvalidTest(
        f"cannot run the WebTest: {what} is not run here; write it as a journey in Python instead"
    )
