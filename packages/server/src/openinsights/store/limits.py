"""How much a store may take: memory, waiting telemetry, disk."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """Bounds of one store; the composition root fills them from the settings.

    Attributes:
        engine_memory_bytes: what the engine may hold in memory before it spills to disk; no
            bound for a store that lives in memory.
        text_memory_bytes: what the process may hold in memory, beside that, while queries make texts
            of more than 64 KiB; no bound for a store that lives in memory.
        engine_threads: threads that one query may use; 0 lets the engine choose.
        checkpoint_wal_bytes: size of a day file's write-ahead log from which on it is emptied,
            while commits go on; see `log_bytes`.
        checkpoint_idle_s: seconds without writes after which a written day file is checkpointed.
        pending_bytes: telemetry (size of the bodies) that may wait to be journaled; more is
            refused.
        uncommitted_bytes: journaled telemetry (size of the records) that may wait in memory for its
            commit; beyond it nothing more is journaled, so that senders wait. A checkpoint, during
            which nothing is committed, takes a good part of a second.
        segment_bytes: size from which on a file of the journal takes no further body.
        group_rows: rows after which a group that is journaled, or committed where there is no
            journal, takes no further body.
        commit_rows: rows after which a commit of what is journaled takes no further body: a row
            costs the engine less in a larger one.
        linger_s: under load, how long a commit waits for its group to grow, counted from the
            commit before it; a query that asks for its rows ends the wait.
        free_disk_floor_bytes: free space below which telemetry is refused.
        max_disk_bytes: what the store may take on the disk; beyond it telemetry is refused. 0 means
            no bound.
        usage_fresh_s: how long it may pass for what the store takes.
        digest_memory_bytes: memory for recognising bodies seen before; beyond it the oldest
            day is looked up on disk.
        result_bytes: size of a result's texts from which on its rows are cut off.
        sequence_sources: senders whose item numbers are held in memory; beyond it the senders
            longest unheard of are looked up on disk.
    """

    engine_memory_bytes: int = 128 * MIB
    text_memory_bytes: int = 1024 * MIB
    engine_threads: int = 0
    checkpoint_wal_bytes: int = 48 * MIB
    checkpoint_idle_s: float = 5.0
    pending_bytes: int = 32 * MIB
    uncommitted_bytes: int = 20 * MIB
    segment_bytes: int = 16 * MIB
    group_rows: int = 10_000
    commit_rows: int = 20_000
    linger_s: float = 1.0
    free_disk_floor_bytes: int = 512 * MIB
    max_disk_bytes: int = 0
    usage_fresh_s: float = 1.0
    digest_memory_bytes: int = 64 * MIB
    result_bytes: int = 64 * MIB
    sequence_sources: int = 50_000

    @property
    def log_bytes(self) -> int:
        """How long a write-ahead log may be: emptying it takes as much room again on the disk."""
        return min(self.checkpoint_wal_bytes, max(MIB, self.free_disk_floor_bytes // 4))
