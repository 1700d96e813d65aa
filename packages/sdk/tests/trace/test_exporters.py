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


@pytest.fixture
def root():
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    yield root
    assert root.level == before[0]
    root.handlers[:] = before[1]


def test_the_handlers_of_the_root_logger_get_one_record_per_export(root):
    records = []

    class Keeping(logging.Handler):
        def emit(self, record):
            records.append(record)

    handler = Keeping()
    exporter = LoggingExporter(handler=handler)
    assert exporter.handler in root.handlers
    _two_spans(exporter)
    names = [record.msg["spans"][0]["displayName"]["value"] for record in records]
    assert names == ["first", "second"]
    assert records[0].levelno == logging.INFO


def test_the_default_handler_prints_its_spans_and_nothing_else(root, capsys):
    exporters = [LoggingExporter(), LoggingExporter()]
    logging.getLogger("of.the.program").error("something else")
    _two_spans(exporters[0])
    printed = capsys.readouterr().err
    assert "something else" not in printed
    assert printed.count("\n") == 2
    assert "'value': 'first'" in printed
