from __future__ import annotations

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
