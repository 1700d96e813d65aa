"""A server that asks everybody, and the commands that speak with it."""

from __future__ import annotations

import json
import os

import httpx
import pytest
from typer.testing import CliRunner

from openinsights.cli.main import app
from openinsights.errors import OpenInsightsError

PASSWORD = "correct horse battery"
RESOURCES = "providers/Microsoft.Insights/components"


class Done:
    """What a command of this process printed, and how it ended."""

    def __init__(self, result):
        error = result.exception
        is_told = isinstance(error, OpenInsightsError)
        if error is not None and not is_told and not isinstance(error, SystemExit):
            raise error
        self.returncode = result.exit_code
        self.stdout = result.stdout
        self.stderr = result.stderr + (f"{error}" if is_told else "")


@pytest.fixture
def command(monkeypatch):
    for name in [name for name in os.environ if name.startswith("OPENINSIGHTS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENINSIGHTS_DATA", "/nonexistent")

    def run(*words, key="", given=""):
        environment = {"OPENINSIGHTS_API_KEY": key or None}
        return Done(CliRunner().invoke(app, words, input=given, env=environment))

    return run


@pytest.fixture
def asking(serve):
    with serve("--sign-in", "always") as server:
        yield server


def test_the_owner_of_the_folder_works_through_the_server_and_others_with_keys(
    asking, tmp_path, command
):
    on_folder = ("--data", str(tmp_path))
    assert httpx.get(f"{asking.url}store/days", trust_env=False).status_code == 401
    made = command("resource", "create", "shop", *on_folder)
    assert made.returncode == 0, made.stderr
    command("resource", "create", "bank", *on_folder)
    user = command("user", "create", "ada", "--password-stdin", *on_folder, given=PASSWORD)
    assert user.returncode == 0, user.stderr
    key = command("key", "create", "reader", "--app", "shop", *on_folder).stdout.strip()
    assert len(key) == 40

    on_url = ("--url", asking.url)
    refused = command("query", "print 1", *on_url)
    assert refused.returncode == 1
    assert "OPENINSIGHTS_API_KEY" in refused.stderr
    asked = command("query", "print x = 1", "--app", "shop", "--format", "json", *on_url, key=key)
    assert json.loads(asked.stdout) == [{"x": 1}], asked.stderr
    assert command("query", "print 1", "--app", "bank", *on_url, key=key).returncode == 1
    listed = command("resource", "list", "--json", *on_url, key=key)
    assert [each["name"] for each in json.loads(listed.stdout)] == ["shop"], listed.stderr
    assert command("resource", "delete", "shop", "--yes", *on_url, key=key).returncode == 1

    keys = json.loads(command("key", "list", "--app", "shop", "--json", *on_folder).stdout)
    assert [(each["name"], each["rights"]) for each in keys] == [("reader", ["read"])]
    assert keys[0]["lastUsed"]
    assert command("key", "revoke", "reader", "--app", "shop", *on_folder).returncode == 0
    assert command("query", "print 1", "--app", "shop", *on_url, key=key).returncode == 1
    audit = command("audit", *on_folder).stdout
    assert "/access/people" in audit
    assert "this machine" in audit
    secrets = [PASSWORD, key, (tmp_path / "owner.secret").read_text()]
    asking.stop()
    for text in (audit, asking.errors, user.stdout, user.stderr):
        assert not [secret for secret in secrets if secret in text]
    assert not (tmp_path / "owner.secret").exists()


def test_people_are_made_before_the_server_runs(tmp_path, running_on, command):
    on_folder = ("--data", str(tmp_path))
    command("user", "create", "ada", "--password-stdin", *on_folder, given=PASSWORD)
    made = command(
        "user",
        "create",
        "bo",
        "--role",
        "viewer",
        "--password-stdin",
        *on_folder,
        given="another long password",
    )
    assert made.stdout == "made bo: viewer of every resource\n", made.stderr
    assert command("user", "role", "bo", "editor", *on_folder).returncode == 0
    assert command("user", "remove", "ada", *on_folder).returncode == 1
    reset = command(
        "user", "reset-password", "bo", "--password-stdin", *on_folder, given="yet another password"
    )
    assert reset.returncode == 0, reset.stderr
    people = json.loads(command("user", "list", "--json", *on_folder).stdout)
    assert [(each["name"], each["roles"]) for each in people] == [
        ("ada", {"*": "admin"}),
        ("bo", {"*": "editor"}),
    ]
    with running_on(tmp_path, "--sign-in", "always") as server:
        body = {"name": "bo", "password": "yet another password"}
        headers = {"origin": server.url.rstrip("/")}
        assert server.http.post("portal/api/session", json=body, headers=headers).status_code == 200
        assert server.http.get(RESOURCES).status_code == 200
        assert not server.http.get("portal/api/session").json()["awaits_first_administrator"]


def test_who_comes_through_a_proxy_is_not_on_this_machine(serve):
    with serve() as server:
        assert server.http.get(RESOURCES).status_code == 200
        for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            headers = {header: "203.0.113.7"}
            told = server.http.get(RESOURCES, headers=headers)
            assert told.status_code == 401, header
            assert "store" not in server.http.get("health", headers=headers).json()
