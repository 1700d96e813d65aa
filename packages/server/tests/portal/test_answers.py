from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from openinsights.portal.answers import Answers
from openinsights.query.limits import QueryLimits
from openinsights.query.queue import QueryQueue
from openinsights.query.service import QueryRequest
from openinsights.store.errors import QueryCancelled

DEADLINE_S = 20


class EndlessService:
    """A query that runs until it is cancelled."""

    def __init__(self) -> None:
        self.running = threading.Event()

    def run(self, request: QueryRequest) -> Any:
        stopped = threading.Event()
        request.cancellation.attach(stopped.set)
        self.running.set()
        assert stopped.wait(DEADLINE_S)
        raise QueryCancelled("cancelled")


class LeavingRequest:
    """A browser that goes away once the query runs."""

    def __init__(self, service: EndlessService) -> None:
        self.service = service
        self.scope: dict[str, Any] = {}
        self.client = None

    async def receive(self) -> dict[str, Any]:
        assert await asyncio.to_thread(self.service.running.wait, DEADLINE_S)
        return {"type": "http.disconnect"}


def test_a_query_is_cancelled_when_the_page_leaves() -> None:
    service = EndlessService()
    queue = QueryQueue(QueryLimits())
    query = QueryRequest("requests")
    answers = Answers(service, queue)  # type: ignore[arg-type]
    with pytest.raises(QueryCancelled):
        asyncio.run(answers.ask(LeavingRequest(service), query))  # type: ignore[arg-type]
    assert query.cancellation.cancelled
    queue.close()
