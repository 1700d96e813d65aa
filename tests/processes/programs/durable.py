"""Programs with durable queues: durable.py WHAT [COUNT].

`killed` says its items and is gone; `children` has children that are gone in the same way, one of
them forked while the queues of its parent hold something; `heir` runs until standard input ends.
"""

import os
import signal
import sys

from reporting import say


def be_gone():
    # os.kill cannot do this where there is no SIGKILL.
    (os.abort if not hasattr(signal, "SIGKILL") else lambda: os.kill(os.getpid(), signal.SIGKILL))()


def killed(count):
    for number in range(int(count)):
        say(f"item {number}")
    be_gone()


def children(count):
    say("parent")
    for number in range(int(count)):
        child = os.fork()
        if not child:
            say(f"item {number}")
            os._exit(0) if number % 2 else be_gone()
        os.waitpid(child, 0)


def heir():
    say("heir")
    sys.stdin.read()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
