"""Why a query was not run or not finished, apart from what the compiler says about its text."""

from __future__ import annotations

from openinsights.errors import OpenInsightsError


class QueryError(OpenInsightsError):
    """A query cannot be answered."""

    code = "QueryError"


class BadTimespan(QueryError):
    """The timespan beside the query has a form that is not understood."""

    code = "BadArgumentError"


class BadQueryArgument(QueryError):
    """A value beside the query's text cannot be used."""

    code = "BadArgumentError"


class QueryTimedOut(QueryError):
    """The query took longer than granted."""

    code = "QueryTimedOut"
