"""Alert rules as resources of the management API, and how they stand."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import writing
from openinsights.catalog.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from openinsights.clock import Clock

MOST_RULES: Final = 5_000


class TooManyRules(CatalogError):
    """No more rules can be kept."""

    code = "TooManyAlertRules"


@dataclass(frozen=True, slots=True)
class KeptRule:
    """A rule as somebody wrote it.

    Attributes:
        path: its resource id.
        kind: metric, log or availability.
        app_id: of the resource that it watches.
        enabled: whether it is evaluated.
        document: its JSON, as the management API takes it.
        rule_id: a guid; "" until it is kept.
        created_ticks: when.
        created_by: who.
        modified_ticks: when.
        modified_by: who.
    """

    path: str
    kind: str
    app_id: str
    enabled: bool
    document: Mapping[str, Any] = field(default_factory=dict)  # JSON of a caller
    rule_id: str = ""
    created_ticks: int = 0
    created_by: str = ""
    modified_ticks: int = 0
    modified_by: str = ""

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class RuleState:
    """How a rule stands.

    Attributes:
        last_due: the last instant for which it was evaluated, in ticks.
        facts: JSON of whoever evaluates.
    """

    last_due: int
    facts: Mapping[str, Any] = field(default_factory=dict)


class AlertRuleStore:
    """Keeps rules and how they stand; safe to use from any thread.

    Args:
        engine: an open catalog; the resources close it.
        clock: tells when one was changed.
        new_guid: where ids come from.
    """

    def __init__(
        self, engine: sa.Engine, clock: Clock, new_guid: Callable[[], uuid.UUID] = uuid.uuid4
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._new_guid = new_guid

    def put(
        self, rule: KeptRule, who: str, check: Callable[[KeptRule | None], None] = lambda _: None
    ) -> tuple[KeptRule, bool]:
        """Keep a rule, durable when this returns; return it, and whether it is new.

        Args:
            rule: replaces the one of its path.
            who: does it.
            check: given what is there, raises when that is not to be replaced.

        Raises:
            TooManyRules: there is no room for another one.
        """
        now = self._clock.now_ticks()
        table = tables.alert_rules
        with writing(self._engine) as connection:
            known = self._find(connection, rule.path)
            check(known)
            if known is None:
                count = connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
                if count >= MOST_RULES:
                    raise TooManyRules(
                        f"cannot keep more than {MOST_RULES} alert rules: delete some"
                    )
            kept = replace(
                rule,
                rule_id=known.rule_id if known else str(self._new_guid()),
                created_ticks=known.created_ticks if known else now,
                created_by=known.created_by if known else who,
                modified_ticks=now,
                modified_by=who,
            )
            connection.execute(sa.delete(table).where(table.c.path_key == rule.path.lower()))
            connection.execute(sa.insert(table).values(_row(kept)))
        return kept, known is None

    def get(self, path: str) -> KeptRule | None:
        """Return the rule of a resource id, in any letter case."""
        with self._engine.connect() as connection:
            return self._find(connection, path)

    def every(self, app_id: str | None = None) -> list[KeptRule]:
        """Return the rules of a resource, or all, by their path."""
        statement = sa.select(tables.alert_rules).order_by(tables.alert_rules.c.path_key)
        if app_id is not None:
            statement = statement.where(tables.alert_rules.c.app_id == app_id)
        with self._engine.connect() as connection:
            return [_kept(row) for row in connection.execute(statement)]

    def delete(
        self,
        path: str,
        check: Callable[[KeptRule], None] = lambda _: None,
        also: Callable[[sa.Connection, KeptRule], None] = lambda _, __: None,
    ) -> KeptRule | None:
        """Delete a rule with how it stands; None when there is none.

        Args:
            path: its resource id.
            check: given what is there, raises when that is not to be deleted.
            also: done in the same transaction.
        """
        with writing(self._engine) as connection:
            known = self._find(connection, path)
            if known is None:
                return None
            check(known)
            self._delete(connection, [known.rule_id])
            also(connection, known)
        return known

    def delete_of(self, app_id: str) -> list[KeptRule]:
        """Delete the rules of a resource, and return them."""
        gone = self.every(app_id)
        with writing(self._engine) as connection:
            self._delete(connection, [each.rule_id for each in gone])
        return gone

    def states(self) -> dict[str, RuleState]:
        """Return how the rules stand, by their id; a rule that was never evaluated is not there."""
        with self._engine.connect() as connection:
            return {
                row.rule_id: RuleState(row.last_due, row.facts)
                for row in connection.execute(sa.select(tables.rule_states))
            }

    @staticmethod
    def save_states(connection: sa.Connection, states: Iterable[tuple[str, RuleState]]) -> None:
        """Write how rules stand, in the transaction of a connection; a rule that is gone stays so.

        Args:
            connection: of the transaction.
            states: each with the id of its rule.
        """
        table = tables.rule_states
        wanted = dict(states)
        if not wanted:
            return
        rules = tables.alert_rules.c.rule_id
        there = connection.scalars(sa.select(rules).where(rules.in_(wanted))).all()
        rows = [
            {"rule_id": id, "last_due": wanted[id].last_due, "facts": dict(wanted[id].facts)}
            for id in there
        ]
        if rows:
            connection.execute(sa.delete(table).where(table.c.rule_id.in_(there)))
            connection.execute(sa.insert(table), rows)

    @staticmethod
    def _find(connection: sa.Connection, path: str) -> KeptRule | None:
        table = tables.alert_rules
        row = connection.execute(sa.select(table).where(table.c.path_key == path.lower())).first()
        return None if row is None else _kept(row)

    @staticmethod
    def _delete(connection: sa.Connection, ids: list[str]) -> None:
        for table in (tables.alert_rules, tables.rule_states):
            connection.execute(sa.delete(table).where(table.c.rule_id.in_(ids)))


def _row(rule: KeptRule) -> dict[str, Any]:
    return {
        "path_key": rule.path.lower(),
        "rule_id": rule.rule_id,
        "kind": rule.kind,
        "app_id": rule.app_id,
        "enabled": rule.enabled,
        "facts": {
            "path": rule.path,
            "document": dict(rule.document),
            "created": [rule.created_ticks, rule.created_by],
            "modified": [rule.modified_ticks, rule.modified_by],
        },
    }


def _kept(row: sa.Row[Any]) -> KeptRule:
    facts = row.facts
    return KeptRule(
        facts["path"],
        row.kind,
        row.app_id,
        row.enabled,
        facts["document"],
        row.rule_id,
        *facts["created"],
        *facts["modified"],
    )
