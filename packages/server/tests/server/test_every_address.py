"""A server that listens on every address, from the link for its first administrator to its end.

It runs in a network of its own, so that nobody else reaches it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "every_address.py"
NETWORK = "ip link set lo up && ip addr add 192.0.2.1/32 dev lo && ip addr add 192.0.2.2/32 dev lo"
APART = ("unshare", "--net", "--map-root-user", "sh", "-c")


def has_network_of_its_own() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run([*APART, NETWORK], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    if not has_network_of_its_own():
        pytest.skip("this machine makes no network namespaces")
    folder = tmp_path_factory.mktemp("every-address")
    words = [sys.executable, str(PROGRAM), str(folder / "data"), str(folder / "log")]
    done = subprocess.run(
        [*APART, f'{NETWORK} && exec "$@"', "sh", *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr + (folder / "log").read_text()[-2000:]
    return json.loads(done.stdout)


@pytest.mark.slow
class TestEveryAddress:
    def test_nobody_is_served_without_being_asked(self, told):
        assert told["strangers"] == [401, 401, 401, 401, 403]

    def test_the_link_makes_one_administrator(self, told):
        assert told["awaits"] is True
        assert told["first"] == [401, 201, 401]
        assert told["awaits after"] is False

    def test_a_key_reads_what_was_sent_from_elsewhere(self, told):
        assert told["sent"] == told["rows"] == 1
        code, printed = told["read"]
        assert (code, json.loads(printed)) == (0, [{"message": "sold"}])

    def test_guessing_has_to_wait_and_locks_nobody_else_out(self, told):
        # five are free; each further one waits twice as long, and a slow machine may wait for some
        looked_at = told["guesses"].count(401)
        assert 5 <= looked_at <= 9
        assert told["guesses"] == [401] * looked_at + [429] * (12 - looked_at)
        assert set(told["waits"]) <= {1, 2, 4, 8, 16}
        assert told["elsewhere"] == 200

    def test_a_reset_password_ends_every_session(self, told):
        assert told["reset"] == 0
        assert told["after the reset"] == [401, 401, 401, 200]
        assert told["chosen"] == 200

    def test_a_person_of_the_command_line_signs_in_and_sees_what_the_role_allows(self, told):
        assert told["user"] == 0
        assert told["viewer"] == [200, 200, 403]

    def test_a_provider_that_does_not_answer_is_told(self, told):
        assert told["provider"].startswith("/sign-in?problem=")

    def test_all_of_it_is_in_the_audit_log(self, told):
        deeds = {tuple(each) for each in told["deeds"]}
        assert {
            ("root", "first-administrator", "ok"),
            ("root", "sign-in", "refused"),
            ("root", "sign-in", "ok"),
            ("root", "PUT", "200"),
            ("this machine", "PATCH", "200"),
            ("root", "password", "ok"),
            ("bo", "sign-in", "ok"),
        } <= deeds

    def test_no_secret_of_the_run_is_written_anywhere(self, told):
        """Not to the log, though it tells everything, nor to files, telemetry or what is printed."""
        assert told["code"] == 0
        finds_what_is_there, lines_of_log = told["looked through"]
        assert finds_what_is_there
        assert lines_of_log > 0
        found = {place: told[place] for place in ("log", "files", "printed", "answers")}
        assert found == {"log": [], "files": [], "printed": [], "answers": []}
        assert told["telemetry"] == 0
