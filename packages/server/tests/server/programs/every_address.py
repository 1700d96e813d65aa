"""Runs a server that listens on every address of a network of its own, and does all that people do
with it before and after they have signed in; prints what came of it, and every secret of the run.

Started by `test_every_address.py`, in a network namespace: nobody else reaches the server.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

import httpx

import openinsights

ADDRESS, OTHER = "192.0.2.1", "192.0.2.2"
SERVER = (
    "import logging, runpy; logging.basicConfig(level=logging.DEBUG);"
    "runpy.run_module('openinsights.cli.main', run_name='__main__')"
)
FIRST, RESET, CHOSEN = "the first long password", "a reset long password", "a chosen long password"
WRONG, CLIENT = "a wrong long password", "the-secret-of-the-client"
COMPONENT = "/subscriptions/s/resourceGroups/web/providers/Microsoft.Insights/components/shop"
GUESSES = 12
SESSION = "/portal/api/session"
TRACE = {
    "name": "Microsoft.ApplicationInsights.Message",
    "data": {"baseType": "MessageData", "baseData": {"ver": 2, "message": "sold"}},
}

data, log = (Path(each) for each in sys.argv[1:])
environment = {
    **{name: value for name, value in os.environ.items() if not name.startswith("OPENINSIGHTS_")},
    "OPENINSIGHTS_OPENID_ISSUER": "http://127.0.0.1:9",
    "OPENINSIGHTS_OPENID_CLIENT_ID": "openinsights",
    "OPENINSIGHTS_OPENID_CLIENT_SECRET": CLIENT,
    "OPENINSIGHTS_OPENID_ROLES": "*=viewer",
}


def command(*words, given="", **more):
    """Run a command of the product; what it prints comes back."""
    done = subprocess.run(
        [sys.executable, "-m", "openinsights.cli.main", *words],
        input=given,
        capture_output=True,
        text=True,
        env={**environment, **more},
        check=False,
    )
    printed.append(done.stdout + done.stderr)
    return done.returncode, done.stdout


def somebody(address=ADDRESS, **headers):
    """A browser or a program at an address."""
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(
        transport=transport, base_url=url, headers=headers, trust_env=False, timeout=60
    )


def sign_in(browser, password, name="root"):
    return browser.post(SESSION, json={"name": name, "password": password}, headers=own)


told, printed = {}, []
with log.open("w") as errors:
    server = subprocess.Popen(
        [
            *(sys.executable, "-c", SERVER, "serve", "--data", str(data), "--host", "0.0.0.0"),
            *("--port", "0", "--otlp-grpc-port", "0", "--otlp-http-port", "0"),
        ],
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env=environment,
    )
    ready, _, link = (server.stdout.readline() for _ in range(3))
    port = ready.strip().rstrip("/").rpartition(":")[2]
    url, own = f"http://{ADDRESS}:{port}", {"origin": f"http://{ADDRESS}:{port}"}
    secret = link.partition("#first=")[2].strip()
    on_folder = ("--data", str(data))
    owner = (data / "owner.secret").read_text().strip()

    root, elsewhere = somebody(), somebody(OTHER)
    told["strangers"] = [
        somebody().get("/store/days").status_code,
        somebody("127.0.0.1").get(f"http://127.0.0.1:{port}/store/days").status_code,
        somebody().post("/v1/apps/*/query", json={"query": "print 1"}).status_code,
        somebody(**{"x-api-key": "a-wrong-key"}).get("/store/days").status_code,
        somebody(authorization="Bearer a.wrong.token").get("/store/days").status_code,
    ]
    told["awaits"] = root.get(SESSION).json()["awaits_first_administrator"]
    asked = {"secret": secret, "name": "root", "password": FIRST}
    first = "/portal/api/first-administrator"
    told["first"] = [
        root.post(first, json=asked | {"secret": "a-wrong-secret"}, headers=own).status_code,
        root.post(first, json=asked, headers=own).status_code,
        somebody().post(first, json=asked | {"name": "second"}, headers=own).status_code,
    ]
    session = root.cookies["openinsights"]
    told["awaits after"] = root.get(SESSION).json()["awaits_first_administrator"]
    component = root.put(COMPONENT, json={"location": "here"}, headers=own).json()
    made = root.post(
        f"{COMPONENT}/ApiKeys",
        json={"name": "reader", "OpenInsights": {"rights": ["read"]}},
        headers=own,
    )
    key = made.json()["apiKey"]
    ikey = component["properties"]["InstrumentationKey"]
    sent = {**TRACE, "iKey": ikey, "time": datetime.now(timezone.utc).isoformat()}
    told["sent"] = somebody(OTHER).post("/v2.1/track", json=[sent]).json()["itemsAccepted"]
    told["read"] = command(
        *("query", "traces | project message", "--app", "shop", "--format", "json", "--url", url),
        OPENINSIGHTS_API_KEY=key,
    )
    with ThreadPoolExecutor(GUESSES) as at_once:
        guesses = list(at_once.map(lambda _: sign_in(somebody(), WRONG), range(GUESSES)))
    told["guesses"] = sorted(each.status_code for each in guesses)
    told["waits"] = [
        int(each.headers["retry-after"]) for each in guesses if each.status_code == 429
    ]
    told["elsewhere"] = sign_in(elsewhere, FIRST).status_code
    other_session = elsewhere.cookies["openinsights"]
    told["reset"] = command(
        "user", "reset-password", "root", "--password-stdin", *on_folder, given=RESET
    )[0]
    told["after the reset"] = [
        root.get("/store/days").status_code,
        elsewhere.get("/store/days").status_code,
        sign_in(somebody(OTHER), FIRST).status_code,
        sign_in(elsewhere, RESET).status_code,
    ]
    body = {"old": RESET, "new": CHOSEN}
    told["chosen"] = elsewhere.post("/portal/api/password", json=body, headers=own).status_code
    told["provider"] = somebody().get("/sign-in/provider").headers["location"]
    told["user"] = command(
        *("user", "create", "bo", "--role", "viewer", "--app", "shop"),
        *("--password-stdin", *on_folder),
        given=FIRST,
    )[0]
    told["viewer"] = [
        sign_in(root, FIRST, "bo").status_code,
        root.get(COMPONENT).status_code,
        root.get("/access/people").status_code,
    ]
    deeds = elsewhere.get("/access/audit").json()["value"]
    told["deeds"] = [[each["actor"], each["action"], each["outcome"]] for each in deeds]
    sessions = [
        session,
        other_session,
        elsewhere.cookies["openinsights"],
        root.cookies["openinsights"],
    ]
    secrets = [secret, owner, FIRST, RESET, CHOSEN, WRONG, CLIENT, key, *sessions]
    secrets += ["a-wrong-secret", "a-wrong-key", "a.wrong.token"]
    server.terminate()
    told["code"] = server.wait(60)
    printed.append(server.stdout.read())

with openinsights.open(data) as database:
    text = " or ".join(f"whole contains {json.dumps(each)}" for each in secrets)
    rows = database.kql(f"union * | extend whole = tostring(pack_all()) | where {text} | count")
    told["telemetry"] = rows.rows[0][0]
    told["rows"] = database.kql("traces | where message == 'sold' | count").rows[0][0]
files = b"".join(each.read_bytes() for each in data.rglob("*") if each.is_file())
told["files"] = [each for each in secrets if each.encode() in files]
told["printed"] = [each for each in secrets if any(each in text for text in printed)]
told["looked through"] = [ikey.encode() in files, log.read_text().count("\n")]
told["log"] = [each for each in secrets if each in log.read_text()]
told["answers"] = [each for each in secrets if each in json.dumps(deeds)]
print(json.dumps(told))
