"""Programs that fork by hand: forks.py WHAT [ARGUMENTS]."""

import contextlib
import os
import resource
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

from reporting import events, exporter, log, record, say

# Python warns whoever forks with threads; that is what this is about.
warnings.simplefilter("ignore", DeprecationWarning)


def fork(child):
    """Run a function in a child that ends as a program does; return the child's id."""
    pid = os.fork()
    if not pid:
        child()
        sys.exit(0)
    return pid


def wait_for(pids):
    for pid in pids:
        assert os.waitpid(pid, 0)[1] == 0


def among_threads(count):
    """Fork while other threads record all the time; each child records and ends.

    Every fourth child ends as programs do; the others leave at once, which is quicker.
    """
    stop = threading.Event()

    def make_noise():
        while not stop.is_set():
            say("noise")
            record("noise")
            time.sleep(0.005)

    threads = [threading.Thread(target=make_noise, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()

    def child(number):
        stop.set()
        name = "noise" if number % 4 else f"child {number}"
        say(name)
        record(name)
        if number % 4:
            os._exit(0)

    pids = []
    for number in range(int(count)):
        pids.append(fork(lambda number=number: child(number)))
        if len(pids) == 4:
            wait_for(pids)
            pids.clear()
    wait_for(pids)
    stop.set()
    for thread in threads:
        thread.join()


def counting():
    """Count in the parent before and after forks, and in the children."""
    record("parent")
    record("shared")

    def child(number):
        for _ in range(number + 1):
            record(f"child {number}")
        record("shared")

    wait_for([fork(lambda number=number: child(number)) for number in range(3)])
    record("parent")
    record("shared")


def at_once(delay_s):
    """Fork just after the first record, when the sending thread has only begun to import."""
    say("parent")
    time.sleep(float(delay_s))
    wait_for([fork(lambda: say("child"))])


def in_a_callback(how):
    """Fork in a telemetry processor, on the sending thread."""
    pids = []

    def process(envelope):
        if not pids:
            pid = os.fork()
            if pid:
                pids.append(pid)
            elif how == "leave":
                os._exit(0)
            elif how == "exit":
                sys.exit(0)

    exporter.add_telemetry_processor(process)
    say("parent")
    exporter.flush()
    wait_for(pids)


def without_exit_handlers():
    """Children leave with os._exit: what they flushed is there, the parent's is there once."""

    def flushed():
        say("flushed")
        exporter.flush()
        for handler in (*log.handlers, *events.handlers):
            handler.flush()
        os._exit(0)

    def lost():
        say("lost")
        os._exit(0)

    say("parent")
    wait_for([fork(flushed), fork(lost)])


def daemon(folder):
    """Become a daemon the usual way: two forks, a session of its own, every file closed."""
    say("foreground")
    exporter.flush()
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    highest = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 4096)
    for descriptor in range(highest):
        with contextlib.suppress(OSError):
            os.close(descriptor)
    for _ in range(3):
        os.open(os.devnull, os.O_RDWR)
    files = [(Path(folder) / f"file {number}").open("w") for number in range(20)]
    say("daemon")
    exporter.flush()
    for file in files:
        file.write("only this\n")
        file.close()
    (Path(folder) / "done").touch()


def with_subprocesses():
    """Start other programs: neither they nor what is called before they run record anything twice."""
    say("before")
    for options in ({}, {"preexec_fn": os.setsid}, {"close_fds": False}):
        subprocess.run([sys.executable, "-c", "pass"], check=True, **options)
    assert subprocess.run("exit 3", shell=True, check=False).returncode == 3
    say("after")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
    print("ends", time.monotonic(), flush=True)
