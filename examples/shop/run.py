"""Start the shop's processes and stop them together.

    APPLICATIONINSIGHTS_CONNECTION_STRING=... python examples/shop/run.py

Each has a session of its own, so that Ctrl-C reaches this process alone and every service is asked
to stop once; what it still holds is sent first.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVICES = ("payments", "orders", "storefront")
"""Each listens on a port; those behind a queue do not."""
BEHIND_THE_QUEUE = ("receipts",)
STOP_WITHIN_S = 8.0


def free_port():
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_listening(port, process, within_s=20.0):
    """Wait until the service accepts connections.

    Raises:
        SystemExit: when it stops or does not listen in time.
    """
    give_up = time.monotonic() + within_s
    while time.monotonic() < give_up:
        if process.poll() is not None:
            sys.exit(
                f"cannot start the shop: {process.args[-1]} stopped with status {process.returncode}; see its output above"
            )
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(
        f"cannot start the shop: {process.args[-1]} does not listen on port {port} after {within_s:.0f} s"
    )


def start(folder, processes):
    """Start every service and then the customers, and add their processes to the list."""
    ports = {service: free_port() for service in SERVICES}
    environment = {
        **os.environ,
        "SHOP_FOLDER": folder,
        **{
            f"SHOP_{service.upper()}_URL": f"http://127.0.0.1:{port}"
            for service, port in ports.items()
        },
    }
    listening = {}
    for service, port in ports.items():
        listening[port] = launch(service, {**environment, "SHOP_PORT": str(port)})
        processes.append(listening[port])
    processes += [launch(service, environment) for service in BEHIND_THE_QUEUE]
    for port, process in listening.items():
        wait_until_listening(port, process)
    processes.append(launch("shopper", environment))


def launch(program, environment):
    """Start one of the shop's programs in a session of its own."""
    return subprocess.Popen(
        [sys.executable, str(HERE / f"{program}.py")],
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def stop(processes):
    """Ask every process to finish, the customers first, and insist after a while."""
    for process in reversed(processes):
        process.terminate()
    give_up = time.monotonic() + STOP_WITHIN_S
    for process in processes:
        try:
            process.wait(timeout=max(0.1, give_up - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main():
    if not os.environ.get("APPLICATIONINSIGHTS_CONNECTION_STRING"):
        sys.exit(
            "cannot start the shop: APPLICATIONINSIGHTS_CONNECTION_STRING is not set; "
            'try: export APPLICATIONINSIGHTS_CONNECTION_STRING="$(openinsights resource create shop)"'
        )
    # a shell that starts us in the background has SIGINT ignored
    for stop_signal in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop_signal, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="shop-") as folder:
        processes = []
        try:
            start(folder, processes)
            while all(process.poll() is None for process in processes):
                time.sleep(0.5)
            sys.exit("cannot go on: a process of the shop stopped; see its output above")
        except KeyboardInterrupt:
            print("shop: closing", file=sys.stderr)
        finally:
            stop(processes)


if __name__ == "__main__":
    main()
