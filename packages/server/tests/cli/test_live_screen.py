"""What people see of a snapshot in a terminal."""

from __future__ import annotations

from openinsights.cli.live_screen import Screen
from openinsights.live.filters import View
from openinsights.live.snapshot import snapshot
from openinsights_wire.stamps import parse_time

AT = parse_time("2026-11-21T08:00:01Z")


def sample(**changed):
    told = snapshot(None, View(), AT)
    told["series"]["requests_per_second"] = [None] * 50 + [0, 1, 2, 3, 4, 5, 6, 7, 8.25, 1234.5]
    told["series"]["memory_bytes"] = [None] * 59 + [31_500_000.0]
    return {**told, **changed}


def server(**changed):
    values = dict.fromkeys(snapshot(None, View(), AT)["series"])
    return {
        **values,
        "role": "shop",
        "instance": "web-1",
        "source": "live",
        "last_seen_s": 0.4,
        "errors": [],
        "requests_per_second": 1234.5,
        **changed,
    }


def document(**changed):
    return {"time": "2026-11-21T08:00:00.5Z", "type": "request", "name": "GET /", **changed}


def shown(told, documents=(), width=160, height=40):
    screen = Screen("shop")
    screen.take(told, documents)
    return screen.lines(width, height)


def test_numbers_and_trends_of_the_last_half_minute():
    lines = shown(sample(servers=[server()]))
    assert lines[0] == "shop · 08:00:00 UTC · 1 server · Ctrl-C ends"
    incoming = next(line for line in lines if line.startswith("incoming"))
    assert "requests/s     1,234" in incoming
    assert incoming.count("▁") == 9
    assert incoming.count("█") == 1
    assert "memory MB      31.5" in next(line for line in lines if line.startswith("health"))


def test_servers_and_what_they_cannot_do():
    odd = server(instance="web-2", source="telemetry", errors=["no such field"], role="")
    lines = shown(sample(servers=[server(), odd]))
    assert "2 servers, 1 of them from stored telemetry, some seconds late" in lines[0]
    assert any("web-1" in line and "1,234" in line and "0 s ago" in line for line in lines)
    assert "web-2 cannot follow the view: no such field" in lines


def test_nobody_there_yet():
    assert "waiting for a server" in shown(sample())[0]
    assert "no server told anything during the last minute" in shown(sample())


def test_samples_are_newest_first_and_failures_are_marked():
    documents = [
        document(code="200", success=True, duration_ms=12.34, url="http://shop/"),
        document(
            type="exception", name="KeyError", message="basket", success=False, severity="Error"
        ),
    ]
    lines = shown(sample(), documents)
    assert lines[-2:] == [
        "08:00:00 ✕ exception   Error  KeyError  basket",
        "08:00:00   request     200  12.3 ms  GET /  http://shop/",
    ]


def test_view_s_own_numbers_have_a_line_each():
    told = sample(metrics={"count() of request": [None] * 59 + [4.0]})
    assert any(line.endswith("count() of request") and "4.0" in line for line in shown(told))


def test_text_of_applications_cannot_command_the_terminal():
    evil = document(message="\x1b[2J\x1b]0;title\x07 two\nlines\ttab\x9b31m\u202e")
    text = "\n".join(shown(sample(), [evil]))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\x9b" not in text
    assert "\u202e" not in text
    assert "two⏎lines·tab" in text


def test_lines_fit_the_terminal_whatever_its_size():
    documents = [document(message="x" * 500) for _ in range(60)]
    told = sample(servers=[server(instance=f"web-{number}") for number in range(100)])
    for width, height in ((160, 40), (80, 24), (20, 5), (1, 1)):
        lines = shown(told, documents, width, height)
        assert len(lines) <= height
        assert all(len(line) <= width for line in lines)


def test_line_for_what_is_no_terminal():
    screen = Screen("shop")
    screen.take(sample(servers=[server()]), [])
    assert screen.line().startswith("08:00:00  servers 1  requests/s 1,234  failed/s -  ms -")
