"""The client of clickhouse-connect, made when it is needed, and what its errors mean here."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from urllib3 import PoolManager, Timeout

from openinsights.store.errors import (
    QueryCancelled,
    QueryFailed,
    QueryOutOfRange,
    QueryTimeout,
    QueryTooLarge,
    StoreError,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openinsights.store.clickhouse.address import Address

logger = logging.getLogger(__name__)

INSTALL: Final = "pip install 'openinsights[cluster]'"
RETRY_AFTER_S: Final = 5
_CONNECT_TIMEOUT_S = 5
_MOST_QUERY_BYTES = 64 * 1024 * 1024
_CANCELLED, _TIMEOUT = 394, 159
_TOO_LARGE = frozenset({191, 241, 307, 396, 173})
_GUARDED = frozenset({395})
_OUT_OF_RANGE = frozenset({6, 27, 32, 38, 41, 53, 69, 70, 72, 131, 153, 321, 407, 440})
_PASSING = frozenset(
    {
        159,
        202,
        203,
        209,
        210,
        225,
        236,
        241,
        242,
        243,
        252,
        279,
        285,
        286,
        319,
        394,
        425,
        439,
        473,
        733,
        999,
    }
)
"""Errors that the same rows may not meet another time: busy, full, short of memory, without a
keeper or a quorum."""


class Clients:
    """Connections to one address. Safe for use from several threads.

    Args:
        address: of the database.

    Raises:
        StoreError: clickhouse-connect is not installed.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        try:
            import clickhouse_connect
            from clickhouse_connect import common
            from clickhouse_connect.driver import exceptions, httputil
        except ImportError as error:
            raise StoreError(
                f"cannot open the store at ClickHouse: {error.name} is not installed; {INSTALL}"
            ) from None
        self._module = clickhouse_connect
        self.errors = exceptions
        # servers know settings that a client has not heard of, and say so themselves
        common.set_setting("invalid_setting_action", "send")
        # it logs each failed call with a traceback, and each is told to whoever asked
        logging.getLogger("clickhouse_connect").setLevel(logging.ERROR)
        options = httputil.get_pool_manager_options(
            maxsize=64, ca_cert=address.ca_cert or None, verify=address.verify
        )
        self._pool = _PatientPool(**options)
        self._lock = threading.Lock()
        self._client: Any = None

    def client(self, within_s: float) -> Any:
        """Return the client; what this thread asks of it next waits so long for a reply, not longer.

        Raises:
            StoreUnavailable: nobody answers there.
            StoreError: it refuses us.
        """
        self._pool.patience.seconds = within_s
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> Any:
        address = self.address
        try:
            return self._module.get_client(
                host=address.host,
                port=address.port,
                username=address.user,
                password=address.password,
                interface="https" if address.is_secure else "http",
                # the database may not be there yet; every statement names it
                database="default",
                compress=address.compress or False,
                connect_timeout=_CONNECT_TIMEOUT_S,
                pool_mgr=self._pool,
                autogenerate_session_id=False,
                query_retries=0,
                client_name="openinsights",
                settings={"max_query_size": _MOST_QUERY_BYTES},
            )
        except self.errors.Error as error:
            raise self.told(error, f"reach ClickHouse at {address.shown}") from error

    def command(
        self, text: str, within_s: float = 60, settings: Mapping[str, Any] | None = None
    ) -> None:
        """Run a statement that returns nothing.

        Raises:
            StoreError: it failed.
        """
        try:
            self.client(within_s).command(text, settings=dict(settings or {}), use_database=False)
        except self.errors.Error as error:
            raise self.told(error, "change the store") from error

    def rows(
        self, text: str, within_s: float = 30, settings: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """Return the rows of a small query of ours.

        Raises:
            StoreError: it failed.
        """
        client = self.client(within_s + 2)
        try:
            found: list[Any] = client.query(
                text, settings={"max_execution_time": within_s, **(settings or {})}
            ).result_rows
        except self.errors.Error as error:
            raise self.told(error, "read the store") from error
        return found

    def insert(
        self, table: str, columns: list[str], block: bytes, settings: Mapping[str, Any]
    ) -> None:
        """Insert a block of rows; returns when the server has acknowledged them.

        An acknowledgement that comes after the insert's own time limit counts for nothing: an engine
        that ends an insert for its time may have said so and may not (chDB 26.9 does not).

        Raises:
            StoreUnavailable: the same rows may be taken another time; whether they are there is not
                known.
            StoreError: they are not taken.
        """
        limit_s = float(settings["max_execution_time"])
        client = self.client(limit_s + 2)
        listed = ", ".join(f"`{name}`" for name in columns)
        head = f"INSERT INTO {table} ({listed}) FORMAT Native\n".encode()
        data, packing = head + block, None
        if self.address.compress:
            packing = self.address.compress
            data = _pack(data, packing)
        try:
            begun_s = time.monotonic()
            client.raw_insert(insert_block=data, settings=dict(settings), compression=packing)
        except self.errors.Error as error:
            raise self.told(error, "store telemetry") from error
        if time.monotonic() - begun_s >= limit_s:
            raise StoreUnavailable(
                f"cannot store telemetry: ClickHouse took longer than the {limit_s:g} s of an insert",
                retry_after_s=RETRY_AFTER_S,
            )

    def told(self, error: BaseException, what: str) -> StoreError:
        """Return what an error of the client means to whoever appends or changes."""
        code = getattr(error, "code", None)
        if self._is_gone(error) or code in _PASSING:
            return StoreUnavailable(
                f"cannot {what}: ClickHouse {_why(error, code)}", retry_after_s=RETRY_AFTER_S
            )
        return StoreError(f"cannot {what}: ClickHouse {_why(error, code)}")

    def _is_gone(self, error: BaseException) -> bool:
        """Whether an answer, if there was one, is not ClickHouse's but that of a proxy before it."""
        ours = (self.errors.ProgrammingError, self.errors.NotSupportedError, self.errors.DataError)
        return getattr(error, "code", None) is None and not isinstance(error, ours)

    def told_of_query(self, error: BaseException, text: str, timeout_s: float) -> StoreError:
        """Return what an error of the client means to whoever asked a query."""
        code = getattr(error, "code", None)
        if code == _TIMEOUT:
            return QueryTimeout(f"cannot finish the query within {timeout_s:g} s")
        if code == _CANCELLED:
            return QueryCancelled("cannot finish the query: it was cancelled")
        if code in _TOO_LARGE:
            return QueryTooLarge(
                "cannot finish the query: it needs more memory than a query may have; "
                "narrow its time range, filter or summarize earlier, or take fewer rows"
            )
        if code in _GUARDED:
            return QueryOutOfRange(f"cannot finish the query: {_guard(str(error))}")
        if code in _OUT_OF_RANGE:
            return QueryOutOfRange(
                "cannot finish the query: it computes a value that is out of range for its type"
            )
        if self._is_gone(error) or code in _PASSING:
            return StoreUnavailable(
                f"cannot run the query: ClickHouse {_why(error, code)}", retry_after_s=RETRY_AFTER_S
            )
        logger.warning("query failed error=%s sql=%s", error, text)
        return QueryFailed(
            "cannot run the query: the engine refused what it was compiled to; "
            "this is a defect of the server, and its log has the details"
        )

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()
        self._pool.clear()


class _Patience(threading.local):
    """How long a thread waits for the reply to its next request."""

    seconds = 30.0


class _PatientPool(PoolManager):
    """Connections on which each thread waits as long as it says; a client has one time for all."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.patience = _Patience()

    def request(self, *args: Any, **options: Any) -> Any:
        """Send a request."""
        options["timeout"] = Timeout(connect=_CONNECT_TIMEOUT_S, read=self.patience.seconds)
        return super().request(*args, **options)


def _pack(data: bytes, packing: str) -> bytes:
    if packing == "lz4":
        import lz4.frame

        packed: bytes = lz4.frame.compress(data, block_linked=False, content_checksum=False)
        return packed
    if packing == "gzip":
        import gzip

        return gzip.compress(data, 1)
    raise StoreError(f"cannot pack telemetry with {packing!r}: there is lz4, gzip and none")


def _why(error: BaseException, code: int | None) -> str:
    if code is None:
        cause = error.__cause__ or error
        return f"does not answer ({type(cause).__name__})"
    return f"says {code}: {_said(str(error))}"


def _said(text: str) -> str:
    """What the server said, without the address of the client's call."""
    said = text.partition("DB::Exception: ")[2] or text
    return said.partition(" (for url")[0].strip()[:500]


def _guard(text: str) -> str:
    """What one of the compiler's own guards says."""
    said = _said(text)
    return said.partition(": while executing")[0].partition(" (FUNCTION_THROW_IF")[0]
