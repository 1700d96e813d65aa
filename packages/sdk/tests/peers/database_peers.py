"""Real database servers on loopback ports, for tests of several rooms; see their `conftest.py`."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

DEADLINE_S = 60.0
IN_CI = bool(os.environ.get("CI"))
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Peer:
    """A database server on a loopback port."""

    port: int
    user: str = ""
    host: str = LOOPBACK


def _found(program: str, *folders: str) -> str:
    places = os.pathsep.join([os.environ.get("PATH", ""), *folders, "/usr/sbin", "/sbin"])
    found = shutil.which(program, path=places)
    if found is None:
        if IN_CI:
            pytest.fail(f"{program} is not installed")
        pytest.skip(f"{program} is not installed")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int, process: subprocess.Popen[bytes], log: Path, host: str = LOOPBACK) -> None:
    give_up = time.monotonic() + DEADLINE_S
    while time.monotonic() < give_up:
        assert process.poll() is None, log.read_text(errors="replace")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text(errors="replace"))


@pytest.fixture(scope="session")
def own_folder() -> Iterator[Path]:
    """A folder that the servers' own users may enter."""
    folder = Path(tempfile.mkdtemp(prefix="databases-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql(own_folder: Path) -> Iterator[Peer]:
    """PostgreSQL with a database `shop`."""
    with running_postgresql(own_folder / "postgresql") as peer:
        yield peer


@contextmanager
def running_postgresql(folder: Path, host: str = LOOPBACK, namespace: str = "") -> Iterator[Peer]:
    """Run PostgreSQL, which refuses to run as root, with a database `shop`.

    Args:
        folder: made for it, in one that the user `postgres` may enter.
        host: the address that it listens on, and lets all in from whose network it is in.
        namespace: the network namespace it runs in; "" is the one of who asks.
    """
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    initdb = _found("initdb", *map(str, newest))
    program = _found("postgres", str(Path(initdb).resolve().parent))
    folder.mkdir()
    options: dict[str, Any] = {"cwd": folder}
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        options |= {"user": "postgres", "group": "postgres", "extra_groups": []}
    made = [initdb, "-D", str(folder / "data"), "-U", "shop", "-A", "trust", "-E", "UTF8"]
    subprocess.run([*made, "--no-sync", "--locale=C"], check=True, capture_output=True, **options)
    with (folder / "data" / "pg_hba.conf").open("a") as rules:
        rules.write("host all all samenet trust\n")
    port = _free_port()
    log = folder.with_suffix(".log")
    settings = {
        "listen_addresses": host,
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",
    }
    command = [program, "-D", str(folder / "data")]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    if namespace:  # only root enters one, and then it is time to become the other user
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        command = ["nsenter", f"--net=/run/netns/{namespace}", *user, *command]
        options = {"cwd": folder}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **options)
    try:
        _answers(port, process, log, host)
        _make_shop(host, port)
        yield Peer(port, "shop", host)
    finally:
        process.send_signal(signal.SIGINT)  # at SIGTERM it waits for every client to leave
        process.wait(DEADLINE_S)


def _make_shop(host: str, port: int) -> None:
    """Make the database; a server that takes connections may still say that it is starting."""
    import psycopg

    give_up = time.monotonic() + DEADLINE_S
    while True:
        try:
            connection = psycopg.connect(
                host=host, port=port, user="shop", dbname="postgres", autocommit=True
            )
        except psycopg.OperationalError as error:
            if "starting up" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.05)
        else:
            with connection:
                connection.execute("create database shop")
            return


@pytest.fixture(scope="session")
def mariadb(own_folder: Path) -> Iterator[Peer]:
    """MariaDB with a database `shop`, for MySQL's clients."""
    program = _found("mariadbd")
    install = _found("mariadb-install-db")
    folder = own_folder / "mariadb"
    folder.mkdir()
    user = ["--user=root"] if os.geteuid() == 0 else []
    made = [install, f"--datadir={folder / 'data'}", "--skip-test-db", *user]
    made += ["--auth-root-authentication-method=normal"]
    subprocess.run(made, check=True, capture_output=True)
    port = _free_port()
    log = own_folder / "mariadb.log"
    bootstrap = own_folder / "shop.sql"
    # One statement a line: the rest of a line is not read.
    bootstrap.write_text(
        "create database shop;\n"
        "create user 'shop'@'127.0.0.1' identified by 'secret';\n"
        "grant all on shop.* to 'shop'@'127.0.0.1';\n"
    )
    command = [program, "--no-defaults", f"--datadir={folder / 'data'}", f"--port={port}", *user]
    command += ["--bind-address=127.0.0.1", f"--socket={folder / 'socket'}", "--skip-name-resolve"]
    command += [f"--init-file={bootstrap}", f"--pid-file={folder / 'pid'}"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        _answers(port, process, log)
        yield Peer(port, "shop")
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


@pytest.fixture(scope="session")
def redis_server(own_folder: Path) -> Iterator[Peer]:
    """Redis without a file."""
    program = _found("redis-server")
    port = _free_port()
    log = own_folder / "redis.log"
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir"]
    with log.open("wb") as output:
        process = subprocess.Popen([*command, str(own_folder)], stdout=output, stderr=output)
    try:
        _answers(port, process, log)
        yield Peer(port)
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


@pytest.fixture(scope="session")
def mongodb() -> Iterator[Peer]:
    """A stand-in that speaks MongoDB's protocol (mockupdb): Debian has no server any more."""
    from mockupdb import MockupDB, OpMsg

    stand_in = MockupDB(auto_ismaster={"maxWireVersion": 21, "minWireVersion": 0})
    rows = {"cursor": {"id": 0, "ns": "shop.orders", "firstBatch": [{"customer": "ada"}]}}
    stand_in.autoresponds(OpMsg("find", "orders"), rows)
    stand_in.autoresponds(OpMsg("aggregate", "orders"), rows)
    stand_in.autoresponds(OpMsg("insert", "orders"), {"ok": 0, "code": 13, "errmsg": "not allowed"})
    stand_in.autoresponds("endSessions")
    yield Peer(stand_in.run())
    stand_in.stop()
