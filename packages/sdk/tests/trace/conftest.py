from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from opencensus.common.runtime_context import RuntimeContext
from opencensus.trace import base_exporter

if TYPE_CHECKING:
    from collections.abc import Iterator


class Collector(base_exporter.Exporter):
    """Keeps what is exported, one list per export."""

    def __init__(self):
        self.exports = []

    def export(self, span_datas):
        self.exports.append(list(span_datas))

    @property
    def spans(self):
        return {data.name: data for export in self.exports for data in export}

    @property
    def names(self):
        return [data.name for export in self.exports for data in export]


@pytest.fixture(autouse=True)
def _own_context() -> Iterator[None]:
    RuntimeContext.clear()
    yield
    RuntimeContext.clear()


@pytest.fixture
def collector() -> Collector:
    return Collector()
