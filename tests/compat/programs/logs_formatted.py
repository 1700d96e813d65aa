"""Logs through a formatter and with a sampling rate that keeps everything."""

import logging

from opencensus.ext.azure.log_exporter import AzureLogHandler

handler = AzureLogHandler(logging_sampling_rate=1.0, export_interval=1.0, max_batch_size=10)
handler.setFormatter(logging.Formatter("%(name)s|%(levelname)s|%(message)s"))
shop = logging.getLogger("shop")
shop.addHandler(handler)
shop.error("closed")
