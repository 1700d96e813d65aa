"""A Flask application that knows nothing of telemetry; serves until its input ends."""

import logging
import sqlite3
import sys
import threading

from flask import Flask
from werkzeug.serving import make_server

app = Flask(__name__)


@app.get("/orders/<int:number>")
def order(number: int) -> str:
    logging.getLogger("shop").warning("order %d", number)
    database = sqlite3.connect(":memory:")
    total = database.execute("select ? * 2", (number,)).fetchone()[0]
    database.close()
    return f"order {number}: {total}"


server = make_server("127.0.0.1", 0, app, threaded=True)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
server.shutdown()
