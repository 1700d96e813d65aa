"""The queue between payments and receipts: Celery on a SQLite file, so that no broker has to run.

A shop on more than one machine would name one here, such as `redis://…`; nothing else would change.
"""

from __future__ import annotations

from celery import Celery, signals
from kombu.transport.sqlalchemy import Transport

import process

QUEUE = "printing"
WRITE_RECEIPT = "receipts.write"


def celery_app() -> Celery:
    """Return what sends and runs the shop's tasks."""
    # how often a worker asks the file, in seconds: an order waits no longer, nor does Ctrl-C
    Transport.polling_interval = 0.2
    # what it would print, telemetry tells
    signals.setup_logging.connect(lambda **_: None, weak=False)
    app = Celery("shop", broker=f"sqla+sqlite:///{process.folder() / 'queue.db'}")
    app.conf.update(
        broker_connection_retry_on_startup=True,
        task_default_queue=QUEUE,
        task_ignore_result=True,
    )
    return app
