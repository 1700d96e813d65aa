from __future__ import annotations

import json

import pytest

from openinsights.catalog.errors import InvalidResource
from openinsights.catalog.resource_settings import ROWS, ResourceSettings, changed, from_json

PLAIN = ResourceSettings()


def test_only_what_differs_from_the_defaults_is_kept() -> None:
    settings = changed(PLAIN, {"sampling_percentage": "12.5", "scrub": "email, secrets"})
    kept = json.loads(json.dumps(settings.to_json()))
    assert kept == {"sampling_percentage": 12.5, "scrub": ["email", "secrets"]}
    assert from_json(kept) == settings


def test_what_a_later_version_kept_is_left_out() -> None:
    assert from_json({"of_a_later_version": 1}) == PLAIN


def test_none_sets_back() -> None:
    settings = changed(PLAIN, {"keep_addresses": "true"})
    assert settings.keep_addresses
    assert changed(settings, {"keep_addresses": None}) == PLAIN


def test_a_pattern_may_hold_commas_and_several_come_as_json() -> None:
    assert changed(PLAIN, {"scrub_patterns": r"\d{2,3}x"}).scrub_patterns == (r"\d{2,3}x",)
    assert changed(PLAIN, {"scrub_patterns": '["a+", "b+"]'}).scrub_patterns == ("a+", "b+")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("sampling_percentage", 0, "above 0"),
        ("sampling_percentage", "much", "a number is needed"),
        ("sampling_percentage", True, "a number is needed"),
        ("keep_addresses", "perhaps", "true or false"),
        ("scrub", "emails", "did you mean 'email'?"),
        ("scrub", [1], "a list of texts"),
        ("scrub_patterns", "(", "no RE2 pattern"),
        ("scrub_patterns", r"(a)\1", "no RE2 pattern"),
        ("scrub_patterns", "a*", "finds the empty text"),
        ("scrub_patterns", "x" * 501, "longer than 500"),
        ("max_items_per_s", -1, "must not be negative"),
        ("max_items_per_s", 1.5, "a whole number"),
        ("daily_cap_bytes", "nan", "a whole number"),
        ("cap_reset_hour", 24, "between 0 and 23"),
        ("sampling_percent", 5, "did you mean 'sampling_percentage'?"),
        ("colour", 5, "there are sampling_percentage"),
    ],
)
def test_what_cannot_be_set_is_refused(name, value, says) -> None:
    with pytest.raises(InvalidResource) as refused:
        changed(PLAIN, {name: value})
    assert says in refused.value.message


def test_every_setting_says_what_it_does() -> None:
    assert all(row.doc.endswith(".") for row in ROWS)
