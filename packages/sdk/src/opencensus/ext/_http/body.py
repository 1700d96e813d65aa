"""The body of an answer that is made while it is sent: its request ends with it, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from opencensus.ext._http.server import ServedRequest


class _Served:
    """What bodies share.

    Between the pieces the context is the one of the server, so that a body which is never finished
    leaves nothing behind.

    Args:
        body: What the application made.
        request: A request that was left.
    """

    def __init__(self, body: Any, request: ServedRequest) -> None:
        self._body = body
        self._request = request
        self._pieces: Any = None

    def _finish(self) -> None:
        self._request.complete()
        self._request.end()

    def _fail(self, error: BaseException) -> None:
        self._request.failed(error)
        self._request.end()

    def _finish_early(self) -> None:
        # A server that only looked at the head has not begun with it.
        if self._pieces is not None:
            self._request.left_alone()
        self._request.end()

    def __del__(self) -> None:
        # Servers that cancel what they do for a client that left may not close its body.
        if self._request.is_open:
            self._finish_early()


class ServedBody(_Served):
    """The body of an answer; each piece is made in the context of its request."""

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        request = self._request
        request.enter()
        try:
            if self._pieces is None:
                self._pieces = iter(self._body)
            return next(self._pieces)
        except StopIteration:
            self._finish()
            raise
        except BaseException as error:
            self._fail(error)
            raise
        finally:
            request.leave()

    def close(self) -> None:
        """Close the application's body; what was not finished before ends now."""
        request = self._request
        request.enter()
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            self._fail(error)
            raise
        finally:
            self._finish_early()


class ServedAsyncBody(_Served):
    """The body of an answer of an asynchronous server."""

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        request = self._request
        request.enter()
        try:
            if self._pieces is None:
                self._pieces = self._body.__aiter__()
            return await self._pieces.__anext__()
        except StopAsyncIteration:
            self._finish()
            raise
        except BaseException as error:
            self._fail(error)
            raise
        finally:
            request.leave()

    async def aclose(self) -> None:
        """Close the application's body; what was not finished before ends now."""
        request = self._request
        request.enter()
        try:
            close = getattr(self._body, "aclose", None)
            if close is not None:
                await close()
        finally:
            self._finish_early()

    def close(self) -> None:
        """End what was not finished: the answer is over."""
        self._finish_early()
