"""Start the shop's four processes and stop them together.

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


def start(folder):
    """Start every service and then the customers; return their processes."""
    ports = {service: free_port() for service in SERVICES}
    environment = {
        **os.environ,
        "SHOP_DATABASE": str(Path(folder) / "shop.db"),
        **{
            f"SHOP_{service.upper()}_URL": f"http://127.0.0.1:{port}"
            for service, port in ports.items()
        },
    }
    processes = []
    for service in SERVICES:
        processes.append(
            subprocess.Popen(
                [sys.executable, str(HERE / f"{service}.py")],
                env={**environment, "SHOP_PORT": str(ports[service])},
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        )
    for service, process in zip(SERVICES, processes, strict=True):
        wait_until_listening(ports[service], process)
    processes.append(
        subprocess.Popen(
            [sys.executable, str(HERE / "shopper.py")], env=environment, start_new_session=True
        )
    )
    return processes


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
            processes = start(folder)
            while all(process.poll() is None for process in processes):
                time.sleep(0.5)
            sys.exit("cannot go on: a process of the shop stopped; see its output above")
        except KeyboardInterrupt:
            print("shop: closing", file=sys.stderr)
        finally:
            stop(processes)


if __name__ == "__main__":
    main()
