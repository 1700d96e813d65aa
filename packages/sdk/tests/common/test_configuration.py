from __future__ import annotations

import copy
import pickle
import sys

import pytest

from opencensus.common.configuration import Namespace, load
from opencensus.trace.print_exporter import PrintExporter
from opencensus.trace.samplers import AlwaysOnSampler


def test_objects_are_made_as_the_text_says():
    tracer = load(
        """
        opencensus.trace.tracer.Tracer(
            sampler=opencensus.trace.samplers.AlwaysOnSampler(),
            exporter=opencensus.trace.print_exporter.PrintExporter(),
        )
        """
    )
    assert isinstance(tracer.sampler, AlwaysOnSampler)
    assert isinstance(tracer.exporter, PrintExporter)
    assert load("opencensus.trace.samplers.ProbabilitySampler(rate=0.5)").rate == 0.5
    assert load("opencensus.trace.samplers.ProbabilitySampler(1 / 4).rate") == 0.25
    assert load("opencensus.trace.samplers.ProbabilitySampler(**{'rate': 1})").rate == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        ("-2", -2),
        ("60 * 60", 3600),
        ("'a=b;c'", "a=b;c"),
        ("[1, (2, 'x'), {'k': None}, {True}]", [1, (2, "x"), {"k": None}, {True}]),
        ("not False", True),
    ],
)
def test_plain_values_are_themselves(text, value):
    assert load(text) == value


def test_a_program_may_name_what_it_likes():
    assert Namespace("getLogger", Namespace("logging"))("a").name == "a"
    assert load("opencensus.common.configuration.Namespace('foo')").name == "foo"


def test_a_name_is_looked_up_when_it_is_called():
    name = load("opencensus.trace.nowhere.Thing")
    assert isinstance(name, Namespace)
    assert str(name) == "opencensus.trace.nowhere.Thing"
    with pytest.raises(ImportError, match="nowhere"):
        name()
    with pytest.raises(AttributeError, match="Nothing"):
        load("opencensus.trace.samplers.Nothing()")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("__import__('os')", NameError),
        ("__import__('os').getcwd()", ValueError),
        ("open('/etc/hostname')", NameError),
        ("print", NameError),
        ("opencensus.trace.samplers.__builtins__", ValueError),
        ("opencensus.trace.samplers.ProbabilitySampler(1).__class__", ValueError),
        ("opencensus.trace.samplers.ProbabilitySampler(1).rate.real", ValueError),
        ("'text'.join", ValueError),
        ("opencensus()", ValueError),
        ("opencensus.trace.samplers.ProbabilitySampler(*[1])", ValueError),
        ("opencensus.trace.samplers.ProbabilitySampler(**5)", ValueError),
        ("opencensus.trace.samplers.ProbabilitySampler(rate=1, **{'rate': 1})", ValueError),
        ("opencensus.trace.samplers.ProbabilitySampler(2)", ValueError),
        ("opencensus.trace.samplers.ProbabilitySampler(size=2)", TypeError),
        ("lambda: 1", ValueError),
        ("[1][0]", ValueError),
        ("(yield)", ValueError),
        ("-" * 100_000 + "1", ValueError),
        ("(" * 1000, SyntaxError),
        ("1 / 0", ZeroDivisionError),
        ("(lambda: 1)()", ValueError),
        ("opencensus.common.configuration.Namespace('os').getcwd()", ValueError),
        ("opencensus.common.configuration.load('opencensus').trace.tracer.Tracer()", ValueError),
        ("opencensus.common.http_handler.urlopen('file:///etc/hostname')", ValueError),
        ("opencensus.trace.samplers.ProbabilitySampler(1).should_sample(None)", ValueError),
        ("[x for x in [1]]", ValueError),
        ("f'{opencensus}'", ValueError),
        ("1 if True else 2", ValueError),
        ("[1] * 1000000000", ValueError),
        ("9 ** 9 ** 9", ValueError),
        ("{**{'a': 1}}", ValueError),
        ("x := 1", SyntaxError),
        ("", SyntaxError),
        ("import os", SyntaxError),
        (5, TypeError),
    ],
)
def test_what_is_no_configuration_is_refused(text, error):
    with pytest.raises(error):
        load(text)


def test_a_name_that_a_text_makes_leads_nowhere_else(tmp_path, monkeypatch):
    """The retired client ran any Python: a text could import and call whatever it liked."""
    (tmp_path / "stranger.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    names = "opencensus.common.configuration.Namespace"
    made = load(f"{names}('thing', {names}('stranger'))")
    for name in (made, made.attribute, load(f"{names}('stranger')").thing):
        with pytest.raises(ValueError, match="it is not part of opencensus"):
            name()
    inside = load(f"{names}('AlwaysOnSampler', opencensus.trace.samplers)")
    assert isinstance(inside(), AlwaysOnSampler)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("print", "line 1, column 1"),
        ("   [1, print]", "line 1, column 8"),
        ("['äöü', print]", "line 1, column 9"),
        ("\n\n  [1,\n   2,\n   print]\n", "line 5, column 4"),
        ("\n\n  print", "line 3, column 3"),
    ],
)
def test_errors_tell_where_they_are(text, place):
    with pytest.raises(NameError, match=rf"name 'print' is not defined \({place}\)"):
        load(text)
    with pytest.raises(ValueError, match=rf"cannot load 'x\[0\]'.*\({place}\)"):
        load(text.replace("print", "x[0]"))


@pytest.mark.parametrize(
    ("text", "line", "offset"), [("  [1 2]", 1, 4), ("\n\n  1 )", 3, 5), ("\n[\n  1 2]", 3, 3)]
)
def test_errors_of_syntax_tell_where_they_are(text, line, offset):
    with pytest.raises(SyntaxError) as raised:
        load(text)
    assert (raised.value.lineno, raised.value.offset) == (line, offset)


def test_errors_of_what_is_called_stay_and_tell_where():
    with pytest.raises(ValueError, match="Rate must between 0 and 1") as raised:
        load("[\n opencensus.trace.samplers.ProbabilitySampler(7)]")
    if sys.version_info >= (3, 11):
        assert raised.value.__notes__ == ["in the configuration (line 2, column 2)"]


def test_the_texts_of_the_documents_are_read():
    key = "InstrumentationKey=00000000-0000-0000-0000-000000000000"
    exporter = load(
        f"""opencensus.ext.azure.trace_exporter.AzureExporter(
            connection_string="{key};"
                'IngestionEndpoint=http://127.0.0.1:9/',
            export_interval=-1 + 16.0,
            proxies={{"https": "http://user:it's@127.0.0.1:9"}},
            enable_local_storage=False,
        )"""
    )
    try:
        assert exporter.options.endpoint == "http://127.0.0.1:9"
        assert exporter.options.export_interval == 15
        assert exporter.options.proxies == {"https": "http://user:it's@127.0.0.1:9"}
    finally:
        exporter.shutdown(0)


def test_names_can_be_copied_and_looked_into():
    name = load("opencensus.trace.nowhere.Thing")
    assert str(copy.deepcopy(name)) == str(pickle.loads(pickle.dumps(name))) == str(name)
    assert not hasattr(name, "__wrapped__")
