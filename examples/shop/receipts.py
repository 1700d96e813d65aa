"""Writes receipts, as a worker of Celery: payments sends it a task for each charge."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
import warnings
from contextlib import closing

from celery import signals
from celery.exceptions import SecurityWarning, WorkerShutdown
from celery.worker import state

import broker
import process
from opencensus.ext.celery.trace import trace_integration
from opencensus.trace import execution_context
from opencensus.trace.tracer import Tracer
from telemetry import instrument

telemetry = instrument("receipts", "sqlite3")
log = telemetry.log
trace_integration(Tracer(**telemetry.traced))
# the tracer is for tasks; that the worker asks its queue again and again belongs to no trace
execution_context.clean()
app = broker.celery_app()
DATABASE = process.folder() / "receipts.db"


class PrinterJam(Exception):
    """The printer takes no more paper."""


@app.task(name=broker.WRITE_RECEIPT)
def write(charge, product, amount):
    """Write down a receipt and print it."""
    with closing(sqlite3.connect(DATABASE, timeout=2.0)) as database:
        database.execute(
            "insert or replace into receipts (charge, product, amount) values (?, ?, ?)",
            (charge, product, amount),
        )
        database.commit()
    time.sleep(random.uniform(0.01, 0.06))
    if random.random() < 0.03:
        log.warning("paper jam", extra={"custom_dimensions": {"charge": charge}})
        raise PrinterJam(f"receipt {charge} is stuck")
    log.info("receipt printed", extra={"custom_dimensions": {"charge": charge, "amount": amount}})
    telemetry.events.info("receipt printed", extra={"custom_dimensions": {"product": product}})


@signals.worker_ready.connect
def listen_to_sigterm(**_):
    """End an idle worker as soon as it is asked to: Celery itself looks every two seconds."""
    signal.signal(signal.SIGTERM, stop)


def stop(*_):
    """End after the task that runs."""
    state.should_stop = 0
    if not state.active_requests:
        raise WorkerShutdown(0)


if __name__ == "__main__":
    process.prepare()
    # a demo may run as root, as in a container
    warnings.simplefilter("ignore", SecurityWarning)
    with closing(sqlite3.connect(DATABASE)) as database:
        database.execute(
            "create table if not exists receipts (charge integer primary key, product text, amount integer)"
        )
    app.Worker(pool="solo", without_gossip=True, without_mingle=True, quiet=True).start()
