"""The resources that whoever is served may see: every route looks them up here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.access.caller import ASKING, Asking
from openinsights.access.errors import Forbidden, ResourceForbidden
from openinsights.access.rights import Right
from openinsights.catalog.resources import ResourceStore, Snapshot, snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openinsights.catalog.resource import NewResource, Resource
    from openinsights.catalog.resources import Check


class SeenResources(ResourceStore):
    """The store of resources as the caller of a route sees it.

    A resource for which the caller lacks the right that the route needs is not there: it is not
    listed, not found by any name, not changed and not deleted. A handler can therefore not forget
    to ask. Only who holds the right for every resource makes new ones.

    Used outside of a route it raises, for it cannot tell who asks.

    Args:
        inner: every resource.
        on_delete: told the application id of a resource that is deleted.
    """

    def __init__(self, inner: ResourceStore, on_delete: Callable[[str], None]) -> None:
        self._inner = inner
        self._on_delete = on_delete

    @property
    def _snapshot(self) -> Snapshot:  # type: ignore[override]  # the store keeps it, this derives it
        whole = self._inner._snapshot
        asking = _asking()
        if _sees_all(asking):
            return whole
        right = _needed(asking)
        return snapshot_of(
            each for each in whole.by_app_id.values() if asking.caller.may(right, each.app_id)
        )

    def every_app_id(self) -> tuple[str, ...] | None:
        """Return the ids of the resources that are seen; None when these are all there are."""
        return None if _sees_all(_asking()) else tuple(self._snapshot.by_app_id)

    def principal(self) -> str:
        """Return who asks, as `Caller.principal` does; "" outside of a route."""
        asking = ASKING.get()
        return "" if asking is None else asking.caller.principal

    def make(self, wanted: NewResource) -> Resource:
        """Make a resource; see `ResourceStore.make`.

        Raises:
            Forbidden: the caller does not manage every resource.
        """
        caller = _asking().caller
        if not caller.may_everywhere(Right.MANAGE):
            raise Forbidden(
                f"cannot make resource {wanted.name[:80]!r}: {caller.name} lacks the right"
                f" '{Right.MANAGE}' for every resource"
            )
        return self._inner.make(wanted)

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
        """Change a resource; see `ResourceStore.update`."""
        self._refuse_unseen(app_id)
        return self._inner.update(
            app_id, tags=tags, settings=settings, retention=retention, labels=labels, check=check
        )

    def set_retention(self, app_id: str, changes: Mapping[str, int | None]) -> Resource:
        """Change how long telemetry is kept; see `ResourceStore.set_retention`."""
        return self.update(app_id, retention=changes)

    def delete(self, app_id: str, check: Check | None = None) -> bool:
        """Forget a resource; see `ResourceStore.delete`."""
        self._refuse_unseen(app_id)
        was_there = self._inner.delete(app_id, check)
        self._on_delete(app_id)
        return was_there

    def get_by_resource_id(self, resource_id: str) -> Resource | None:
        """Return the resource with this path; None when the caller sees all and there is none.

        Raises:
            ResourceForbidden: the caller sees some, and not this one.
        """
        found = super().get_by_resource_id(resource_id)
        if found is None and resource_id.lstrip().startswith("/") and not _sees_all(_asking()):
            raise _unseen(resource_id)
        return found

    def named(self, reference: str) -> Resource:
        """Return the resource that a person named; see `ResourceStore.named`.

        Raises:
            ResourceForbidden: the caller sees some, and not this one.
        """
        found = self.find(reference)
        if found is None and not _sees_all(_asking()):
            raise _unseen(reference)
        return found or super().named(reference)

    def catch_up(self) -> None:
        """Take over what other servers have changed."""
        self._inner.catch_up()

    def close(self) -> None:
        """Do nothing: who opened the store closes it."""

    def _refuse_unseen(self, app_id: str) -> None:
        if app_id not in self._snapshot.by_app_id:
            raise _unseen(app_id)


def _asking() -> Asking:
    asking = ASKING.get()
    if asking is None:
        raise RuntimeError("BUG: resources are looked up for nobody; routes must be Guarded")
    return asking


def _needed(asking: Asking) -> Right:
    # what is OPEN to everybody tells of resources only those who may read them
    return Right.READ if asking.right is Right.OPEN else asking.right


def _sees_all(asking: Asking) -> bool:
    # an instrumentation key, by which alone INGEST finds resources, is itself the proof
    return asking.right is Right.INGEST or asking.caller.may_everywhere(_needed(asking))


def _unseen(reference: str) -> ResourceForbidden:
    asking = _asking()
    return ResourceForbidden(
        f"cannot {_needed(asking)} resource {reference[:200]!r}: {asking.caller.name} lacks the"
        " right, or there is no such resource"
    )
