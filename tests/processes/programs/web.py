"""A WSGI application: GET /<id> records the id and answers with the worker's process id."""

import os

from reporting import say

if os.environ.get("SAY_AT_IMPORT"):
    say(f"imported {os.getpid()}")


def application(environ, start_response):
    say(environ["PATH_INFO"].strip("/"))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
