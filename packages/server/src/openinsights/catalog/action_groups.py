"""Action groups: named lists of who is told when an alert changes, and where they are kept.

What lives here: the values, the rules of their parts, and the store. What does not: how anybody is
told (`alerts/notify`), and how Azure's tools spell a group (`alerts/arm_groups.py`).
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import writing
from openinsights.catalog.errors import InvalidActionGroup
from openinsights.catalog.resource import PROVIDER, checked_label, checked_name

if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[["ActionGroup | None"], None]

WEBHOOK: Final = "webhook"
EMAIL: Final = "email"
SLACK: Final = "slack"
TEAMS: Final = "teams"
COMMAND: Final = "command"
KINDS: Final = (WEBHOOK, EMAIL, SLACK, TEAMS, COMMAND)
"""How somebody can be told."""

MOST_GROUPS: Final = 2_000
MOST_RECEIVERS: Final = 100
_LONGEST_NAME: Final = 128
_LONGEST_TARGET: Final = 2_048
_LONGEST_SECRET: Final = 128
_SHORTEST_SECRET: Final = 16
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}@[\w.-]{1,255}")


@dataclass(frozen=True, slots=True)
class Receiver:
    """One who is told.

    Attributes:
        kind: one of `KINDS`.
        name: unique in the group, letter case aside.
        target: a URL, the address of a mailbox, or the path of a program.
        common_schema: as Azure's tools set it; kept for them, and looked at by nothing.
    """

    kind: str
    name: str
    target: str
    common_schema: bool = True


@dataclass(frozen=True, slots=True)
class ActionGroup:
    """A named list of receivers.

    Attributes:
        subscription: part of its path.
        resource_group: part of its path.
        name: part of its path.
        short_name: as messages show it.
        app_id: of the resource whose alerts alone it takes; "" takes those of every resource.
        scope: the path of that resource, as its author wrote it; "" without one.
        enabled: whether anybody of it is told.
        location: a plain label here.
        tags: labels of the owner.
        receivers: who is told.
        others: receivers of kinds that only Azure can tell, as JSON by the name of their list; they
            are kept for its tools.
    """

    subscription: str
    resource_group: str
    name: str
    short_name: str = ""
    app_id: str = ""
    scope: str = ""
    enabled: bool = True
    location: str = "Global"
    tags: tuple[tuple[str, str], ...] = ()
    receivers: tuple[Receiver, ...] = ()
    others: tuple[tuple[str, tuple[dict[str, Any], ...]], ...] = ()  # values are JSON's

    @property
    def id(self) -> str:
        """The path of the group."""
        return group_path(self.subscription, self.resource_group, self.name)

    @property
    def key(self) -> str:
        """What it is kept under: its path in lower case."""
        return self.id.lower()

    @property
    def unreached(self) -> tuple[tuple[str, str], ...]:
        """The receivers that only Azure can tell, as (list, name)."""
        return tuple(
            (kind, str(each.get("name", ""))) for kind, members in self.others for each in members
        )


def group_path(subscription: str, resource_group: str, name: str) -> str:
    """Return the path of an action group."""
    return (
        f"/subscriptions/{subscription}/resourceGroups/{resource_group}"
        f"/providers/{PROVIDER}/actionGroups/{name}"
    )


class ActionGroupStore:
    """Keeps action groups and their secrets; safe to use from any thread.

    Args:
        engine: an open catalog; the resources close it.
        new_secret: makes what a group's webhooks are signed with.
    """

    def __init__(self, engine: sa.Engine, new_secret: Callable[[], str]) -> None:
        self._engine = engine
        self._new_secret = new_secret

    def put(
        self, group: ActionGroup, check: Check = lambda _: None, secret: str | None = None
    ) -> tuple[ActionGroup, bool]:
        """Make or replace a group, durable when this returns; return it and whether it is new.

        Args:
            group: as it has to be.
            check: given what is there, raises when that is not to be replaced.
            secret: what its webhooks are signed with; None keeps the present one, or makes one.

        Raises:
            InvalidActionGroup: a part of it cannot be kept.
            InvalidResource: a part of its path cannot be used.
        """
        kept = _checked(group)
        if secret is not None:
            _check_secret(secret)
        table = tables.action_groups
        with writing(self._engine) as connection:
            row = _row(connection, kept.key)
            check(None if row is None else _group(row.facts))
            if row is None:
                _refuse_too_many(connection)
            signed_with = secret or (self._new_secret() if row is None else row.secret)
            connection.execute(sa.delete(table).where(table.c.path_key == kept.key))
            connection.execute(
                sa.insert(table).values(path_key=kept.key, facts=_facts(kept), secret=signed_with)
            )
        return kept, row is None

    def get(self, path: str) -> ActionGroup | None:
        """Return the group of a path in any letter case, None when there is none."""
        with self._engine.connect() as connection:
            return group_in(connection, path)

    def every(self) -> list[ActionGroup]:
        """Return all groups by their path."""
        table = tables.action_groups
        statement = sa.select(table.c.facts).order_by(table.c.path_key)
        with self._engine.connect() as connection:
            return [_group(row.facts) for row in connection.execute(statement)]

    def delete(self, path: str, check: Callable[[ActionGroup], None] = lambda _: None) -> bool:
        """Delete a group; return whether there was one.

        Args:
            path: of the group, in any letter case.
            check: raises when it, as it stands, is not to be deleted.
        """
        table = tables.action_groups
        with writing(self._engine) as connection:
            found = group_in(connection, path)
            if found is None:
                return False
            check(found)
            connection.execute(sa.delete(table).where(table.c.path_key == found.key))
        return True

    def delete_of(self, app_id: str) -> None:
        """Delete the groups that take alerts of one resource alone."""
        for each in self.every():
            if each.app_id == app_id:
                self.delete(each.id)

    def secret(self, path: str) -> str:
        """Return what a group's webhooks are signed with, "" when there is no such group."""
        with self._engine.connect() as connection:
            row = _row(connection, path.lower())
        return "" if row is None else str(row.secret)

    def renew_secret(self, path: str) -> str:
        """Give a group another secret and return it; "" when there is no such group."""
        table = tables.action_groups
        secret = self._new_secret()
        with writing(self._engine) as connection:
            changed = connection.execute(
                sa.update(table).where(table.c.path_key == path.lower()).values(secret=secret)
            )
        return secret if changed.rowcount else ""


def group_in(connection: sa.Connection, path: str) -> ActionGroup | None:
    """Return the group of a path as a transaction sees it, None when there is none."""
    row = _row(connection, path.lower())
    return None if row is None else _group(row.facts)


def _row(connection: sa.Connection, key: str) -> Any:  # a row of SQLAlchemy's
    table = tables.action_groups
    return connection.execute(
        sa.select(table.c.facts, table.c.secret).where(table.c.path_key == key)
    ).first()


def _refuse_too_many(connection: sa.Connection) -> None:
    count = connection.scalar(sa.select(sa.func.count()).select_from(tables.action_groups)) or 0
    if count >= MOST_GROUPS:
        raise InvalidActionGroup(f"cannot keep more than {MOST_GROUPS} action groups: delete some")


def _checked(group: ActionGroup) -> ActionGroup:
    if len(group.receivers) + len(group.unreached) > MOST_RECEIVERS:
        raise InvalidActionGroup(
            f"cannot keep an action group of more than {MOST_RECEIVERS} receivers"
        )
    receivers = tuple(_checked_receiver(each) for each in group.receivers)
    names = [each.name.lower() for each in receivers]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidActionGroup(
            f"cannot keep the action group: two of its receivers are called {twice[:80]!r}"
        )
    name = checked_label("action group", group.name)
    return dataclasses.replace(
        group,
        subscription=checked_label("subscription", group.subscription),
        resource_group=checked_name("resource group", group.resource_group),
        name=name,
        short_name=_short(group.short_name, name),
        location=checked_label("location", group.location),
        receivers=receivers,
    )


def _short(text: str, name: str) -> str:
    short = text.strip() or name[:12]
    if not 0 < len(short) <= 40 or not short.isprintable():
        raise InvalidActionGroup(
            "cannot keep the action group: its groupShortName has 1 to 40 printable characters"
        )
    return short


def _checked_receiver(receiver: Receiver) -> Receiver:
    name, target = receiver.name.strip(), receiver.target.strip()
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InvalidActionGroup(
            f"cannot keep a receiver: its name needs 1 to {_LONGEST_NAME} printable characters"
        )
    if len(target) > _LONGEST_TARGET or not target.isprintable():
        raise InvalidActionGroup(
            f"cannot keep receiver {name!r}: where it is has more than {_LONGEST_TARGET}"
            " characters, or some that do not print"
        )
    why = _CHECKS[receiver.kind](target)
    if why:
        raise InvalidActionGroup(f"cannot keep receiver {name!r}: {why}")
    return dataclasses.replace(receiver, name=name, target=target)


def _url_problem(target: str) -> str:
    try:
        parts = urlsplit(target)
        usable = parts.scheme.lower() in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    return "" if usable else "its URL has to begin with http:// or https:// and name a host"


def _address_problem(target: str) -> str:
    fits = _ADDRESS.fullmatch(target) and target.isascii()
    return "" if fits else f"{target[:80]!r} is no address of a mailbox, such as ops@example.com"


def _program_problem(target: str) -> str:
    return "" if target.startswith("/") else "its program has to be named by its whole path"


_CHECKS: Final[dict[str, Callable[[str], str]]] = {
    WEBHOOK: _url_problem,
    SLACK: _url_problem,
    TEAMS: _url_problem,
    EMAIL: _address_problem,
    COMMAND: _program_problem,
}


def _check_secret(secret: str) -> None:
    if not _SHORTEST_SECRET <= len(secret) <= _LONGEST_SECRET or not secret.isascii():
        raise InvalidActionGroup(
            f"cannot sign with this secret: it has to have {_SHORTEST_SECRET} to {_LONGEST_SECRET}"
            " characters of ASCII"
        )


def _facts(group: ActionGroup) -> dict[str, Any]:
    facts = dataclasses.asdict(group)
    others = {kind: list(members) for kind, members in group.others}
    return facts | {"tags": dict(group.tags), "others": others}


def _group(facts: dict[str, Any]) -> ActionGroup:
    others = tuple((kind, tuple(members)) for kind, members in facts["others"].items())
    receivers = tuple(Receiver(**each) for each in facts["receivers"])
    tags = tuple(facts["tags"].items())
    return ActionGroup(**{**facts, "tags": tags, "others": others, "receivers": receivers})
