"""What an operator's journey is written with: a visitor who keeps cookies and records each step.

A journey is a function of a Python file in the folder that the setting `journeys` names. It is
called with a `Session`, in a process of its own, and fails when it raises:

    def checkout(session):
        session.get("https://shop.example/").expect(contains="Basket")
        with session.step("pay"):
            session.post("https://shop.example/pay", json={"amount": 1}, status=201)
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from openinsights.availability.errors import ProbeFailed
from openinsights.availability.outcome import StepOutcome, Timings
from openinsights.availability.web import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from openinsights.availability.connection import Dialing
    from openinsights.availability.web import Answer


@dataclass(frozen=True, slots=True)
class Page:
    """What a request of a journey got.

    Attributes:
        url: that answered, behind all redirects.
        status: of the answer.
        headers: by their names in lower case.
        text: of the body; at most its first megabyte.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:  # of any shape
        """Return the body's JSON.

        Raises:
            ProbeFailed: it is none.
        """
        try:
            return msgspec.json.decode(self.text)
        except msgspec.DecodeError as error:
            raise ProbeFailed(f"the answer of {self.url} is no JSON: {error}") from None

    def expect(self, *, contains: str = "", lacks: str = "") -> Page:
        """Return the page itself, if it holds a text and does not hold another.

        Raises:
            ProbeFailed: it does not.
        """
        if contains and contains not in self.text:
            raise ProbeFailed(f"the answer of {self.url} does not hold {contains[:120]!r}")
        if lacks and lacks in self.text:
            raise ProbeFailed(f"the answer of {self.url} holds {lacks[:120]!r}, which it must not")
        return self


class Session:
    """Visits an application as one user would.

    Args:
        dialing: how connections come about.
        headers: of every request: they make its traces part of the run.
        record: told of each step as it ends.
    """

    def __init__(
        self,
        dialing: Dialing,
        headers: tuple[tuple[str, str], ...],
        record: Callable[[StepOutcome], None],
    ) -> None:
        self._visitor = Visitor(dialing, headers, verifies=True)
        self._record = record
        self._loop = asyncio.Runner()

    def get(self, url: str, *, status: int = 0, **more: Any) -> Page:
        """Return the answer to a GET; see `request`."""
        return self.request("GET", url, status=status, **more)

    def post(self, url: str, *, status: int = 0, **more: Any) -> Page:
        """Return the answer to a POST; see `request`."""
        return self.request("POST", url, status=status, **more)

    def request(
        self,
        verb: str,
        url: str,
        *,
        status: int = 0,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | bytes | None = None,
        json: object = None,
        follow: bool = True,
        name: str = "",
    ) -> Page:
        """Return the answer to a request, which is a step of the journey.

        Args:
            verb: such as PUT.
            url: http or https.
            status: that is expected; 0 is any below 400.
            headers: beside those of every request.
            data: a form, or bytes as they are sent.
            json: a value to send as JSON.
            follow: whether redirects are followed.
            name: of the step; the request by default.

        Raises:
            ProbeFailed: there is no answer, or its status is another.
        """
        begun = time.perf_counter()
        named, content = _body(data, json)
        sent = (*named, *(headers or {}).items())
        answer: Answer | None = None
        message = ""
        try:
            answer = self._loop.run(
                self._visitor.fetch(url, verb.upper(), sent, content, follows=follow)
            )
            message = _wrong(answer.status, status)
        except ProbeFailed as error:
            message = error.message
        self._record(
            StepOutcome(
                name or f"{verb.upper()} {url}",
                message,
                (time.perf_counter() - begun) * 1_000,
                0 if answer is None else answer.status,
                Timings() if answer is None else answer.timings,
            )
        )
        if answer is None or message:
            raise ProbeFailed(f"{name or url}: {message}")
        return Page(answer.url, answer.status, dict(answer.headers), answer.text)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Record what is done within as one step; it fails when it raises."""
        begun, message = time.perf_counter(), ""
        try:
            yield
        except Exception as error:
            message = str(error) or type(error).__name__
            raise
        finally:
            self._record(StepOutcome(name, message, (time.perf_counter() - begun) * 1_000))

    def close(self) -> None:
        """End the session."""
        self._loop.close()


def _wrong(status: int, expected: int) -> str:
    if expected == 0:
        return "" if status < 400 else f"status {status} came, one below 400 is expected"
    return "" if status == expected else f"status {status} came, {expected} is expected"


def _body(
    data: Mapping[str, str] | bytes | None, json: object
) -> tuple[tuple[tuple[str, str], ...], bytes]:
    if json is not None:
        return (("content-type", "application/json"),), msgspec.json.encode(json)
    if data is None or isinstance(data, bytes):
        return (), data or b""
    form = (("content-type", "application/x-www-form-urlencoded"),)
    return form, urlencode(data).encode()
