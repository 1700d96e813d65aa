"""One HTTP request of a probe, redirects and cookies included: within bounds, timed, checked.

The address is looked at when the connection is made, so it is the same for redirects and for what
a page loads. Time is bounded by whoever calls, with `asyncio.timeout`.
"""

from __future__ import annotations

import codecs
import time
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import httpcore
import httpx

from openinsights.availability.connection import Backend, Connected, since_ms
from openinsights.availability.errors import ProbeFailed
from openinsights.availability.test import MOST_REDIRECTS

if TYPE_CHECKING:
    from openinsights.availability.connection import Dialing
    from openinsights.availability.outcome import Timings

MOST_BYTES: Final = 1 << 20
"""What is read of a body, unpacked. The rest is neither waited for nor looked at."""
_MOST_PACKED: Final = 4 << 20
_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
_SECRETS: Final = frozenset(("authorization", "cookie", "proxy-authorization"))
_OF_BODIES: Final = frozenset(("content-type", "content-length", "content-encoding"))
_WINDOW_BITS: Final = {
    "gzip": 16 + zlib.MAX_WBITS,
    "x-gzip": 16 + zlib.MAX_WBITS,
    "deflate": zlib.MAX_WBITS,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        url: that answered, behind all redirects.
        status: of the last answer.
        headers: of the last answer.
        body: unpacked, at most `MOST_BYTES`.
        is_whole: whether that is all of it.
        timings: of the request that was answered last; `whole` is all of them.
        connected: what is known of its connection.
        redirects: how many were followed.
    """

    url: str
    status: int
    headers: httpx.Headers
    body: bytes
    is_whole: bool
    timings: Timings
    connected: Connected
    redirects: int

    @property
    def text(self) -> str:
        """The body as text, by the character set that the answer names."""
        return self.body.decode(_charset(self.headers.get("content-type", "")), "replace")

    @property
    def is_html(self) -> bool:
        """Whether the body is a page."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind in ("text/html", "application/xhtml+xml")


@dataclass(slots=True)
class Visitor:
    """Who asks: keeps cookies from one request to the next.

    Args:
        dialing: how connections come about.
        headers: that every request has; what a request sets itself beats none of them.
        verifies: whether certificates have to be valid.
    """

    dialing: Dialing
    headers: tuple[tuple[str, str], ...] = ()
    verifies: bool = False
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    async def fetch(
        self,
        url: str,
        verb: str = "GET",
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        *,
        follows: bool = True,
    ) -> Answer:
        """Return the answer to a request.

        Raises:
            ProbeFailed: there is none, or too many redirects.
        """
        begun = time.perf_counter()
        place, redirects = _url(url), 0
        while True:
            answer = await self._once(place, verb, headers, body, begun, redirects)
            target = answer.headers.get("location", "")
            if not follows or answer.status not in _REDIRECTS or not target:
                return answer
            if redirects == MOST_REDIRECTS:
                raise ProbeFailed(
                    f"more than {MOST_REDIRECTS} redirects came; the last leads to {target[:200]}"
                )
            redirects += 1
            last, place = place, _url(target, place)
            if _origin(last) != _origin(place):
                headers = tuple(each for each in headers if each[0].lower() not in _SECRETS)
            if answer.status == 303 or (answer.status in (301, 302) and verb == "POST"):
                verb, body = ("HEAD" if verb == "HEAD" else "GET"), b""
                headers = tuple(each for each in headers if each[0].lower() not in _OF_BODIES)

    async def _once(
        self,
        url: httpx.URL,
        verb: str,
        headers: tuple[tuple[str, str], ...],
        body: bytes,
        begun: float,
        redirects: int,
    ) -> Answer:
        connected, asked = Connected(), time.perf_counter()
        dialing = self.dialing
        request = self._request(url, verb, headers, body)
        connection = httpcore.AsyncHTTPConnection(
            origin=request.url.origin,
            ssl_context=dialing.verified if self.verifies else dialing.unverified,
            network_backend=Backend(dialing, connected),
        )
        timings = connected.timings
        try:
            reply = await connection.handle_async_request(request)
            before = sum(each or 0.0 for each in (timings.dns, timings.connect, timings.tls))
            timings.first_byte = max(0.0, since_ms(asked) - before)
            answered = httpx.Headers(reply.headers)
            content, is_whole = await _read(reply, answered.get("content-encoding", ""))
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            zlib.error,
        ) as error:
            raise ProbeFailed(f"the answer of {_shown(url)} broke off: {_why(error)}") from None
        finally:
            await connection.aclose()
        timings.whole = since_ms(begun)
        if "set-cookie" in answered:
            self.cookies.extract_cookies(
                httpx.Response(
                    reply.status, headers=reply.headers, request=httpx.Request(verb, url)
                )
            )
        return Answer(
            str(url), reply.status, answered, content, is_whole, timings, connected, redirects
        )

    def _request(
        self, url: httpx.URL, verb: str, headers: tuple[tuple[str, str], ...], body: bytes
    ) -> httpcore.Request:
        taken = {name.lower() for name, _ in self.headers}
        sent = [
            ("host", url.netloc.decode("ascii")),
            *self.headers,
            *(each for each in headers if each[0].lower() not in taken),
        ]
        if self.cookies:
            asking = httpx.Request(verb, url)
            self.cookies.set_cookie_header(asking)
            sent += [each for each in asking.headers.items() if each[0] == "cookie"]
        if body or verb in ("POST", "PUT", "PATCH"):
            sent.append(("content-length", str(len(body))))
        return httpcore.Request(
            verb.encode(),
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent],
            content=body,
        )


async def _read(reply: httpcore.Response, encoding: str) -> tuple[bytes, bool]:
    """Return a body and whether it is whole; what packs a bomb is never unpacked beyond a bound."""
    bits = _WINDOW_BITS.get(encoding.strip().lower())
    unpack = None if bits is None else zlib.decompressobj(bits)
    content, packed = bytearray(), 0
    async for chunk in reply.aiter_stream():
        packed += len(chunk)
        room = MOST_BYTES - len(content)
        content += chunk[:room] if unpack is None else unpack.decompress(chunk, room or 1)
        is_over = len(content) >= MOST_BYTES or packed > _MOST_PACKED
        if is_over and (unpack is not None or packed > MOST_BYTES):
            return bytes(content[:MOST_BYTES]), False
    return bytes(content), True


def _url(text: str, base: httpx.URL | None = None) -> httpx.URL:
    try:
        url = httpx.URL(text) if base is None else base.join(text)
        if url.scheme in ("http", "https") and url.host:
            return url
    except (httpx.InvalidURL, ValueError, UnicodeError):
        pass
    raise ProbeFailed(f"cannot call {text[:200]!r}: an http or https URL is needed")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _shown(url: httpx.URL) -> str:
    return str(url.copy_with(userinfo=None, query=None, fragment=None))[:200]


def _why(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _charset(content_type: str) -> str:
    _, found, rest = content_type.lower().partition("charset=")
    name = rest.partition(";")[0].strip().strip("\"'") if found else "utf-8"
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return "utf-8"
    return codec.name if getattr(codec, "_is_text_encoding", True) else "utf-8"
