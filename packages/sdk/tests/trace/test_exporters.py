"""The exporters to a file and to the log."""

from __future__ import annotations

import json
import logging

import pytest

from opencensus.trace.file_exporter import FileExporter
from opencensus.trace.logging_exporter import LoggingExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer


def _two_spans(exporter):
    tracer = Tracer(sampler=AlwaysOnSampler(), exporter=exporter)
    for name in ("first", "second"):
        with tracer.span(name):
            pass


@pytest.mark.parametrize(("mode", "names"), [("w+", ["second"]), ("a", ["first", "second"])])
def test_a_file_holds_the_last_export_or_all_of_them(tmp_path, mode, names):
    path = tmp_path / "spans.json"
    _two_spans(FileExporter(file_name=str(path), file_mode=mode))
    exports = [json.loads(line) for line in path.read_text().splitlines()]
    assert [export["spans"][0]["displayName"]["value"] for export in exports] == names


def test_the_log_gets_one_record_per_export_and_the_root_logger_stays_as_it_is():
    records = []

    class Keeping(logging.Handler):
        def emit(self, record):
            records.append(record)

    root = logging.getLogger()
    before = root.level, list(root.handlers)
    _two_spans(LoggingExporter(handler=Keeping()))
    assert [record.msg["spans"][0]["displayName"]["value"] for record in records] == [
        "first",
        "second",
    ]
    assert records[0].levelno == logging.INFO
    assert (root.level, list(root.handlers)) == before
