from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.log_exporter import AzureEventHandler, AzureLogHandler
from opencensus.ext.azure.metrics_exporter import MetricsExporter
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXPORTERS = [AzureExporter, AzureLogHandler, AzureEventHandler, MetricsExporter]
AWAY = (
    "InstrumentationKey=11111111-2222-3333-4444-555555555555;IngestionEndpoint=http://127.0.0.1:1/"
)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    made = []

    def make_one(exporter: Any, **options: Any) -> Any:
        one = exporter(
            connection_string=AWAY,
            **{"storage_path": str(tmp_path / "kept"), "grace_period": 1.0, **options},
        )
        made.append(one)
        return one

    yield make_one
    for one in made:
        one.shutdown()


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_storage_is_a_private_folder_from_when_it_is_asked_for(
    make: Callable[..., Any], tmp_path: Path, exporter: Any
) -> None:
    made = make(exporter)
    assert not (tmp_path / "kept").exists()
    assert made.storage.path == str(tmp_path / "kept")
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) & 0o077 == 0
    assert (made.storage.get(), list(made.storage.gets())) == (None, [])
    assert made.storage.put([{}]) is None


def test_what_waits_for_the_server_can_be_read(make: Callable[..., Any]) -> None:
    exporter = make(AzureExporter)
    with Tracer(exporter=exporter, sampler=AlwaysOnSampler()).span(name="kept"):
        pass
    exporter.shutdown()

    (envelope,) = exporter.storage.get().get()
    assert envelope["data"]["baseData"]["name"] == "kept"


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_what_a_program_puts_in_its_place_is_closed_with_the_exporter(
    make: Callable[..., Any], exporter: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Own:
        closed = 0

        def close(self) -> None:
            self.closed += 1
            raise OSError("of the host")

    made = make(exporter)
    made.storage = own = Own()
    made.shutdown()

    assert own.closed == 1
    assert "storage cannot be closed" in caplog.text


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_there_is_no_storage_where_the_options_say_so(
    make: Callable[..., Any], exporter: Any
) -> None:
    assert make(exporter, enable_local_storage=False).storage is None


def test_folder_of_a_key_is_the_one_where_its_telemetry_is_kept(
    make: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    folder = Path(make(AzureExporter, storage_path=None).storage.path)
    assert folder.parent == tmp_path
    assert folder.name.startswith("opencensus-python-11111111-2222-3333-4444-555555555555")


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_interval_and_batch_size_can_be_read(make: Callable[..., Any], exporter: Any) -> None:
    made = make(exporter, export_interval=3, max_batch_size=7)
    assert (made.export_interval, made.max_batch_size) == (3.0, 7)
