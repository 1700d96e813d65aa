"""The built pages: one HTML file for every view, and its hashed scripts and styles.

Files come from `dist/`, which the build of `portal/` writes. What is there is sent with the right
caching: names with a hash for ever, `index.html` never without asking.
"""

from __future__ import annotations

import gzip
import mimetypes
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded

if TYPE_CHECKING:
    from starlette.requests import Request

DIST = Path(__file__).parent / "dist"

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "worker-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}
_LONGEST_NAME = 255
_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_FOREVER = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "no-cache"

_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>OpenInsights: portal not built</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;max-width:42rem;margin:12vh auto;padding:0 1rem;
color-scheme:light dark}}code{{font-family:ui-monospace,monospace}}</style>
<h1>The portal is not built</h1>
<p>The server is running and takes telemetry and queries, but this checkout has no built portal.</p>
<p>Build it with <code>make install</code> in the repository, then reload this page.</p>
<p>Expected: <code>{path}</code></p></html>"""


@dataclass(frozen=True, slots=True)
class Pages:
    """A folder of built pages.

    Attributes:
        root: the folder that holds `index.html` and `assets/`.
    """

    root: Path = DIST

    def routes(self) -> list[Guarded]:
        """Return the routes of every page and asset; nothing else is answered by them."""
        return [
            Guarded("/", self.page, right=Right.OPEN),
            Guarded("/sign-in", self.page, right=Right.OPEN),
            Guarded("/create", self.page, right=Right.OPEN),
            Guarded("/a/{rest:path}", self.page, right=Right.OPEN),
            Guarded("/tx/{rest:path}", self.page, right=Right.OPEN),
            Guarded("/favicon.svg", self.icon, right=Right.OPEN),
            Guarded("/assets/{name:path}", self.asset, right=Right.OPEN),
        ]

    async def page(self, request: Request) -> Response:
        """Answer a view's address with the one page, or say that it is not built."""
        if not (self.root / "index.html").is_file():
            page = _NOT_BUILT.format(path=escape(str(self.root / "index.html")))
            return HTMLResponse(page, status_code=503, headers=SECURITY_HEADERS)
        return await self._send("index.html", request, _ASK_EACH_TIME)

    async def icon(self, request: Request) -> Response:
        """Answer the browser's request for the site's icon."""
        return await self._send("favicon.svg", request, _ASK_EACH_TIME)

    async def asset(self, request: Request) -> Response:
        """Answer a hashed file."""
        return await self._send(f"assets/{request.path_params['name']}", request, _FOREVER)

    async def _send(self, name: str, request: Request, caching: str) -> Response:
        found = self._find(name, accepts_gzip(request.headers.get("accept-encoding", "")))
        if found is None:
            return PlainTextResponse("not found", status_code=404, headers=SECURITY_HEADERS)
        headers = {**SECURITY_HEADERS, "cache-control": caching, "vary": "accept-encoding"}
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if found.unpack:
            content = await run_in_threadpool(_unpacked, found.file)
            return Response(content, headers=headers, media_type=media_type)
        if found.packed:
            headers["content-encoding"] = "gzip"
        reply = FileResponse(
            found.file, headers=headers, media_type=media_type, stat_result=found.file.stat()
        )
        if reply.headers["etag"] in _etags(request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=_unchanged(reply))
        return reply

    def _find(self, name: str, takes_gzip: bool) -> _Found | None:
        if not _is_plain(name):
            return None
        file = self.root / name
        packed = file.with_name(file.name + ".gz")
        if takes_gzip and packed.is_file():
            return _Found(packed, packed=True)
        if file.is_file():
            return _Found(file)
        return _Found(packed, unpack=True) if packed.is_file() else None


def _is_plain(name: str) -> bool:
    """Say whether a name can be one of ours: no way up, no odd characters, no great length."""
    parts = name.split("/")
    return len(name) <= _LONGEST_NAME and all(_PART.fullmatch(part) for part in parts)


@dataclass(frozen=True, slots=True)
class _Found:
    """A file to send: as it is, as gzip, or unpacked first for the rare client without gzip."""

    file: Path
    packed: bool = False
    unpack: bool = False


def _unpacked(file: Path) -> bytes:
    return gzip.decompress(file.read_bytes())


def accepts_gzip(accept_encoding: str) -> bool:
    """Say whether an `Accept-Encoding` header allows gzip."""
    for part in accept_encoding.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _etags(if_none_match: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}


def _unchanged(reply: Response) -> dict[str, str]:
    kept = {"etag", "cache-control", "vary", "last-modified", *SECURITY_HEADERS}
    return {name: value for name, value in reply.headers.items() if name in kept}
