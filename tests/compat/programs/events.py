"""Sends custom events with dimensions and measurements."""

import logging

from opencensus.ext.azure.log_exporter import AzureEventHandler

events = logging.getLogger("events")
events.addHandler(AzureEventHandler(connection_string="InstrumentationKey=<your-key-here>"))
events.setLevel(logging.INFO)
events.info(
    "order placed",
    extra={"custom_dimensions": {"product": "teapot"}, "custom_measurements": {"price": 64.5}},
)
