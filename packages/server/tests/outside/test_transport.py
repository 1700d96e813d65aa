import asyncio
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from openinsights.outside.addresses import AddressPolicy, AddressRefused
from openinsights.outside.names import resolve
from openinsights.outside.transport import CheckedTransport, allowed_addresses

OPEN = AddressPolicy(private=True)
CLOSED = AddressPolicy(private=False)


class Answers(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/away":
            self.send_response(307)
            self.send_header("location", "http://metadata.test/latest")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        answer = self.headers["host"].encode() + b" " + body
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


@contextmanager
def listening():
    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def names(**addresses):
    asked = []

    async def resolve(host, port):
        asked.append(host)
        return addresses[host.partition(".")[0]]

    resolve.asked = asked
    return resolve


def post(url, policy, resolve=resolve, **options):
    async def run():
        transport = CheckedTransport(policy, ssl.create_default_context(), resolve=resolve)
        async with httpx.AsyncClient(transport=transport, timeout=5, **options) as client:
            return await client.post(url, content=b"said")

    return asyncio.run(run())


def test_what_is_allowed_is_called_under_its_name():
    with listening() as port:
        reply = post(f"http://here.test:{port}/", OPEN, names(here=["127.0.0.1"]))
    assert reply.status_code == 200
    assert reply.text == f"here.test:{port} said"


def test_an_address_that_does_not_answer_gives_way_to_the_next():
    with listening() as port:
        reply = post(f"http://here.test:{port}/", OPEN, names(here=["127.9.9.9", "127.0.0.1"]))
    assert reply.status_code == 200


def test_a_private_address_behind_a_name_is_refused_before_it_is_called():
    with pytest.raises(AddressRefused, match=r"cannot call here\.test: 127\.0\.0\.1"):
        post("http://here.test:1/", CLOSED, names(here=["127.0.0.1"]))


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "0x7f000001", "2130706433"])
def test_no_spelling_of_an_address_gets_around_the_policy(host):
    with pytest.raises((AddressRefused, httpx.ConnectError)):
        post(f"http://{host}:1/", CLOSED)


def test_only_allowed_addresses_of_a_name_are_called():
    async def run():
        found = names(mixed=["169.254.169.254", "127.0.0.1", "8.8.8.8"])
        return [
            await allowed_addresses("mixed.test", 80, policy, found) for policy in (OPEN, CLOSED)
        ]

    assert asyncio.run(run()) == [["127.0.0.1", "8.8.8.8"], ["8.8.8.8"]]


def test_each_connection_asks_again_what_a_name_means():
    """A name that means another address the second time does not help."""
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])

    async def changing(host, port):
        return next(answers)

    with listening() as port:
        url = f"http://here.test:{port}/"

        async def run():
            transport = CheckedTransport(OPEN, ssl.create_default_context(), resolve=changing)
            async with httpx.AsyncClient(transport=transport) as client:
                first = await client.post(url, content=b"1")
                with pytest.raises(AddressRefused, match="metadata"):
                    await client.post(url, content=b"2")
                return first

        assert asyncio.run(run()).status_code == 200


def test_a_redirect_that_is_followed_meets_the_policy_too():
    found = names(here=["127.0.0.1"], metadata=["169.254.169.254"])
    with listening() as port, pytest.raises(AddressRefused, match=r"metadata\.test"):
        post(f"http://here.test:{port}/away", OPEN, found, follow_redirects=True)


def test_a_refused_connection_is_told_as_httpx_does():
    with listening() as port:
        pass
    with pytest.raises(httpx.ConnectError):
        post(f"http://127.0.0.1:{port}/", OPEN)


def test_a_name_without_address_is_told_as_httpx_does():
    with pytest.raises(httpx.ConnectError):
        post("http://no-such-name.invalid/", OPEN)


def test_a_name_that_is_never_found_is_given_up():
    async def never(host, port):
        await asyncio.Event().wait()

    async def run():
        transport = CheckedTransport(OPEN, ssl.create_default_context(), resolve=never)
        async with httpx.AsyncClient(transport=transport, timeout=0.01) as client:
            await client.post("http://here.test/", content=b"")

    with pytest.raises(httpx.ConnectTimeout):
        asyncio.run(run())


def test_names_are_looked_up_by_the_system():
    found = asyncio.run(resolve("localhost", 80))
    assert set(found) <= {"127.0.0.1", "::1"}
    assert found
    assert asyncio.run(resolve("::1", 80)) == ["::1"]


def test_what_is_no_name_has_no_address():
    with pytest.raises(OSError, match="no name of a host"):
        asyncio.run(resolve("a" * 70 + ".test", 80))
