from __future__ import annotations

from pathlib import Path

import pytest

from openinsights.settings import (
    Secret,
    Settings,
    SettingsError,
    normal_url,
    resolve,
    rows,
    user_data_folder,
)


def test_explicit_beats_environment_beats_file_beats_default():
    environ, file = {"OPENINSIGHTS_PORT": "2", "OPENINSIGHTS_HOST": ""}, {"port": 3, "host": "::1"}
    assert resolve({"port": 1}, environ, file).port == 1
    assert resolve({"port": None}, environ, file).port == 2
    assert resolve({}, {}, file).port == 3
    assert resolve({}, environ, file).host == "::1"
    assert resolve() == Settings()


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("port", "x", "a whole number is needed"),
        ("port", "70000", "between 0 and 65535"),
        ("public_url", "insights.local", "it must look like http://host:port/"),
        ("public_url", "http://h/?a=b", "no query"),
        ("unknown_keys", "maybe", "one of create, reject"),
        ("query_timeout_s", "0", "greater than 0"),
        ("query_timeout_s", "soon", "a number is needed"),
        ("max_query_rows", "nan", "a whole number is needed"),
    ],
)
def test_unusable_value_names_its_source_and_the_reason(name, value, reason):
    with pytest.raises(SettingsError, match=reason) as caught:
        resolve(environ={f"OPENINSIGHTS_{name.upper()}": value})
    assert f"OPENINSIGHTS_{name.upper()}" in caught.value.message


def test_unknown_setting_of_the_file_names_the_near_miss():
    with pytest.raises(SettingsError, match="did you mean 'public_url'"):
        resolve(file={"public_ur": "http://h/"})


@pytest.mark.parametrize("value", [True, 1.5, [], {}])
def test_file_value_of_another_type_is_refused(value):
    with pytest.raises(SettingsError, match="a whole number is needed"):
        resolve(file={"port": value})


def test_unknown_keys_default_fits_the_host():
    assert resolve().unknown_key_policy == "create"
    assert resolve({"host": "::1"}).is_loopback
    assert resolve({"host": "localhost"}).is_loopback
    assert resolve({"host": "0.0.0.0"}).unknown_key_policy == "reject"
    assert resolve({"host": "example.org", "unknown_keys": "create"}).unknown_key_policy == "create"


def test_every_row_says_what_it_is_for():
    for row in rows():
        assert row.doc.endswith(".")
        assert row.environment_variable == "OPENINSIGHTS_" + row.name.upper()
    assert len({row.doc for row in rows()}) == len(rows())


def test_secret_never_shows_itself():
    secret = Secret("hunter2")
    assert (str(secret), f"{secret!r}", secret.reveal()) == ("***", "***", "hunter2")
    assert secret == Secret("hunter2")
    assert len({secret, Secret("hunter2")}) == 1


def test_url_gets_exactly_one_slash():
    assert normal_url(" http://h:1// ") == "http://h:1/" == normal_url("http://h:1")


def test_data_folder_is_the_platform_s_own():
    home = Path("/home/u")
    assert user_data_folder({}, "linux", home) == home / ".local/share/openinsights"
    assert user_data_folder({"XDG_DATA_HOME": "/d"}, "linux", home) == Path("/d/openinsights")
    assert user_data_folder({}, "darwin", home) == home / "Library/Application Support/OpenInsights"
    assert user_data_folder({"LOCALAPPDATA": "/l"}, "win32", home) == Path("/l/OpenInsights")
