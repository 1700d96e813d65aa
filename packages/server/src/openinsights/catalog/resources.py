"""The resources that exist: kept in the catalog's database, looked up in memory.

Memory holds every resource and lookups read a plain dict; a change writes the database first, and
what other servers change is read anew (`catch_up`). Feeds ingest (key to resource), query (name to resource), the
API and the portal.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.errors import AmbiguousResource, ResourceExists, ResourceNotFound
from openinsights.catalog.resource import (
    DEFAULT_LOCATION,
    DEFAULT_RESOURCE_GROUP,
    DEFAULT_SUBSCRIPTION,
    NewResource,
    Resource,
    ResourcePath,
    checked_key,
    checked_label,
    checked_name,
    parse_resource_id,
)
from openinsights.catalog.resource_settings import DEFAULTS, changed, from_json
from openinsights.catalog.retention import UNSAID, Retention
from openinsights.catalog.shared_copy import SharedCopy
from openinsights.catalog.unknown_names import resource_not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from openinsights.clock import Clock

    Check = Callable[[Resource], None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Resources at one moment, by each of its keys; replaced whole on a change."""

    by_app_id: Mapping[str, Resource] = field(default_factory=dict)
    by_key: Mapping[str, Resource] = field(default_factory=dict)
    by_path: Mapping[str, Resource] = field(default_factory=dict)
    by_name: Mapping[str, tuple[Resource, ...]] = field(default_factory=dict)


class ResourceStore:
    """Creates, lists, finds and deletes resources; safe to use from any thread.

    Args:
        engine: an open catalog; closed by `close()`.
        clock: tells when a resource was made.
        new_guid: where ids and keys come from.
    """

    def __init__(
        self, engine: sa.Engine, clock: Clock, new_guid: Callable[[], uuid.UUID] = uuid.uuid4
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._new_guid = new_guid
        self._snapshot = Snapshot()
        self._copy = SharedCopy(engine, tables.resources.name, self._load)

    def catch_up(self) -> None:
        """Take over what other servers have changed."""
        self._copy.catch_up()

    def create(
        self,
        name: str,
        resource_group: str = DEFAULT_RESOURCE_GROUP,
        location: str = DEFAULT_LOCATION,
        instrumentation_key: str | None = None,
    ) -> Resource:
        """Make a resource of which nothing else is said; see `make`."""
        return self.make(NewResource(name, resource_group, location, instrumentation_key))

    def make(self, wanted: NewResource) -> Resource:
        """Make a resource, durable when this returns.

        Raises:
            InvalidResource: a name, the location, the key or a setting cannot be used.
            InvalidRetention: there is no such table, or the days are out of range.
            ResourceExists: the name or the key is taken.
        """
        path = ResourcePath(
            checked_label("subscription", wanted.subscription),
            checked_name("resource group", wanted.resource_group),
            checked_name("resource", wanted.name),
        )
        key = wanted.instrumentation_key
        resource = Resource(
            app_id=str(self._new_guid()),
            name=path.name,
            resource_group=path.resource_group,
            location=checked_label("location", wanted.location),
            instrumentation_key=str(self._new_guid()) if key is None else checked_key(key),
            resource_id=str(path),
            created_ticks=self._clock.now_ticks(),
            tags=wanted.tags,
            settings=changed(DEFAULTS, wanted.settings),
            retention=UNSAID.changed(wanted.retention),
            labels=tuple(wanted.labels.items()),
        )
        with self._copy.lock:
            with self._copy.changing() as connection:
                self._refuse_taken(resource)
                connection.execute(sa.insert(tables.resources).values(_row(resource)))
            self._replace([*self._snapshot.by_app_id.values(), resource])
        return resource

    def update(
        self,
        app_id: str,
        *,
        tags: tuple[tuple[str, str], ...] | None = None,
        settings: Mapping[str, object] | None = None,
        retention: Mapping[str, int | None] | None = None,
        labels: Mapping[str, str] | None = None,
        check: Check | None = None,
    ) -> Resource:
        """Change a resource, durable when this returns and all at once; what is None stays.

        Args:
            app_id: of the resource.
            tags: the labels of its owner that replace those it has.
            settings: values by name, see `resource_settings.changed`; the others stay.
            retention: days by table name, see `Retention.changed`.
            labels: what tools keep, by name; the others stay.
            check: raises when the resource, as it stands, is not to be changed.

        Raises:
            ResourceNotFound: there is no such resource.
            InvalidResource: a setting cannot have its value.
            InvalidRetention: there is no such table, or the days are out of range.
        """
        return self._change(
            app_id,
            lambda known: replace(
                known,
                tags=known.tags if tags is None else tags,
                settings=changed(known.settings, settings or {}),
                retention=known.retention.changed(retention or {}),
                labels=tuple((dict(known.labels) | dict(labels or {})).items()),
            ),
            check,
        )

    def set_retention(self, app_id: str, changes: Mapping[str, int | None]) -> Resource:
        """Change how long a resource's telemetry is kept; see `Retention.changed`.

        Raises:
            ResourceNotFound: there is no such resource.
            InvalidRetention: there is no such table, or the days are out of range.
        """
        return self.update(app_id, retention=changes)

    def delete(self, app_id: str, check: Check | None = None) -> bool:
        """Forget a resource; return whether there was one. Its telemetry is not touched here.

        Args:
            app_id: of the resource.
            check: raises when the resource, as it stands, is not to be deleted.
        """
        with self._copy.lock:
            with self._copy.changing() as connection:
                known = self._snapshot.by_app_id.get(app_id)
                if known is None:
                    return False
                if check is not None:
                    check(known)
                connection.execute(
                    sa.delete(tables.resources).where(tables.resources.c.app_id == app_id)
                )
            self._replace(r for r in self._snapshot.by_app_id.values() if r.app_id != app_id)
        return True

    def list(self) -> tuple[Resource, ...]:
        """Return every resource, oldest first."""
        return tuple(self._snapshot.by_app_id.values())

    def get_by_app_id(self, app_id: str) -> Resource | None:
        """Return the resource with this id, in any letter case."""
        return self._snapshot.by_app_id.get(app_id.strip().lower())

    def get_by_key(self, instrumentation_key: str) -> Resource | None:
        """Return the resource with this key, in any letter case. A dict read: ingest calls it."""
        snapshot = self._snapshot
        return snapshot.by_key.get(instrumentation_key) or snapshot.by_key.get(
            instrumentation_key.strip().lower()
        )

    def get_by_resource_id(self, resource_id: str) -> Resource | None:
        """Return the resource with this `/subscriptions/…` path, in any letter case."""
        path = parse_resource_id(resource_id)
        return None if path is None else self._snapshot.by_path.get(str(path).lower())

    def get_by_name(self, name: str) -> Resource | None:
        """Return the resource with this name, in any letter case.

        Raises:
            AmbiguousResource: several resource groups hold one.
        """
        found = self._snapshot.by_name.get(name.strip().lower(), ())
        if len(found) > 1:
            groups = ", ".join(sorted(resource.resource_group for resource in found))
            raise AmbiguousResource(
                f"cannot tell which resource {name!r} is meant: resource groups {groups} each hold"
                " one; use its application id or its resource id"
            )
        return found[0] if found else None

    def find(self, reference: str) -> Resource | None:
        """Return the resource that a person named by id, resource id, `group/name` or name.

        Raises:
            AmbiguousResource: a bare name that several resource groups hold.
        """
        by_id = self.get_by_app_id(reference) or self.get_by_resource_id(reference)
        if by_id is not None:
            return by_id
        group, slash, name = reference.strip().partition("/")
        if slash:
            path = ResourcePath(DEFAULT_SUBSCRIPTION, group, name)
            return self._snapshot.by_path.get(str(path).lower())
        return self.get_by_name(reference)

    def named(self, reference: str) -> Resource:
        """Return the resource that a person named, as `find` does.

        Raises:
            AmbiguousResource: a bare name that several resource groups hold.
            ResourceNotFound: there is none; the message names what may have been meant.
        """
        resource = self.find(reference)
        if resource is None:
            raise resource_not_found(reference, (each.name for each in self.list()))
        return resource

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()

    def _change(
        self, app_id: str, change: Callable[[Resource], Resource], check: Check | None = None
    ) -> Resource:
        with self._copy.lock:
            with self._copy.changing() as connection:
                known = self._snapshot.by_app_id.get(app_id)
                if known is None:
                    raise ResourceNotFound(f"cannot change resource {app_id!r}: it does not exist")
                if check is not None:
                    check(known)
                resource = change(known)
                connection.execute(
                    sa.update(tables.resources)
                    .where(tables.resources.c.app_id == app_id)
                    .values(_row(resource))
                )
            self._replace(
                [resource if r is known else r for r in self._snapshot.by_app_id.values()]
            )
        return resource

    def _refuse_taken(self, resource: Resource) -> None:
        if resource.resource_id.lower() in self._snapshot.by_path:
            raise ResourceExists(
                f"cannot create resource {resource.name!r}: resource group"
                f" {resource.resource_group!r} holds one of that name"
            )
        owner = self._snapshot.by_key.get(resource.instrumentation_key)
        if owner is not None:
            raise ResourceExists(
                f"cannot create resource {resource.name!r}: instrumentation key"
                f" {resource.instrumentation_key} belongs to {owner.name!r}"
            )

    def _load(self, connection: sa.Connection) -> None:
        rows = connection.execute(sa.select(tables.resources))
        self._replace([_resource(row) for row in rows])

    def _replace(self, resources: Iterable[Resource]) -> None:
        self._snapshot = snapshot_of(resources)


def snapshot_of(resources: Iterable[Resource]) -> Snapshot:
    """Return resources by each of their keys."""
    ordered = sorted(resources, key=lambda resource: (resource.created_ticks, resource.name))
    by_name: dict[str, tuple[Resource, ...]] = {}
    for resource in ordered:
        name = resource.name.lower()
        by_name[name] = (*by_name.get(name, ()), resource)
    return Snapshot(
        by_app_id={resource.app_id: resource for resource in ordered},
        by_key={resource.instrumentation_key: resource for resource in ordered},
        by_path={resource.resource_id.lower(): resource for resource in ordered},
        by_name=by_name,
    )


def _row(resource: Resource) -> dict[str, object]:
    return {
        "app_id": resource.app_id,
        "subscription": resource.subscription,
        "resource_group": resource.resource_group,
        "name": resource.name,
        "path_key": resource.resource_id.lower(),
        "location": resource.location,
        "instrumentation_key": resource.instrumentation_key,
        "created_ticks": resource.created_ticks,
        "tags": dict(resource.tags),
        "retention": resource.retention.to_json(),
        "settings": resource.settings.to_json(),
        "labels": dict(resource.labels),
    }


def _resource(row: sa.Row[tuple[object, ...]]) -> Resource:
    values = row._mapping
    return Resource(
        app_id=values["app_id"],
        name=values["name"],
        resource_group=values["resource_group"],
        location=values["location"],
        instrumentation_key=values["instrumentation_key"],
        resource_id=str(
            ResourcePath(values["subscription"], values["resource_group"], values["name"])
        ),
        created_ticks=values["created_ticks"],
        tags=tuple(values["tags"].items()),
        retention=Retention.from_json(values["retention"]),
        settings=from_json(values["settings"]),
        labels=tuple(values["labels"].items()),
    )
