"""Processes of multiprocessing: children.py METHOD KIND COUNT; each child says its number."""

import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from reporting import say


def work(number):
    say(f"child {number}")


def processes(context, count):
    children = [context.Process(target=work, args=(number,)) for number in range(count)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0


def pool(context, count):
    workers = context.Pool(2, maxtasksperchild=2)
    workers.map(work, range(count), chunksize=1)
    workers.close()
    workers.join()


def executor(context, count):
    with ProcessPoolExecutor(2, mp_context=context) as workers:
        list(workers.map(work, range(count)))


def nested(context, count):
    child = context.Process(target=processes, args=(context, count))
    child.start()
    child.join()


if __name__ == "__main__":
    method, kind, count = sys.argv[1:]
    say("parent before")
    globals()[kind](multiprocessing.get_context(method), int(count))
    say("parent after")
    print("ends", time.monotonic())
