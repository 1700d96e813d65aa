"""Availability tests as they are kept: the document of Azure's management API, as its author sent it.

What the document means is read in `availability/shape.py`.
"""

from __future__ import annotations

import dataclasses
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import writing
from openinsights.catalog.errors import AvailabilityTestNotFound, InvalidAvailabilityTest
from openinsights.catalog.resource import PROVIDER, checked_label, checked_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Check = Callable[["KeptTest | None"], None]

MOST_OF_A_RESOURCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class KeptTest:
    """One availability test.

    Attributes:
        subscription: part of its path.
        resource_group: part of its path.
        name: part of its path.
        app_id: of the resource that it is about.
        display_name: by which results call it; unique in its resource, letter case aside.
        properties: as its author sent them.
        location: a plain label here.
        kind: as its author sent it.
        tags: labels of the owner.
        test_id: a guid that it has for life; "" until it is kept.
        is_enabled: whether it runs.
        suspended: locations of the server that do not retry it, for it has failed there and not
            passed since; set by `suspend`.
    """

    subscription: str
    resource_group: str
    name: str
    app_id: str
    display_name: str
    properties: Mapping[str, Any] = field(default_factory=dict)  # JSON
    location: str = "local"
    kind: str = "standard"
    tags: tuple[tuple[str, str], ...] = ()
    test_id: str = ""
    is_enabled: bool = True
    suspended: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The path of the test."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/{PROVIDER}/webtests/{self.name}"
        )


class AvailabilityTestStore:
    """Keeps availability tests; safe to use from any thread.

    Args:
        engine: an open catalog; the resources close it.
        new_guid: where ids come from.
    """

    def __init__(self, engine: sa.Engine, new_guid: Callable[[], uuid.UUID] = uuid.uuid4) -> None:
        self._engine = engine
        self._new_guid = new_guid

    def put(self, test: KeptTest, check: Check = lambda _: None) -> tuple[KeptTest, bool]:
        """Make or replace a test, durable when this returns; return it and whether it is new.

        Args:
            test: as it has to be; its id is set here.
            check: given what is there, raises when that is not to be replaced.

        Raises:
            InvalidAvailabilityTest: another one of the resource has the name, or it has too many.
            InvalidResource: a part of its path cannot be used.
        """
        test = _checked(test)
        key = test.id.lower()
        with writing(self._engine) as connection:
            known = self._read(connection, key)
            check(known)
            self._refuse_taken(connection, test, key)
            kept = dataclasses.replace(
                test,
                test_id=known.test_id if known else str(self._new_guid()),
                suspended=known.suspended if known else (),
            )
            connection.execute(_delete(key))
            connection.execute(
                sa.insert(tables.availability_tests).values(
                    path_key=key,
                    test_id=kept.test_id,
                    app_id=kept.app_id,
                    enabled=kept.is_enabled,
                    facts=_facts(kept),
                )
            )
        return kept, known is None

    def suspend(self, test_id: str, location: str, *, is_suspended: bool) -> None:
        """Keep whether retries of a test are suspended at a location; of an unknown test, nothing."""
        table = tables.availability_tests
        of_test = table.c.test_id == test_id
        with writing(self._engine) as connection:
            row = connection.execute(sa.select(table.c.facts).where(of_test)).first()
            if row is None:
                return
            known = _test(row.facts)
            others = (each for each in known.suspended if each != location)
            changed = dataclasses.replace(
                known, suspended=(*others, location) if is_suspended else tuple(others)
            )
            connection.execute(sa.update(table).where(of_test).values(facts=_facts(changed)))

    def get(self, path: str) -> KeptTest | None:
        """Return the test of a path in any letter case, None when there is none."""
        with self._engine.connect() as connection:
            return self._read(connection, path.lower())

    def every(self) -> list[KeptTest]:
        """Return all tests by their path."""
        table = tables.availability_tests
        statement = sa.select(table.c.facts).order_by(table.c.path_key)
        with self._engine.connect() as connection:
            return [_test(row.facts) for row in connection.execute(statement)]

    def of(self, app_id: str) -> list[KeptTest]:
        """Return the tests of a resource by their path."""
        with self._engine.connect() as connection:
            return self._of(connection, app_id)

    def delete(
        self, path: str, check: Callable[[KeptTest], None] = lambda _: None
    ) -> KeptTest | None:
        """Delete a test; return what it was, None when there was none.

        Args:
            path: of the test, in any letter case.
            check: raises when it, as it stands, is not to be deleted.
        """
        key = path.lower()
        with writing(self._engine) as connection:
            known = self._read(connection, key)
            if known is not None:
                check(known)
                connection.execute(_delete(key))
        return known

    def delete_of(self, app_id: str) -> list[KeptTest]:
        """Delete the tests of a resource, and return them."""
        table = tables.availability_tests
        with writing(self._engine) as connection:
            gone = self._of(connection, app_id)
            connection.execute(sa.delete(table).where(table.c.app_id == app_id))
        return gone

    @staticmethod
    def _read(connection: sa.Connection, key: str) -> KeptTest | None:
        table = tables.availability_tests
        row = connection.execute(sa.select(table.c.facts).where(table.c.path_key == key)).first()
        return None if row is None else _test(row.facts)

    @staticmethod
    def _of(connection: sa.Connection, app_id: str) -> list[KeptTest]:
        table = tables.availability_tests
        statement = (
            sa.select(table.c.facts).where(table.c.app_id == app_id).order_by(table.c.path_key)
        )
        return [_test(row.facts) for row in connection.execute(statement)]

    def _refuse_taken(self, connection: sa.Connection, test: KeptTest, key: str) -> None:
        others = [each for each in self._of(connection, test.app_id) if each.id.lower() != key]
        if len(others) >= MOST_OF_A_RESOURCE:
            raise InvalidAvailabilityTest(
                f"cannot keep more than {MOST_OF_A_RESOURCE} availability tests of one resource:"
                " delete some"
            )
        for each in others:
            if each.display_name.lower() == test.display_name.lower():
                raise InvalidAvailabilityTest(
                    f"cannot keep availability test {test.name!r}: the resource has"
                    f" {each.name!r} under the name {test.display_name!r}, and results are told"
                    " apart by it"
                )


def availability_test_not_found(path: str) -> AvailabilityTestNotFound:
    """Return the error for a path that holds no test."""
    name = path.rpartition("/")[2][:80]
    return AvailabilityTestNotFound(f"cannot find availability test {name!r}")


def _checked(test: KeptTest) -> KeptTest:
    return dataclasses.replace(
        test,
        subscription=checked_label("subscription", test.subscription),
        resource_group=checked_name("resource group", test.resource_group),
        name=checked_label("availability test", test.name),
        location=checked_label("location", test.location),
    )


def _delete(key: str) -> sa.Delete:
    table = tables.availability_tests
    return sa.delete(table).where(table.c.path_key == key)


def _facts(test: KeptTest) -> dict[str, Any]:
    facts = dataclasses.asdict(test) | {"tags": dict(test.tags)}
    if not test.suspended:
        del facts["suspended"]  # servers that know nothing of it read what says nothing of it
    return facts


def _test(facts: dict[str, Any]) -> KeptTest:
    tags, suspended = tuple(facts["tags"].items()), tuple(facts.get("suspended", ()))
    return KeptTest(**{**facts, "tags": tags, "suspended": suspended})
