"""Not supported: importing it says what to use instead."""

from __future__ import annotations

from opencensus.ext.refused import refuse

refuse(__name__)
