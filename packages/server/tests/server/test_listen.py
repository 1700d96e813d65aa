"""The listening socket."""

from __future__ import annotations

import socket

from openinsights.app import listen
from openinsights.settings import Settings


def test_replies_are_not_held_back_until_the_client_confirms_a_part() -> None:
    with (
        listen(Settings(port=0)) as listener,
        socket.create_connection(listener.getsockname()[:2]),
    ):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
