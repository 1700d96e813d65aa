"""Where a ClickHouse is: the URL that `--store` takes, read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from openinsights.store.errors import StoreError

SCHEME: Final = "clickhouse"
_PORT, _SECURE_PORT = 8123, 8443
_TRUE: Final = ("1", "true", "yes")
_OPTIONS: Final = ("secure", "verify", "ca_cert", "cluster", "compress")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Address:
    """A database of a ClickHouse.

    Attributes:
        host: name or address of a server, or of what stands before several.
        port: of its HTTP interface.
        database: where the tables are.
        user: who connects.
        password: theirs.
        is_secure: whether it speaks TLS.
        verify: whether its certificate has to be valid.
        ca_cert: file of the authority that its certificate is from; "" for those that the system
            trusts.
        cluster: name of the cluster that the tables are spread over, as ClickHouse's
            `remote_servers` has it; "" for one server.
        compress: what bodies are packed with on their way, "" for nothing.
    """

    host: str
    port: int
    database: str
    user: str = "default"
    password: str = ""
    is_secure: bool = False
    verify: bool = True
    ca_cert: str = ""
    cluster: str = ""
    compress: str = "lz4"

    def __repr__(self) -> str:
        return f"Address({self.shown})"

    @property
    def shown(self) -> str:
        """The URL without the password."""
        cluster = f"?cluster={self.cluster}" if self.cluster else ""
        return f"{SCHEME}://{self.host}:{self.port}/{self.database}{cluster}"


def is_address(text: str) -> bool:
    """Return whether a text is meant as the URL of a ClickHouse."""
    return text.startswith(f"{SCHEME}://")


def address_of(url: str, cluster: str = "") -> Address:
    """Return what a URL says: `clickhouse://user:password@host:port/database?cluster=NAME`.

    Args:
        url: the URL; its password may be percent-encoded.
        cluster: takes the place of the URL's.

    Raises:
        StoreError: it cannot be read, and what is wrong with it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _wrong(str(error)) from None
    if parts.scheme != SCHEME or not parts.hostname:
        raise _wrong(f"it begins with {SCHEME}:// and a host")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := [name for name in options if name not in _OPTIONS]:
        raise _wrong(f"there is no option {unknown[0]!r}; there is {', '.join(_OPTIONS)}")
    database = unquote(parts.path.strip("/")) or "openinsights"
    cluster = cluster or options.get("cluster", "")
    for what, name in (("database", database), ("cluster", cluster)):
        if name and not _NAME.fullmatch(name):
            raise _wrong(f"a {what} is named by letters, digits and underscores, not {name!r}")
    is_secure = options.get("secure", "").lower() in _TRUE
    return Address(
        host=parts.hostname,
        port=port or (_SECURE_PORT if is_secure else _PORT),
        database=database,
        user=unquote(parts.username or "default"),
        password=unquote(parts.password or ""),
        is_secure=is_secure,
        verify=options.get("verify", "1").lower() in _TRUE,
        ca_cert=options.get("ca_cert", ""),
        cluster=cluster,
        compress="" if options.get("compress") in ("", "none") else options.get("compress", "lz4"),
    )


def _wrong(why: str) -> StoreError:
    return StoreError(
        f"cannot read the store's URL: {why}; it looks like"
        " clickhouse://user:password@host:8123/openinsights"
    )
