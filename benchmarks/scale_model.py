"""What a load needs of machines, worked out from measured facts and named assumptions. Pure.

Every figure of the sizing page comes from here; `scale.py` measures the facts and prints them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SECONDS_PER_DAY = 86_400
DAYS_PER_MONTH = 30.44
MB, GB = 1e6, 1e9


@dataclass(frozen=True)
class Facts:
    """What was measured on one machine.

    Attributes:
        item_bytes: an item of telemetry on the wire.
        server_us: processor microseconds of the server's own process for an item.
        reader_us: of the processes beside it that read bodies.
        row_bytes: of a row on the disk, after settling.
        loaded_mb: memory of server and readers under that load.
        question_s: processor seconds of a dashboard's tile whatever it reads, a mean of several.
        question_row_us: processor microseconds more for each row that is stored of its time.
        cluster_insert_us: processor microseconds of ClickHouse for inserting a row.
        cluster_row_bytes: of a row on ClickHouse's disk, one replica.
        cluster_server_us: of a server of ours for an item that goes to ClickHouse.
    """

    item_bytes: float
    server_us: float
    reader_us: float
    row_bytes: float
    loaded_mb: float
    question_s: float
    question_row_us: float
    cluster_insert_us: float
    cluster_row_bytes: float
    cluster_server_us: float


@dataclass(frozen=True)
class Assumptions:
    """What nobody can measure here.

    Attributes:
        peak: the busiest minutes against the day's mean.
        busy: how much of a processor may be used then, so that a burst or a lost server fits.
        days: how long telemetry is kept.
        tiles_per_s: different questions of dashboards and alerts in a second, equal ones counted
            once.
        replicas: copies of each row in the cluster.
        filled: how much of a disk may be used.
        machine_cores: of a machine that one server has to itself.
        core_hour: price of a core for an hour, with its memory.
        gb_month: price of a GB of disk for a month.
    """

    peak: float = 3.0
    busy: float = 0.6
    days: int = 30
    tiles_per_s: float = 0.5
    replicas: int = 2
    filled: float = 0.7
    machine_cores: int = 16
    core_hour: float = 0.04
    gb_month: float = 0.08


@dataclass(frozen=True)
class Need:
    """What a number of items a day needs.

    Attributes:
        items_per_day: sent.
        items_per_s: at the peak.
        is_one_machine: whether one machine does it.
        why_not: what one machine lacks, "" if it does it.
        servers: how many of ours.
        ingest_cores: for taking telemetry in at the peak.
        query_cores: for questions.
        store_cores: of ClickHouse, all replicas; 0 on one machine.
        memory_gb: of all servers of ours.
        disk_gb: for all days and replicas.
        month: price of it all for a month.
    """

    items_per_day: float
    items_per_s: float
    is_one_machine: bool
    why_not: str
    servers: int
    ingest_cores: float
    query_cores: float
    store_cores: float
    memory_gb: float
    disk_gb: float
    month: float

    @property
    def per_billion(self) -> float:
        """What a billion items cost, with keeping them."""
        return self.month / (self.items_per_day * DAYS_PER_MONTH) * 1e9


def need(items_per_day: float, facts: Facts, assumed: Assumptions) -> Need:
    """Return what a load needs: one machine where that is enough, else a cluster."""
    peak = items_per_day / SECONDS_PER_DAY * assumed.peak
    one = _one_machine(items_per_day, peak, facts, assumed)
    return one if not one.why_not else _cluster(items_per_day, peak, one.why_not, facts, assumed)


def most_of_one_machine(facts: Facts, assumed: Assumptions) -> float:
    """Return how many items a day one machine takes at most."""
    low, high = 0.0, 1e13
    while high - low > 1e6:
        middle = (low + high) / 2
        peak = middle / SECONDS_PER_DAY * assumed.peak
        if _one_machine(middle, peak, facts, assumed).why_not:
            high = middle
        else:
            low = middle
    return low


def _query_cores(items_per_day: float, facts: Facts, assumed: Assumptions) -> float:
    seconds = facts.question_s + items_per_day * facts.question_row_us / 1e6
    return seconds * assumed.tiles_per_s / assumed.busy


def _one_machine(items_per_day: float, peak: float, facts: Facts, assumed: Assumptions) -> Need:
    ingest = peak * (facts.server_us + facts.reader_us) / 1e6 / assumed.busy
    query = _query_cores(items_per_day, facts, assumed)
    disk = items_per_day * facts.row_bytes * assumed.days / GB / assumed.filled
    cores = max(2, math.ceil(ingest + query))
    why = ""
    # one process writes: it has one event loop and one writer, however many cores there are
    if peak * facts.server_us / 1e6 > assumed.busy:
        why = "one process cannot take the peak"
    elif cores > assumed.machine_cores:
        why = f"it needs {cores} cores"
    memory = facts.loaded_mb / 1e3 + 1
    month = _price(cores, disk, assumed)
    return Need(items_per_day, peak, not why, why, 1, ingest, query, 0.0, memory, disk, month)


def _cluster(
    items_per_day: float, peak: float, why_not: str, facts: Facts, assumed: Assumptions
) -> Need:
    ingest = peak * (facts.cluster_server_us + facts.reader_us) / 1e6 / assumed.busy
    query = _query_cores(items_per_day, facts, assumed)
    inserting = peak * facts.cluster_insert_us / 1e6 / assumed.busy * assumed.replicas
    store = inserting + query
    per_server = assumed.busy * 1e6 / facts.cluster_server_us
    servers = max(3, math.ceil(peak / per_server) + 1)
    disk = items_per_day * facts.cluster_row_bytes * assumed.days * assumed.replicas / GB
    disk /= assumed.filled
    memory = servers * (facts.loaded_mb / 1e3 + 0.5)
    cores = math.ceil(ingest) + math.ceil(store) + 2
    month = _price(cores, disk, assumed)
    return Need(
        items_per_day, peak, False, why_not, servers, ingest, query, store, memory, disk, month
    )


def _price(cores: float, disk_gb: float, assumed: Assumptions) -> float:
    return cores * 24 * DAYS_PER_MONTH * assumed.core_hour + disk_gb * assumed.gb_month
