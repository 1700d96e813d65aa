from __future__ import annotations

import re
import socket
import threading
import urllib.request
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.core import REGISTRY, CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from opencensus.ext.prometheus import stats_exporter
from opencensus.ext.prometheus.families import family_of, labels_of
from opencensus.stats import aggregation, aggregation_data, measure, view
from opencensus.stats.measure_to_view_map import MeasureToViewMap
from opencensus.stats.stats import stats
from opencensus.tags.tag_map import TagMap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAKE = {
    "count": aggregation.CountAggregation,
    "sum": aggregation.SumAggregation,
    "last": aggregation.LastValueAggregation,
    "distribution": lambda: aggregation.DistributionAggregation([1, 2.5, 10]),
}


def a_view(name: str, kind: str = "count", columns: Any = (), description: str = "d") -> Any:
    of = measure.MeasureFloat(f"measure of {name} {uuid.uuid4().hex}", "d", "1")
    return view.View(name, description, list(columns), of, MAKE[kind]())


def record(to: Any, value: float, tags: dict[str, str] | None = None) -> None:
    measured = stats.stats_recorder.new_measurement_map()
    measured.measure_float_put(to.measure, value)
    held = TagMap()
    for key, text in (tags or {}).items():
        held.insert(key, text)  # type: ignore[arg-type]
    measured.record(held)


@pytest.fixture(autouse=True)
def _no_views_left() -> Iterator[None]:
    views = stats.view_manager.measure_to_view_map
    before = dict(views._registered_views), dict(views._measure_to_view_data_list_map)
    yield
    views._registered_views.clear()
    views._registered_views.update(before[0])
    views._measure_to_view_data_list_map.clear()
    views._measure_to_view_data_list_map.update(before[1])
    views._exported_views = None


@pytest.fixture
def unique() -> str:
    return f"v{uuid.uuid4().hex}"


@pytest.fixture
def make_exporter() -> Iterator[Callable[..., Any]]:
    made: list[Any] = []

    def make(namespace: str, **options: Any) -> Any:
        asked = {"port": 0, "address": "127.0.0.1", **options}
        made.append(stats_exporter.new_stats_exporter(stats_exporter.Options(namespace, **asked)))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def shop() -> Iterator[Any]:
    """An exporter of the namespace `shop`; the views of each test are others."""
    exporter = stats_exporter.new_stats_exporter(stats_exporter.Options("shop", 0, "127.0.0.1"))
    yield exporter
    exporter.close()


def fetched(exporter: Any, host: str = "127.0.0.1") -> dict[str, Any]:
    """Return the families that the server shows, read by Prometheus' own parser."""
    url = f"http://{host}:{exporter.port}/metrics"
    with urllib.request.urlopen(url, timeout=20) as answer:
        text = answer.read().decode("utf-8")
    heads = re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)
    assert len(heads) == len(set(heads))
    return {family.name: family for family in text_string_to_metric_families(text)}


def _labels(sample: Any) -> list[str]:
    return [text for _, text in sorted(sample.labels.items(), key=lambda one: one[0] == "le")]


def samples(family: Any) -> dict[Any, float]:
    return {
        (one.name.removeprefix(family.name), *_labels(one)): one.value for one in family.samples
    }


def test_every_kind_of_view_is_served(unique: str, shop: Any) -> None:
    views = {kind: a_view(f"{unique} {kind}", kind, ["method"]) for kind in MAKE}
    for one in views.values():
        stats.view_manager.register_view(one)
        for value in (0.5, 1, 2, 7, 40):
            record(one, value, {"method": "GET"})
        record(one, 3, {"method": "PUT"})

    families = fetched(shop)
    count, total, last, distribution = (families[f"shop_{unique}_{kind}"] for kind in MAKE)
    assert (count.type, samples(count)) == ("counter", {("_total", "GET"): 5, ("_total", "PUT"): 1})
    assert (total.type, samples(total)) == ("unknown", {("", "GET"): 50.5, ("", "PUT"): 3})
    assert (last.type, samples(last)) == ("gauge", {("", "GET"): 40, ("", "PUT"): 3})
    assert distribution.type == "histogram"
    assert {key: value for key, value in samples(distribution).items() if "PUT" not in key} == {
        ("_bucket", "GET", "1"): 1,
        ("_bucket", "GET", "2.5"): 3,
        ("_bucket", "GET", "10"): 4,
        ("_bucket", "GET", "+Inf"): 5,
        ("_count", "GET"): 5,
        ("_sum", "GET"): 50.5,
    }


def test_views_are_found_later_and_read_anew_at_each_fetch(unique: str, shop: Any) -> None:
    first, second = a_view(unique), a_view(f"{unique}/second")
    assert f"shop_{unique}" not in fetched(shop)
    stats.view_manager.register_view(first)
    assert f"shop_{unique}" not in fetched(shop)
    record(first, 1)
    assert samples(fetched(shop)[f"shop_{unique}"]) == {("_total",): 1}
    stats.view_manager.register_view(second)
    record(first, 1)
    record(second, 1)
    families = fetched(shop)
    assert samples(families[f"shop_{unique}"]) == {("_total",): 2}
    assert samples(families[f"shop_{unique}_second"]) == {("_total",): 1}


def test_a_registered_exporter_is_given_no_copies(unique: str, make_exporter: Any) -> None:
    """The retired one was given a copy of every series at each record."""
    exporter = make_exporter("registered")
    exporter.export = lambda snapshots: pytest.fail("a snapshot was made")
    one = a_view(unique)
    stats.view_manager.register_exporter(exporter)
    try:
        stats.view_manager.register_view(one)
        record(one, 1)
    finally:
        stats.view_manager.unregister_exporter(exporter)
    assert samples(fetched(exporter)[f"registered_{unique}"]) == {("_total",): 1}


def test_views_of_another_manager_are_shown_where_the_exporter_is_registered(
    unique: str, shop: Any
) -> None:
    others = MeasureToViewMap()
    one = a_view(unique)
    others.exporters.append(shop)
    others.register_view(one, "2026-01-01T00:00:00.000000Z")
    shop.export(None)
    others.record(None, {one.measure: 3}, None)
    others.record(None, {one.measure: 3}, None)

    assert samples(fetched(shop)[f"shop_{unique}"]) == {("_total",): 2}
    assert list(shop.collector.view_name_to_data_map) == [f"shop_{unique}"]


def test_many_threads_record_register_and_fetch(unique: str, shop: Any) -> None:
    shared = a_view(unique, "distribution", ["thread"])
    stats.view_manager.register_view(shared)
    start = threading.Barrier(8)
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            start.wait(20)
            for turn in range(60):
                record(shared, 2, {"thread": str(turn % 5)})
                if turn % 20 == 0:
                    own = a_view(f"{unique} {number} {turn}")
                    stats.view_manager.register_view(own)
                    record(own, 1)
                    for family in REGISTRY.collect():
                        bucket_counts = [
                            one.value for one in family.samples if one.name.endswith("_bucket")
                        ]
                        if family.name == f"shop_{unique}":
                            assert bucket_counts[:4] == sorted(bucket_counts[:4])
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failed == []
    families = fetched(shop)
    found = samples(families[f"shop_{unique}"])
    assert [found["_count", str(number)] for number in range(5)] == [8 * 60 / 5] * 5
    assert sum(name.startswith(f"shop_{unique}_") for name in families) == 8 * 3


def test_tags_and_descriptions_with_any_characters(unique: str, shop: Any) -> None:
    texts = ['say "hi"', "back\\slash", "two\nlines", "héé 日本", "a,b={c}", " "]
    one = a_view(unique, columns=["what/kind"], description='two\nlines "\\ \ud800')
    stats.view_manager.register_view(one)
    data = stats.view_manager.measure_to_view_map
    for text in [*texts, "lone \ud800"]:
        tags = TagMap()
        tags.map["what/kind"] = text  # type: ignore[index,assignment]
        data.record(tags, {one.measure: 1}, None)
    record(one, 1)

    family = fetched(shop)[f"shop_{unique}"]
    assert [set(sample.labels) for sample in family.samples] == [{"what_kind"}] * 8
    found = {sample.labels["what_kind"]: sample.value for sample in family.samples}
    assert found == dict.fromkeys([*texts, "lone ?", ""], 1)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("a.b/c-d e", "a_b_c_d_e"),
        ("9lives", "_9lives"),
        ("größe", "gr__e"),
        ("", "_"),
        ("a:b", "a_b"),
    ],
)
def test_names_are_sanitised(key: str, name: str) -> None:
    assert stats_exporter.sanitize(key) == name


def test_labels_are_distinct_and_none_of_prometheus_own() -> None:
    assert labels_of(["a.b", "a/b", "le", "__name__", "a_b"]) == [
        "a_b",
        "a_b_2",
        "le_",
        "_name__",
        "a_b_3",
    ]


def test_series_whose_tags_become_the_same_text_are_one(unique: str) -> None:
    desc = {"name": unique, "documentation": "d", "labels": ["a"]}

    def distribution() -> Any:
        return aggregation_data.DistributionAggregationData(2, 3, 0, [1, 2], [1.5])

    count = aggregation_data.CountAggregationData
    assert samples(family_of(desc, [((None,), count(2)), (("",), count(3))])) == {("_total", ""): 5}
    joined = family_of(desc, [((None,), distribution()), (("",), distribution())])
    assert samples(joined) == {
        ("_bucket", "", "1.5"): 2,
        ("_bucket", "", "+Inf"): 6,
        ("_count", ""): 6,
        ("_sum", ""): 12,
    }


def test_a_distribution_without_boundaries_has_one_bucket() -> None:
    data = aggregation_data.DistributionAggregationData(0, 0, 0)
    data.add_sample(4, None, None)
    metric = stats_exporter.Collector().to_metric(
        {"name": "d", "documentation": "", "labels": []}, (), data
    )
    assert samples(metric) == {("_bucket", "+Inf"): 1, ("_count",): 1, ("_sum",): 4}


def test_a_view_that_cannot_be_shown_leaves_the_others(
    unique: str, shop: Any, caplog: pytest.LogCaptureFixture
) -> None:

    class Strange:
        def new_aggregation_data(self, measure: Any) -> Any:
            return Strange()

        def add_sample(self, *args: Any) -> None:
            return

    strange = a_view(f"{unique} strange")
    strange._aggregation = Strange()
    clash, same = a_view(f"{unique}.a"), a_view(f"{unique}/a")
    histogram, bucket = a_view(f"{unique} h", "distribution"), a_view(f"{unique} h sum", "sum")
    for one in (strange, clash, same, histogram, bucket):
        stats.view_manager.register_view(one)
        record(one, 1)

    found = list(fetched(shop))
    fetched(shop)
    assert [name for name in found if unique in name] == [f"shop_{unique}_a", f"shop_{unique}_h"]
    said = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert len(said) == len(set(said)) == 3
    assert f"view {unique}/a: view {unique}.a is named shop_{unique}_a as well" in caplog.text
    assert f"cannot show view {unique} strange: unsupported aggregation type" in caplog.text
    assert f"another one has samples named shop_{unique}_h_sum" in caplog.text


def test_a_taken_port_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="the port is taken: name another one") as refused:
            stats_exporter.new_stats_exporter(
                stats_exporter.Options("n", port=port, address="127.0.0.1")
            )
    assert f"cannot serve metrics at 127.0.0.1:{port}" in str(refused.value)
    assert "n" not in stats_exporter._shown


def test_an_address_that_is_not_ours_says_so() -> None:
    with pytest.raises(OSError, match=r"cannot serve metrics at 192\.0\.2\.1:0"):
        stats_exporter.new_stats_exporter(stats_exporter.Options("n", 0, "192.0.2.1"))


@pytest.mark.parametrize(
    ("address", "host"), [("", "127.0.0.1"), ("localhost", "127.0.0.1"), ("::1", "[::1]")]
)
def test_addresses(unique: str, make_exporter: Any, address: str, host: str) -> None:
    one = a_view(unique)
    stats.view_manager.register_view(one)
    record(one, 1)
    try:
        exporter = make_exporter("at", address=address)
    except OSError:
        assert address == "::1", "only IPv6 may be missing on a machine"
        pytest.skip("no IPv6 here")
    assert f"at_{unique}" in fetched(exporter, host)


def test_a_namespace_is_needed() -> None:
    with pytest.raises(ValueError, match="Namespace can not be empty string"):
        stats_exporter.new_stats_exporter(stats_exporter.Options())


def test_the_registry_of_the_options_has_the_views_too(unique: str, make_exporter: Any) -> None:
    registry = CollectorRegistry()
    exporter = make_exporter("own", registry=registry)
    one = a_view(unique)
    stats.view_manager.register_view(one)
    record(one, 1)
    assert f"own_{unique}_total 1.0" in generate_latest(registry).decode()
    assert exporter.gatherer is exporter.options.registry is exporter.collector.registry is registry
    exporter.close()
    assert f"own_{unique}" not in generate_latest(registry).decode()
    assert f"own_{unique}" not in generate_latest(REGISTRY).decode()


def test_a_newer_exporter_of_the_namespace_takes_the_place(unique: str, make_exporter: Any) -> None:
    older = make_exporter("twice", registry=REGISTRY)
    newer = make_exporter("twice")
    one = a_view(unique)
    stats.view_manager.register_view(one)
    record(one, 1)
    older.close()
    assert samples(fetched(newer)[f"twice_{unique}"]) == {("_total",): 1}


def test_options_hold_what_was_asked_for() -> None:
    options = stats_exporter.Options("n", "8001", "localhost")  # type: ignore[arg-type]
    assert (options.namespace, options.port, options.address) == ("n", 8001, "localhost")
    assert stats_exporter.Options().port == 8000
    assert stats_exporter.Options().registry is not options.registry
    assert stats_exporter.new_collector(options).options is options
