"""A FastAPI application that knows nothing of telemetry; serves until its input ends."""

import logging
import socket
import sqlite3
import sys
import threading

import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/orders/{number}")
async def order(number: int) -> str:
    logging.getLogger("shop").warning("order %d", number)
    database = sqlite3.connect(":memory:")
    total = database.execute("select ? * 2", (number,)).fetchone()[0]
    database.close()
    return f"order {number}: {total}"


listening = socket.create_server(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
print(listening.getsockname()[1], flush=True)
thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
thread.start()
sys.stdin.read()
server.should_exit = True
thread.join(10)
