"""A database behind a running server's REST API."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from openinsights.catalog.errors import ResourceNotFound
from openinsights.data_folder import holder_of, secret_in
from openinsights.database import DatabaseClosed
from openinsights.errors import OpenInsightsError
from openinsights.kql.caret import noted
from openinsights.query.parameters import from_python, to_json
from openinsights.query.result import QueryResult, Render, ResultTable, Statistics
from openinsights.query.values import FROM_TEXT, converted
from openinsights.remote_mistakes import mistakes_of
from openinsights.schema.types import KqlType
from openinsights.settings import normal_url
from openinsights.tls import client_context, trusted_authority, users_folder

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping
    from types import TracebackType

_EVERY_RESOURCE = "*"
_PREFER = "include-render=true, include-statistics=true, include-sql=true, exact-dynamic=true"
_TIMEOUT = httpx.Timeout(10.0, read=620.0)
"""Longer than the longest time that a server grants a query."""


class ServerUnreachable(OpenInsightsError):
    """No server answers at the URL."""

    code = "ServerUnreachable"

    def __init__(self, url: str, cause: object) -> None:
        super().__init__(
            f"cannot reach a server at {url}: {cause}; start one with 'openinsights serve', or name"
            " another with --url or OPENINSIGHTS_URL"
        )


class ServerNotTrusted(ServerUnreachable):
    """The server shows a certificate that nobody vouches for."""

    code = "ServerNotTrusted"

    def __init__(self, url: str, cause: object) -> None:
        OpenInsightsError.__init__(
            self,
            f"cannot trust the server at {url}: {cause}; if it runs with --tls auto, name the"
            " ca.pem that it prints at its start with OPENINSIGHTS_CA_FILE",
        )


class ServerRefused(OpenInsightsError):
    """The server answered with an error; `code` is its own.

    Attributes:
        error: what the reply says of it, as JSON; None if the reply has another form.
    """

    error: Any = None


class ServerClient:
    """Speaks JSON with a server and turns its errors into exceptions.

    Args:
        url: of the server.
        authority: a private authority to trust; the user's own when None.
        key: the API key to show; "" shows that of the environment, or proves to a server of the
            user's own data folder that the user owns it.
    """

    def __init__(self, url: str, authority: Path | None = None, key: str = "") -> None:
        try:
            self.url = normal_url(url)
        except ValueError as error:
            raise ServerUnreachable(url, error) from None
        shown = key or _key_for(self.url)
        self._http = httpx.Client(
            base_url=self.url,
            headers={"x-api-key": shown} if shown else None,
            timeout=_TIMEOUT,
            trust_env=False,
            verify=_verify(self.url, authority),
        )

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> Any:  # JSON of any shape
        """Return the JSON of a reply, None when it has no content.

        Raises:
            ServerUnreachable: nobody answers.
            ServerRefused: the reply is an error, or no JSON.
        """
        try:
            reply = self._http.request(method, path, json=body, headers=headers)
            if reply.status_code >= 400:
                raise refused_by(reply)
            return reply.json() if reply.content else None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OverflowError) as error:
            raise _unreachable(self.url, error) from None
        except ValueError:
            raise _other_program(self.url) from None

    def every(self, path: str) -> list[Any]:  # JSON of any shape
        """Return the values of a list, page by page.

        Raises:
            ServerUnreachable: nobody answers.
            ServerRefused: a reply is an error, or no JSON.
        """
        found: list[Any] = []
        next_page: str | None = path
        while next_page:
            page = self.request("GET", next_page)
            found += page["value"]
            next_page = page.get("nextLink")
        return found

    @contextmanager
    def events(
        self, path: str, parameters: dict[str, Any], silence_s: float
    ) -> Iterator[Iterator[tuple[str, Any]]]:
        """Yield what a stream of server-sent events brings, each as its kind and its JSON.

        Args:
            path: of the stream.
            parameters: of its URL.
            silence_s: how long nothing may come before the server counts as gone.

        Raises:
            ServerUnreachable: nobody answers, or the stream breaks off.
            ServerRefused: the reply is an error.
        """
        timeout = httpx.Timeout(10.0, read=silence_s)
        try:
            with self._http.stream("GET", path, params=parameters, timeout=timeout) as reply:
                if reply.status_code >= 400:
                    reply.read()
                    raise refused_by(reply)
                yield _events(reply.iter_lines())
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise _unreachable(self.url, error) from None
        except ValueError:
            raise _other_program(self.url) from None

    @contextmanager
    def download(self, path: str) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Yield about how many bytes a long reply has, and its bytes.

        Raises:
            ServerUnreachable: nobody answers, or the reply breaks off.
            ServerRefused: the reply is an error.
        """
        try:
            with self._http.stream("POST", path) as reply:
                if reply.status_code >= 400:
                    reply.read()
                    raise refused_by(reply)
                yield int(reply.headers.get("x-openinsights-bytes", 0)), reply.iter_raw()
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise ServerUnreachable(self.url, error) from None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _unreachable(url: str, error: Exception) -> ServerUnreachable:
    untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
    return ServerNotTrusted(url, error) if untrusted else ServerUnreachable(url, error)


def _key_for(url: str) -> str:
    named = os.environ.get("OPENINSIGHTS_API_KEY")
    if named:
        return named
    folder = users_folder(os.environ, sys.platform, Path.home())
    holder = holder_of(folder)
    return secret_in(folder) if holder is not None and holder.url == url else ""


def _verify(url: str, authority: Path | None) -> ssl.SSLContext | bool:
    if not url.startswith("https:"):
        return False  # nothing to verify, and loading authorities takes time
    return client_context(authority or trusted_authority(os.environ, sys.platform, Path.home()))


class RemoteDatabase:
    """See `openinsights.database.Database`.

    Args:
        url: of a running server.
    """

    def __init__(self, url: str) -> None:
        self._client = ServerClient(url)
        self._is_open = True

    def kql(
        self,
        text: str,
        *,
        app: str | None = None,
        timespan: str | None = None,
        parameters: Mapping[str, object] | None = None,
    ) -> QueryResult:
        """Answer a query; see `Database.kql`. Ctrl-C stops it on the server too.

        Raises:
            KqlError: the query has mistakes, or is not run.
            ServerUnreachable: nobody answers.
            ServerRefused: the server refuses the query for another reason.
            ResourceNotFound: the resource's name is empty.
        """
        if not self._is_open:
            raise DatabaseClosed(self._client.url)
        if app is not None and not app.strip(" ./"):
            raise ResourceNotFound(
                f"cannot find resource {app!r}: name one, or none to read every resource"
            )
        path = f"v1/apps/{quote(app or _EVERY_RESOURCE, safe='*')}/query"
        body = {"query": text, "timespan": timespan, **to_json(from_python(parameters))}
        try:
            reply = self._client.request("POST", path, body, {"prefer": _PREFER})
        except ServerRefused as refused:
            mistake = mistakes_of(refused.error, text)
            if mistake is None:
                raise
            noted(mistake, text)
            raise mistake from None
        try:
            return _result(reply)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            raise _other_program(self._client.url) from None

    def close(self) -> None:
        """Close the connections."""
        self._is_open = False
        self._client.close()

    def __repr__(self) -> str:
        """What was opened, and whether it still is."""
        return f"<openinsights {self._client.url}, {'open' if self._is_open else 'closed'}>"

    def __enter__(self) -> RemoteDatabase:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    kind = ""
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)


def _other_program(url: str) -> ServerRefused:
    return ServerRefused(
        f"cannot read what {url} answers: another program may listen there; name the server with"
        " --url or OPENINSIGHTS_URL",
        code="HttpError",
    )


def refused_by(reply: httpx.Response) -> ServerRefused:
    """Return a reply of failure as the exception that it tells of."""
    try:
        whole = error = reply.json()["error"]
        code, message = str(error["code"]), str(error["message"])
        while isinstance(error.get("innererror"), dict):
            error = error["innererror"]
            code, message = str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return ServerRefused(f"the server answered {reply.status_code}", code="HttpError")
    if reply.status_code == 401:
        message += "; name a key with OPENINSIGHTS_API_KEY"
    refused = ServerRefused(message, code=code)
    refused.error = whole
    return refused


def _result(reply: Any) -> QueryResult:  # JSON of the query API
    partial = reply.get("error")
    return QueryResult(
        tables=tuple(_table(table) for table in reply["tables"]),
        render=_render(reply.get("render") or {}),
        sql=reply.get("sql", ""),
        partial=partial["details"][0]["message"] if partial else "",
        out_of_time=bool(partial) and partial["details"][0]["code"] == "QueryTimeout",
        statistics=Statistics(reply["statistics"]["query"]["executionTime"]),
    )


def _table(table: Any) -> ResultTable:  # JSON of the query API
    columns = tuple((column["name"], KqlType(column["type"])) for column in table["columns"])
    rows = [tuple(row) for row in table["rows"]]
    raw = converted(rows, tuple(kind for _, kind in columns), FROM_TEXT)
    return ResultTable(table["name"], columns, raw)


def _render(render: dict[str, object]) -> Render | None:
    visualization = render.pop("visualization", None)
    if visualization is None:
        return None
    given = {name: value for name, value in render.items() if value not in (None, False)}
    return Render(str(visualization), given)
