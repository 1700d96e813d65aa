"""What a store refuses, and why: each error says what to do and carries how long to wait."""

from __future__ import annotations

from openinsights.errors import OpenInsightsError


class StoreError(OpenInsightsError):
    """A store could not do what it was asked to."""

    code = "StoreError"


class SelectionError(StoreError):
    """Rows are selected by something that is not there."""

    code = "SelectionError"


class SetAsideNotFound(StoreError):
    """There is no such body among those that were set aside."""

    code = "SetAsideNotFound"


class StoreHasNoFiles(StoreError):
    """A copy of a store's files is wanted, and it has none of its own."""

    code = "StoreHasNoFiles"


class StillRefused(StoreError):
    """The engine refuses a body that was set aside again."""

    code = "StillRefused"


class StoreInUse(StoreError):
    """Another process owns the data folder."""

    code = "StoreInUse"


class StoreTooNew(StoreError):
    """A newer release of this program wrote the store."""

    code = "StoreTooNew"


class StoreUnavailable(StoreError):
    """Telemetry cannot be stored now; the same telemetry may be sent again later.

    Attributes:
        retry_after_s: seconds after which trying again makes sense.
    """

    code = "StoreUnavailable"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class StoreBusy(StoreUnavailable):
    """More telemetry waits to be written than memory may hold."""

    code = "StoreBusy"


class StoreFull(StoreUnavailable):
    """The disk has less free space than the floor."""

    code = "StoreFull"


class StoreClosed(StoreUnavailable):
    """The store is closing or closed."""

    code = "StoreClosed"


class QueryFailed(StoreError):
    """The engine refused or could not finish a query."""

    code = "QueryFailed"


class QueryTooLarge(QueryFailed):
    """A query needs more memory than it may have."""

    code = "QueryTooLarge"


class QueryOutOfRange(QueryFailed):
    """A query computes a value that its type cannot hold."""

    code = "QueryOutOfRange"


class DaysChanged(QueryFailed):
    """A day that a query reads was dropped after the query had been compiled; asking again helps."""

    code = "DaysChanged"


class QueryTimeout(QueryFailed):
    """A query took longer than its time."""

    code = "QueryTimeout"


class QueryCancelled(QueryFailed):
    """A query was cancelled by its caller."""

    code = "QueryCancelled"
