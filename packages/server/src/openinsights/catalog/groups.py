"""Resource groups: made by themselves, or there because they hold a resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import writing
from openinsights.catalog.errors import GroupNotEmpty, GroupNotFound
from openinsights.catalog.resource import DEFAULT_LOCATION, checked_label, checked_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openinsights.catalog.resource import Resource


@dataclass(frozen=True, slots=True)
class Group:
    """One resource group.

    Attributes:
        subscription: that it belongs to.
        name: unique in the subscription, letter case aside.
        location: a plain label here.
        tags: labels of the owner.
    """

    subscription: str
    name: str
    location: str = DEFAULT_LOCATION
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """The path of the group."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.name}"


class GroupStore:
    """Makes, lists and deletes groups; safe to use from any thread.

    Args:
        engine: an open catalog; the resources close it.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def put(
        self, subscription: str, name: str, location: str, tags: tuple[tuple[str, str], ...]
    ) -> tuple[Group, bool]:
        """Make a group or change it; return it and whether it was made.

        Raises:
            InvalidResource: the name, the subscription or the location cannot be used.
        """
        group = Group(
            checked_label("subscription", subscription),
            checked_name("resource group", name),
            checked_label("location", location),
            tags,
        )
        with writing(self._engine) as connection:
            known = connection.execute(self._at(group.id)).rowcount
            connection.execute(
                sa.insert(tables.resource_groups).values(
                    path_key=group.id.lower(),
                    subscription=group.subscription,
                    name=group.name,
                    location=group.location,
                    tags=dict(group.tags),
                )
            )
        return group, not known

    def every(self, resources: Iterable[Resource]) -> list[Group]:
        """Return all groups by their path, those included that only hold resources."""
        found = {
            group.id.lower(): group
            for each in resources
            for group in (Group(each.subscription, each.resource_group, each.location),)
        }
        with self._engine.connect() as connection:
            for row in connection.execute(sa.select(tables.resource_groups)):
                tags = tuple(row.tags.items())
                found[row.path_key] = Group(row.subscription, row.name, row.location, tags)
        return [found[key] for key in sorted(found)]

    def delete(self, group: Group, resources: Iterable[Resource]) -> None:
        """Delete a group.

        Raises:
            GroupNotEmpty: it holds resources.
        """
        held = [each.name for each in resources if group_of(each).lower() == group.id.lower()]
        if held:
            raise GroupNotEmpty(
                f"cannot delete resource group {group.name!r}: it holds {', '.join(held[:8])};"
                " delete these first"
            )
        with writing(self._engine) as connection:
            connection.execute(self._at(group.id))

    @staticmethod
    def _at(path: str) -> sa.Delete:
        key = tables.resource_groups.c.path_key
        return sa.delete(tables.resource_groups).where(key == path.lower())


def group_of(resource: Resource) -> str:
    """Return the path of the group that holds a resource."""
    return Group(resource.subscription, resource.resource_group).id


def group_not_found(name: str) -> GroupNotFound:
    """Return the error for a group that does not exist."""
    return GroupNotFound(f"cannot find resource group {name[:80]!r}")
