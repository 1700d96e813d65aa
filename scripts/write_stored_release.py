"""Write a small data folder with the release that is installed, as a packed file for the tests.

    python scripts/write_stored_release.py packages/server/tests/store/releases

Run it once per release: later releases have to open what it wrote. The server is killed, so that
the folder holds what a crash leaves: a journal and write-ahead logs beside the day files.
"""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path

KEY = "5f0c1f0e-6d1b-4f0e-9b57-0c2f5d0a9e11"
NAMES = ("first", "zweiter", "셋째", "été 🚀")


def main() -> None:
    target = Path(sys.argv[1]) / f"{version('openinsights')}.tar.gz"
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        target.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(target, "w:gz") as packed:
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file() and path.name not in ("lock", "owner.lock"):
                    packed.addfile(entry(folder, path), io.BytesIO(path.read_bytes()))
    print(f"{target}: {target.stat().st_size} bytes")


def entry(folder: str, path: Path) -> tarfile.TarInfo:
    found = tarfile.TarInfo(str(path.relative_to(folder)))
    found.size = path.stat().st_size
    return found


def write(folder: Path) -> None:
    command = [sys.executable, "-m", "openinsights.cli.main", "serve", "--port", "0"]
    server = subprocess.Popen([*command, "--data", str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        url = re.search(r"http://\S+/", server.stdout.readline())[0]
        path = "subscriptions/s/resourceGroups/kept/providers/Microsoft.Insights/components/shop"
        request(f"{url}{path}", "PUT", {"properties": {"InstrumentationKey": KEY}})
        yesterday = datetime.now(timezone.utc) - timedelta(days=1)
        send(url, yesterday)
        request(f"{url}v1/apps/shop/query", "POST", {"query": "requests | count"})
        send(url, yesterday + timedelta(days=1))
    finally:
        server.send_signal(signal.SIGKILL)
        server.communicate()


def send(url: str, at: datetime) -> None:
    data = [
        ("MessageData", lambda name: {"message": name, "severityLevel": 1}),
        ("EventData", lambda name: {"name": name}),
        ("RequestData", lambda name: request_data(name)),
        ("RemoteDependencyData", lambda name: request_data(name)),
        ("MetricData", lambda name: {"metrics": [{"name": name, "value": 1.5}]}),
        ("ExceptionData", lambda name: {"exceptions": [{"typeName": "E", "message": name}]}),
    ]
    items = [
        {
            "time": at.isoformat(),
            "iKey": KEY,
            "tags": {"ai.user.id": name, "ai.cloud.role": "web"},
            "data": {
                "baseType": kind,
                "baseData": {"ver": 2, **make(name), "properties": {"name": name}},
            },
        }
        for kind, make in data
        for name in NAMES
    ]
    request(f"{url}v2.1/track", "POST", items)


def request_data(name: str) -> dict[str, object]:
    return {"id": "1", "name": name, "duration": "00:00:01", "responseCode": "200", "success": True}


def request(url: str, method: str, body: object) -> None:
    sent = urllib.request.Request(url, json.dumps(body).encode(), method=method)
    sent.add_header("content-type", "application/json")
    with urllib.request.urlopen(sent, timeout=30) as reply:
        assert reply.status == 200, reply.read()


if __name__ == "__main__":
    main()
