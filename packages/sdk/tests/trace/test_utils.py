from __future__ import annotations

import functools
from types import SimpleNamespace

import pytest

from opencensus.trace import exceptions_status, execution_context, utils


@pytest.mark.parametrize(
    ("http_code", "code"),
    [
        (0, 2), (199, 2), (200, 0), (302, 0), (399, 0), (400, 3), (401, 16), (403, 7), (404, 5),
        (418, 2), (429, 8), (500, 2), (501, 12), (503, 14), (504, 4), (599, 2),
    ],
)  # fmt: skip
def test_http_codes_have_their_canonical_code(http_code, code):
    assert utils.status_from_http_code(http_code).canonical_code == code


def test_failures_without_an_answer_have_their_status():
    assert (exceptions_status.CANCELLED.code, exceptions_status.CANCELLED.message) == (1, None)
    assert exceptions_status.INVALID_URL.format_status_json() == {
        "code": 3,
        "message": "invalid URL",
    }
    assert exceptions_status.TIMEOUT.format_status_json() == {
        "code": 4,
        "message": "request timed out",
    }
    assert exceptions_status.unknown(ValueError("broken")).description == "broken"


class _Callable:
    def method(self):
        return None

    def __call__(self):
        return None


@pytest.mark.parametrize(
    ("func", "name"),
    [
        (len, "builtins.len"),
        (_Callable, f"{__name__}._Callable"),
        (_Callable(), f"{__name__}._Callable"),
        (_Callable().method, f"{__name__}.method"),
        (functools.partial(len), "functools.partial"),
    ],
)
def test_functions_are_named_with_their_module(func, name):
    assert utils.get_func_name(func) == name


def test_a_function_of_no_module_is_named_alone():
    def orphan():
        return None

    orphan.__module__ = None
    assert utils.get_func_name(orphan) == "orphan"


@pytest.mark.parametrize(
    ("url", "paths", "disabled"),
    [
        ("http://host:8080/health", ["health"], True),
        ("https://host/health/deep", ["health"], True),
        ("host/_ah/health", None, True),
        ("/health", ["health"], True),
        ("http://host/app/health", ["health"], False),
        ("http://host/?next=/health", ["health"], False),
        ("http://host", ["health"], False),
        ("http://host/health", [], False),
    ],
)
def test_paths_that_begin_with_an_excluded_one_are_not_traced(url, paths, disabled):
    assert utils.disable_tracing_url(url, paths) is disabled


def test_the_host_of_the_exporter_is_not_traced_by_default():
    assert not utils.disable_tracing_hostname("host:99")
    exporter = SimpleNamespace(host_name="host", port=99)
    execution_context.set_opencensus_tracer(SimpleNamespace(exporter=exporter))
    assert utils.disable_tracing_hostname("host:99")
    assert not utils.disable_tracing_hostname("host:98")
    assert not utils.disable_tracing_hostname("host:99", ["other:1"])
    assert utils.disable_tracing_hostname("other:1", ["other:1"])
