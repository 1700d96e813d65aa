"""Puts the parts of one exporter together: options in, a sender out."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opencensus.ext.azure.common import debug
from opencensus.ext.azure.common.backoff import Backoff
from opencensus.ext.azure.common.blobs import BlobStore, default_folder, server_tag
from opencensus.ext.azure.common.connection import Connection
from opencensus.ext.azure.common.delivery import Delivery
from opencensus.ext.azure.common.sender import Sender
from opencensus.ext.azure.common.version import __version__
from opencensus.ext.azure.live.attachment import attach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opencensus.ext.azure.common.durable_queue import Durability, Form
    from opencensus.ext.azure.common.ledger import Ledger
    from opencensus.ext.azure.common.options import Options
    from openinsights_wire.envelope import Envelope


def _alone(envelope: Envelope) -> tuple[Envelope]:
    """Return the one envelope that an item stands for which is an envelope already."""
    return (envelope,)


def make_sender(
    name: str,
    options: Options,
    process: Callable[[Iterable[Envelope]], list[Envelope]],
    *,
    convert: Callable[[Any], Iterable[Envelope]] = _alone,
    collect: Callable[[], Iterable[Envelope]] | None = None,
    closes_at_exit: bool = True,
    make_form: Callable[[], Form] | None = None,
) -> Sender:
    """Return the sender of one exporter; the arguments are those of :class:`Sender`.

    ``make_form`` says how items become bytes; exporters without it have no durable queue.
    """
    durability = None
    if options.durable_queue and make_form is not None:
        durability = make_durability(options, make_form())
    sender = Sender(
        name,
        lambda ledger: make_delivery(options, ledger),
        process,
        convert=convert,
        capacity=options.queue_capacity,
        batch_size=options.max_batch_size,
        interval_s=options.export_interval,
        grace_s=options.grace_period,
        collect=collect,
        closes_at_exit=closes_at_exit,
        durability=durability,
    )
    if options.enable_live_metrics:
        attach(options, sender)
    return sender


def make_durability(options: Options, form: Form) -> Durability:
    """Return what makes queues that outlive their process."""
    from opencensus.ext.azure.common.durable_queue import Durability

    return Durability(
        form,
        storage_folder(options),
        server_tag(server_name(options)),
        options.storage_retention_period,
        time.time,
    )


def make_delivery(options: Options, ledger: Ledger) -> Delivery:
    """Return a delivery with a connection, a folder and a schedule of its own."""
    tell = debug.teller(ledger.exporter, os.environ)
    ledger.tell = tell
    if tell is not None:
        tell(
            debug.introduction(
                options, storage_folder(options) if options.enable_local_storage else None
            )
        )
    connection = Connection(
        options.endpoint,
        timeout_s=options.timeout,
        proxies=options.proxies,
        credential=options.credential,
        compress=options.enable_gzip,
        environ=os.environ,
        certificates=options.certificates,
        user_agent=f"openinsights-sdk/{__version__}",
        tell=tell,
    )
    return Delivery(
        connection.post,
        connection.close,
        make_store(options, ledger) if options.enable_local_storage else None,
        Backoff(options.minimum_retry_interval, time.monotonic),
        ledger,
        timeout_s=options.timeout,
        batch_size=options.max_batch_size,
        memory_items=options.queue_capacity,
    )


def make_store(options: Options, ledger: Ledger) -> BlobStore:
    """Return the store for the resource and the server that the options name."""
    return BlobStore(
        storage_folder(options),
        server=server_name(options),
        max_bytes=options.storage_max_size,
        retention_s=options.storage_retention_period,
        maintenance_period_s=options.storage_maintenance_period,
        now=time.time,
        gave_up=ledger.gave_up,
    )


def server_name(options: Options) -> str:
    """Return what tells one resource on one server from all others."""
    return f"{options.endpoint} {options.instrumentation_key}"


def storage_folder(options: Options) -> Path:
    """Return the folder in which telemetry waits."""
    if options.storage_path:
        return Path(options.storage_path)
    import tempfile

    user_id = os.geteuid() if hasattr(os, "geteuid") else None
    return default_folder(options.instrumentation_key, Path(tempfile.gettempdir()), user_id)
