"""Changes and drops telemetry on its way, as the role's name and secrets require."""

import logging

from opencensus.ext.azure.log_exporter import AzureLogHandler


def name_role(envelope):
    envelope.tags["ai.cloud.role"] = "shop-frontend"
    envelope.data.baseData.properties["deployment"] = 7
    return True


def hide_passwords(envelope):
    return "password" not in envelope.data.baseData.message


handler = AzureLogHandler()
handler.add_telemetry_processor(name_role)
handler.add_telemetry_processor(hide_passwords)
shop = logging.getLogger("shop")
shop.addHandler(handler)
shop.warning("the password is 1234")
shop.warning("no secret")
