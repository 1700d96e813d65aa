"""Logs numbered messages one after the other, a few milliseconds apart, until it has logged all."""

import logging
import sys
import time

from opencensus.ext.azure.log_exporter import AzureLogHandler

count = int(sys.argv[1])
handler = AzureLogHandler(export_interval=0.1, minimum_retry_interval=0.5, grace_period=20)
log = logging.getLogger("steady")
log.addHandler(handler)
for number in range(count):
    log.warning("message %d", number)
    if number % 100 == 99:
        print(number + 1, flush=True)
    time.sleep(0.003)
