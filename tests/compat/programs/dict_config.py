"""Configures logging as a Django project does."""

import logging.config
import sys

LOGGING = {
    "version": 1,
    "formatters": {"short": {"format": "%(levelname)s %(message)s"}},
    "handlers": {
        "azure": {
            "level": "DEBUG",
            "class": "opencensus.ext.azure.log_exporter.AzureLogHandler",
            "instrumentation_key": "<your-key-here>",
            "formatter": "short",
        },
        "console": {"level": "DEBUG", "class": "logging.StreamHandler", "stream": sys.stdout},
    },
    "loggers": {"shop": {"handlers": ["azure", "console"]}},
}
logging.config.dictConfig(LOGGING)
logging.getLogger("shop").warning("tracked")
