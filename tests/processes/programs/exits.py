"""Programs that end: exits.py COUNT [NETWORK]; says COUNT names and ends at once.

NETWORK is `names unknown`, when no host name is known, or `names hang`, when the question for one
is never answered.
"""

import logging
import socket
import sys
import threading
import time

from reporting import OPTIONS, say

from opencensus.ext.azure.log_exporter import AzureLogHandler


def unknown(*arguments, **options):
    raise socket.gaierror(socket.EAI_NONAME, "name or service not known")


def hang(*arguments, **options):
    threading.Event().wait()


if __name__ == "__main__":
    count, *network = sys.argv[1:]
    if network:
        socket.getaddrinfo = {"names unknown": unknown, "names hang": hang}[network[0]]
    # Each handler is closed by logging, one after the other.
    for name in ("second", "third"):
        logging.getLogger(name).addHandler(AzureLogHandler(**OPTIONS))
        logging.getLogger(name).warning("of the %s handler", name)
    for number in range(int(count)):
        say(f"item {number}")
    print("ends", time.monotonic(), flush=True)
