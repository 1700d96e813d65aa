"""Uses every part of the client once: everything.py NAME; what is said bears the name."""

import sys
import time

from reporting import record, say

from opencensus.ext.azure import metrics_exporter

if __name__ == "__main__":
    standard = metrics_exporter.new_metrics_exporter()
    say(sys.argv[1])
    record(sys.argv[1])
    standard.flush()
    print("ends", time.monotonic(), flush=True)
