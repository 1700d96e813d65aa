from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from openinsights.catalog.errors import InvalidResource
from openinsights.cli.main import app
from openinsights.cli.resource_access import RemoteResources
from openinsights.data_folder import DataFolder

NOBODY = "http://127.0.0.1:9/"


@pytest.fixture
def run(tmp_path):
    def invoke(*arguments, data=True):
        words = [*arguments, *(["--data", str(tmp_path)] if data else [])]
        return CliRunner().invoke(app, words)

    return invoke


def test_create_prints_a_connection_string_that_a_naive_parser_reads(run):
    made = run("resource", "create", "shop")
    parts = dict(part.split("=") for part in made.stdout.strip().split(";"))
    assert set(parts) == {
        "InstrumentationKey",
        "IngestionEndpoint",
        "LiveEndpoint",
        "ApplicationId",
    }
    assert parts["IngestionEndpoint"] == "http://127.0.0.1:5380/"


def test_public_url_of_the_settings_file_is_printed(run, tmp_path):
    (tmp_path / "settings.toml").write_text('public_url = "https://insights.example"\n')
    made = run("resource", "create", "shop")
    assert "IngestionEndpoint=https://insights.example/;" in made.stdout


def test_created_resource_is_listed_shown_and_deleted(run):
    made = json.loads(run("resource", "create", "shop", "--location", "home", "--json").stdout)
    listed = json.loads(run("resource", "list", "--json").stdout)
    assert [made] == listed
    assert made == json.loads(run("resource", "show", "SHOP", "--json").stdout)
    assert made["location"] == "home"
    assert made["app_id"] in run("resource", "list").stdout
    assert made["instrumentation_key"] in run("resource", "show", made["app_id"]).stdout
    assert "deleted shop" in run("resource", "delete", "shop", "--yes").stdout
    assert json.loads(run("resource", "list", "--json").stdout) == []
    assert "openinsights resource create NAME" in run("resource", "list").stdout


def test_settings_are_changed_listed_and_set_back(run):
    run("resource", "create", "shop")
    said = run("resource", "set", "shop", "sampling-percentage=25", "scrub=email,secrets").stdout
    assert "sampling_percentage" in said
    shown = json.loads(run("resource", "show", "shop", "--json").stdout)
    assert shown["settings"] == {"sampling_percentage": 25, "scrub": ["email", "secrets"]}
    assert "email, secrets" in run("resource", "set", "shop").stdout
    run("resource", "set", "shop", "sampling_percentage=", "scrub=")
    assert json.loads(run("resource", "show", "shop", "--json").stdout)["settings"] == {}


def test_misspelt_setting_is_told_which_was_meant(run):
    run("resource", "create", "shop")
    error = str(run("resource", "set", "shop", "samplig_percentage=5").exception)
    assert "did you mean 'sampling_percentage'?" in error
    assert run("resource", "set", "shop", "sampling").exit_code == 2


def test_delete_asks_first(run, tmp_path):
    run("resource", "create", "shop")
    words = ["resource", "delete", "shop", "--data", str(tmp_path)]
    refused = CliRunner().invoke(app, words, input="n\n")
    assert refused.exit_code == 1
    assert len(json.loads(run("resource", "list", "--json").stdout)) == 1


def test_error_is_one_sentence_that_says_what_to_do(run, capsys, monkeypatch, tmp_path):
    from openinsights.cli import main

    words = ["openinsights", "resource", "show", "nothing", "--data", str(tmp_path)]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as stopped:
        main.main()
    assert stopped.value.code == 1
    assert capsys.readouterr().err == (
        "openinsights: cannot find resource 'nothing': there is none yet; make one with"
        " 'openinsights resource create NAME'\n"
    )


def test_named_server_that_is_not_there_is_an_error(run):
    result = run("resource", "list", "--url", NOBODY, data=False)
    assert "cannot reach a server at http://127.0.0.1:9/" in str(result.exception)
    assert "openinsights serve" in str(result.exception)


def test_without_server_the_user_s_own_folder_is_used_and_named(run, tmp_path):
    environment = {
        "OPENINSIGHTS_URL": "",
        "OPENINSIGHTS_PORT": "9",
        "XDG_DATA_HOME": str(tmp_path / "own"),
        "HOME": str(tmp_path),
    }
    words = ["resource", "create", "shop"]
    made = CliRunner().invoke(app, words, env=environment)
    if "using data folder" not in made.stderr:
        pytest.skip("a server runs at the usual place of this machine")
    assert str(tmp_path) in made.stderr
    assert "InstrumentationKey=" in made.stdout


def test_version_is_printed():
    from importlib.metadata import version

    assert CliRunner().invoke(app, ["--version"]).stdout.strip() == version("openinsights")


def test_folder_that_another_process_holds_is_an_error(run, tmp_path):
    with DataFolder(tmp_path):
        result = run("resource", "list")
    assert "holds it" in str(result.exception)


@pytest.mark.parametrize(
    "words",
    [
        ["serve"],
        ["resource", "create"],
        ["resource", "list"],
        ["resource", "show"],
        ["resource", "delete"],
        ["query"],
        ["resource", "set"],
        ["send"],
        ["doctor"],
        ["demo"],
    ],
)
def test_every_command_helps_with_an_example(words):
    helped = CliRunner().invoke(app, [*words, "--help"])
    assert helped.exit_code == 0
    assert f"Example:  openinsights {' '.join(words)}" in helped.stdout


@pytest.mark.parametrize("words", [["show"], ["delete", "--yes"]])
def test_misspelt_resource_is_told_which_was_meant(run, words):
    run("resource", "create", "shop")
    error = str(run("resource", *words, "shpo").exception)
    assert error == "cannot find resource 'shpo'; did you mean 'shop'? there is shop"


@pytest.mark.parametrize(
    "words",
    [
        ["serve", "--data", ""],
        ["query", "print 1", "--data", ""],
        ["resource", "create", "shop", "--data", ""],
        ["doctor", "--data", " "],
    ],
)
def test_empty_data_folder_name_is_refused(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "the name is empty" in str(CliRunner().invoke(app, words).exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words", [["query", "print 1"], ["resource", "list"], ["resource", "show", "shop"]]
)
def test_reading_leaves_other_folders_alone(words, run, tmp_path):
    missing = CliRunner().invoke(app, [*words, "--data", str(tmp_path / "none")])
    assert "there is none; 'openinsights serve --data" in str(missing.exception)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "letter.txt").write_text("dear")
    assert "no telemetry here" in str(run(*words).exception)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


WRONG_NAMES = ["", " ", ".", "..", "a/b", "a\nb", "end.", "x" * 300]


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_wrong_name_is_refused_before_a_server_is_asked(name):
    """No request can be made here: its path would be another one."""
    resources = RemoteResources(client=None)
    with pytest.raises(InvalidResource, match="cannot name a resource '"):
        resources.create(name, "default", "local", None)
    with pytest.raises(InvalidResource, match="cannot name a resource group '"):
        resources.create("shop", name, "local", None)


@pytest.mark.parametrize("location", ["a\nb", "x" * 3000, "", "a/b"])
def test_wrong_location_is_refused(location, run):
    with pytest.raises(InvalidResource, match="cannot use location '"):
        RemoteResources(client=None).create("shop", "default", location, None)
    made = run("resource", "create", "shop", "--location", location)
    assert isinstance(made.exception, InvalidResource)
    assert len(made.exception.message) < 200


def test_wrong_name_makes_no_folder(tmp_path):
    words = ["resource", "create", "", "--data", str(tmp_path / "new")]
    assert isinstance(CliRunner().invoke(app, words).exception, InvalidResource)
    assert not (tmp_path / "new").exists()


def test_doctor_does_not_call_a_missing_server_fine(tmp_path):
    words = ["doctor", "--data", str(tmp_path / "new")]
    environment = {"OPENINSIGHTS_URL": ""}
    looked = CliRunner().invoke(app, words, env=environment)
    if "answers ok" in looked.stdout:
        pytest.skip("a server runs at the usual place of this machine")
    assert "none  server            cannot reach a server at" in looked.stdout
    assert "'openinsights serve'" in looked.stdout
    named = CliRunner().invoke(app, [*words, "--url", NOBODY, "--json"])
    (server,) = [row for row in json.loads(named.stdout) if row["check"] == "server"]
    assert (named.exit_code, server["ok"], server["outcome"]) == (1, False, "FAIL")


def test_doctor_asks_the_server_that_holds_the_folder(tmp_path):
    with DataFolder(tmp_path) as folder:
        folder.announce(NOBODY)
        words = ["doctor", "--data", str(tmp_path)]
        looked = CliRunner().invoke(app, words, env={"OPENINSIGHTS_URL": ""})
    assert looked.exit_code == 1
    assert f"FAIL  server            cannot reach a server at {NOBODY}" in looked.stdout
