"""A Celery application; its exporters are made before the worker forks its pool.

python tasks.py COUNT   asks the workers for COUNT tasks
"""

import os
import sys
from pathlib import Path

from celery import Celery
from reporting import say

app = Celery("tasks", broker=os.environ["BROKER"])
app.conf.worker_prefetch_multiplier = 1


@app.task(name="work")
def work(number):
    say(f"task {number}")
    with Path(os.environ["DONE"]).open("a") as done:
        done.write(f"{os.getpid()}\n")


if __name__ == "__main__":
    for number in range(int(sys.argv[1])):
        work.delay(number)
