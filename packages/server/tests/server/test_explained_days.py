"""Which days of a data folder a query reads, as `openinsights kql explain` tells."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from typer.testing import CliRunner

from openinsights.cli.main import app


def trace(key, at):
    return {
        "name": "Microsoft.ApplicationInsights.Message",
        "time": at.isoformat(),
        "iKey": key,
        "data": {"baseType": "MessageData", "baseData": {"ver": 2, "message": "hello"}},
    }


def test_only_days_are_read_that_the_times_overlap(serve, tmp_path):
    now = datetime.now(timezone.utc)
    days = [now - timedelta(days=number) for number in (0, 1)]
    with serve() as server:
        key = server.create()["InstrumentationKey"]
        items = [trace(key, day) for day in days]
        assert server.http.post("v2.1/track", json=items).json()["itemsAccepted"] == 2

    def explained(text, *options):
        words = ["kql", "explain", text, "--stage", "scans", "--data", str(tmp_path), *options]
        return CliRunner().invoke(app, words).stdout.splitlines()

    every = explained("traces | project message")
    assert every[0] == "traces: 1 of 32 columns: message"
    assert every[1].startswith("  2 of 2 days, ")
    assert [line.split()[0] for line in every[2:]] == [f"{day:%Y-%m-%d}" for day in days[::-1]]

    some = explained(f"traces | where timestamp >= datetime({now:%Y-%m-%d}) | count")
    assert some[1].startswith("  times: from ")
    assert some[2].startswith("  1 of 2 days, ")
    assert some[3].startswith(f"    {now:%Y-%m-%d}")

    named = explained("traces | count", "--timespan", f"{now:%Y-%m-%d}T00:00:00Z/PT20H")
    assert named[2].startswith("  1 of 2 days, ")
