"""What used to make this library work with gevent; nothing has to be done for that any more."""

from __future__ import annotations

import logging
from typing import Any

log = logging.getLogger(__name__)


def patch_opencensus(event: Any = None) -> None:
    """Do nothing: each greenlet has a context of its own already.

    The retired package went over to values per thread here. Every greenlet that runs on the Pythons
    of this package switches `contextvars` with its greenlets, patched or not, so that the context
    that serves threads and tasks serves greenlets too. `opencensus.ext.gevent.trace` is what takes
    the trace along into new ones.
    """
    log.debug("each greenlet has a context of its own")
