"""Where a server may send the client, and what goes along."""

from __future__ import annotations

from typing import Any

import pytest

from opencensus.ext.azure.common.link import Link, Unreachable

AZURE = "https://weu.livediagnostics.monitor.azure.com"


class Credential:
    def get_token(self, *scopes: str) -> Any:
        raise OSError("nobody is signed in")


def open_link(endpoint: str, *, has_token: bool = False) -> Link:
    return Link(
        endpoint,
        proxies={},
        credential=Credential() if has_token else None,
        environ={},
        user_agent="test",
    )


@pytest.mark.parametrize(
    ("home", "target", "has_token", "expected"),
    [
        ("https://rt.services.visualstudio.com", AZURE, True, AZURE),
        ("https://live.example.org", "https://live2.example.org", True, None),
        (
            "https://live.example.org",
            "https://live.example.org:8443",
            True,
            "https://live.example.org:8443",
        ),
        (AZURE, "https://evil.westeurope.cloudapp.azure.com", True, None),
        ("https://live.example.org", "https://other.example", False, "https://other.example"),
        ("https://live.example.org", "http://live.example.org", False, None),
        ("http://live.example.org", "https://live.example.org", False, "https://live.example.org"),
        ("http://live.example.org", "ftp://live.example.org", False, None),
        ("http://live.example.org", "http://user@live.example.org", False, None),
        ("http://live.example.org", "http://live.example.org:port", False, None),
        ("http://live.example.org", "live2.example.org", False, None),
        ("http://live.example.org", "http://[::1]:99/x", False, "http://[::1]:99"),
        ("http://live.example.org", "", False, None),
    ],
)
def test_where_a_client_lets_itself_be_sent(
    home: str, target: str, has_token: bool, expected: str | None
) -> None:
    link = open_link(home, has_token=has_token)

    link.follow(target)

    assert link.endpoint == (expected or home)


@pytest.mark.parametrize(
    ("location", "followed"),
    [
        ("https://there.example.com/v2.1/track", True),
        ("/v2.1/track", True),
        ("http://there.example.com/v2.1/track", False),
        ("https://name:word@there.example.com/", False),
        ("https://[::1", False),
        ("", False),
        (None, False),
    ],
)
def test_what_is_followed_says_so(location: str | None, followed: bool) -> None:
    assert open_link("https://here.example.com").follow(location) is followed


def test_a_token_stays_with_its_owner() -> None:
    """The retired client sends its token wherever a reply points to."""
    link = open_link("https://west-0.in.example.com", has_token=True)

    assert not link.follow("https://west-1.in.example.com/v2.1/track")
    assert link.follow("https://west-0.in.example.com:8443/v2.1/track")


def test_a_credential_that_fails_is_no_reply() -> None:
    link = open_link("http://127.0.0.1:9", has_token=True)

    with pytest.raises(Unreachable, match="cannot get a token: nobody is signed in"):
        link.post("/", b"", {}, timeout_s=1, max_reply_bytes=10)
