from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette

from openinsights.portal.spa import CONTENT_SECURITY_POLICY, Pages, accepts_gzip

if TYPE_CHECKING:
    from pathlib import Path


class Client:
    """Asks the pages in their real application, over an in-memory transport."""

    def __init__(self, root: Path) -> None:
        self.transport = httpx.ASGITransport(app=Starlette(routes=Pages(root).routes()))

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self.transport, base_url="http://s") as client:
                return await client.get(path, headers=headers)

        return asyncio.run(ask())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    dist = tmp_path / "dist"
    (dist / "assets" / "kql-1").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>OpenInsights</title>")
    (dist / "assets" / "main-abc.js").write_text("export {}")
    (dist / "assets" / "kql-1" / "kql.worker.js").write_text("big")
    (dist / "assets" / "kql-1" / "kql.worker.js.gz").write_bytes(gzip.compress(b"big"))
    (tmp_path / "secret.txt").write_text("secret")
    return dist


@pytest.fixture
def client(root: Path) -> Client:
    return Client(root)


@pytest.mark.parametrize("path", ["/", "/a/shop/overview", "/a/shop%20prod/logs?from=now-4h"])
def test_every_view_is_the_one_page_and_is_never_cached_unasked(client: Client, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 200
    assert "OpenInsights" in reply.text
    assert reply.headers["content-type"].startswith("text/html")
    assert reply.headers["cache-control"] == "no-cache"
    assert reply.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


def test_hashed_files_are_cached_for_ever(client: Client) -> None:
    reply = client.get("/assets/main-abc.js")
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert reply.headers["content-type"].startswith("text/javascript")


def test_a_page_the_browser_has_is_not_sent_again(client: Client) -> None:
    first = client.get("/")
    second = client.get("/", headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
    assert second.status_code == 304
    assert second.content == b""
    assert second.headers["etag"] == first.headers["etag"]


def test_a_changed_page_is_sent_again(client: Client, root: Path) -> None:
    etag = client.get("/").headers["etag"]
    (root / "index.html").write_text("<!doctype html><title>OpenInsights, rebuilt</title>")
    reply = client.get("/", headers={"if-none-match": etag})
    assert reply.status_code == 200
    assert "rebuilt" in reply.text


def test_a_packed_file_is_sent_to_browsers_that_take_gzip(client: Client) -> None:
    path = "/assets/kql-1/kql.worker.js"
    packed = client.get(path, headers={"accept-encoding": "br, gzip"})
    plain = client.get(path, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"] == plain.headers["content-type"]
    assert "content-encoding" not in plain.headers
    assert (packed.text, plain.text) == ("big", "big")


def test_a_file_kept_packed_alone_reaches_clients_without_gzip(client: Client, root: Path) -> None:
    (root / "assets" / "kql-1" / "kql.worker.js").unlink()
    path = "/assets/kql-1/kql.worker.js"
    packed = client.get(path, headers={"accept-encoding": "gzip"})
    plain = client.get(path, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert (packed.text, plain.text) == ("big", "big")
    assert plain.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/none.js",
        "/assets/../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/%2e%2e/index.html",
        "/assets/a%00b",
        f"/assets/{'a' * 5000}",
        "/assets/",
    ],
)
def test_nothing_outside_the_folder_is_sent(client: Client, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert "secret" not in reply.text


def test_a_checkout_without_a_built_portal_says_how_to_build_it(tmp_path: Path) -> None:
    reply = Client(tmp_path / "dist").get("/a/shop/overview")
    assert reply.status_code == 503
    assert "make install" in reply.text


@pytest.mark.parametrize(
    ("header", "allowed"),
    [
        ("", False),
        ("gzip", True),
        ("br;q=1.0, GZIP;q=0.8", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("identity", False),
    ],
)
def test_gzip_is_sent_only_where_it_is_allowed(header: str, allowed: bool) -> None:
    assert accepts_gzip(header) is allowed
