"""The availability tests that there are: kept, run and watched over as one thing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from openinsights.availability.errors import InvalidTest
from openinsights.availability.shape import test_of
from openinsights.catalog.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from openinsights.availability.test import AvailabilityTest
    from openinsights.catalog.availability_tests import AvailabilityTestStore, Check, KeptTest

logger = logging.getLogger(__name__)


class Runs(Protocol):
    """Who runs tests at the location of the server."""

    def put(self, test: AvailabilityTest) -> None:
        """Run a test from now on, in its newest form."""

    def remove(self, test_id: str) -> None:
        """Run a test no more."""


class Rules(Protocol):
    """Who keeps the alert rules of tests."""

    def put(self, test: AvailabilityTest, kept: KeptTest) -> None:
        """Make or change the rule of a test; one whose `alerts` is false gets none."""

    def remove(self, test: AvailabilityTest, kept: KeptTest) -> None:
        """Remove the rule of a test."""


class NoRules:
    """Where nothing alerts."""

    def put(self, test: AvailabilityTest, kept: KeptTest) -> None:
        """Make nothing."""

    def remove(self, test: AvailabilityTest, kept: KeptTest) -> None:
        """Remove nothing."""


class TestBook:
    """Keeps tests, and tells those who run them and alert by them. Blocks; safe from any thread.

    Args:
        store: where they are kept.
        runs: runs them; None where nobody does.
        rules: alert by them.
    """

    __test__ = False  # what collects tests of programs leaves it alone

    def __init__(
        self, store: AvailabilityTestStore, runs: Runs | None = None, rules: Rules | None = None
    ) -> None:
        self._store = store
        self._runs = runs
        self._rules: Rules = rules or NoRules()

    def put(self, kept: KeptTest, check: Check) -> tuple[KeptTest, bool]:
        """Make or replace a test; return it and whether it is new.

        Args:
            kept: as it has to be.
            check: given what is there, raises when that is not to be replaced.

        Raises:
            InvalidTest: it cannot be run.
            CatalogError: it cannot be kept.
        """
        meant(kept)
        done, is_new = self._store.put(kept, check)
        test = meant(done)
        self._rules.put(test, done)
        if self._runs is not None:
            self._runs.put(test)
        return done, is_new

    def get(self, path: str) -> KeptTest | None:
        """Return the test of a path in any letter case, None when there is none."""
        return self._store.get(path)

    def every(self) -> list[KeptTest]:
        """Return all tests by their path."""
        return self._store.every()

    def of(self, app_id: str) -> list[tuple[KeptTest, AvailabilityTest]]:
        """Return the tests of a resource that can be run, by their path."""
        return _readable(self._store.of(app_id))

    def runnable(self) -> list[tuple[KeptTest, AvailabilityTest]]:
        """Return all tests that can be run, by their path."""
        return _readable(self._store.every())

    def keep_retries(
        self, location: str, suspended: Mapping[str, bool], app_ids: Collection[str]
    ) -> None:
        """Keep which tests a probe at a location tries once only until they pass.

        Args:
            location: the probe's.
            suspended: by the id of a test; those that do not run there are passed over.
            app_ids: of the resources that the probe may speak of.
        """
        for kept, test in self.runnable():
            wanted = suspended.get(kept.test_id)
            if wanted is None or kept.app_id not in app_ids or location not in test.locations:
                continue
            if wanted != (location in kept.suspended):
                self._store.suspend(kept.test_id, location, is_suspended=wanted)

    def delete(self, path: str, check: Callable[[KeptTest], None]) -> bool:
        """Delete a test with its rule; return whether there was one."""
        gone = self._store.delete(path, check)
        if gone is not None:
            self._forget(gone)
        return gone is not None

    def forget_resource(self, app_id: str) -> None:
        """Delete the tests of a resource that is deleted."""
        for each in self._store.delete_of(app_id):
            self._forget(each)

    def _forget(self, gone: KeptTest) -> None:
        if self._runs is not None:
            self._runs.remove(gone.test_id)
        for _, test in _readable([gone]):
            self._rules.remove(test, gone)


def meant(kept: KeptTest) -> AvailabilityTest:
    """Return the test that a kept one means.

    Raises:
        InvalidTest: it cannot be run.
    """
    return test_of(kept.test_id, kept.app_id, kept.name, kept.properties)


def _readable(kept: list[KeptTest]) -> list[tuple[KeptTest, AvailabilityTest]]:
    found = []
    for each in kept:
        try:
            found.append((each, meant(each)))
        except (InvalidTest, CatalogError) as error:
            # a test that an earlier release took; the others run
            logger.warning("availability test not run test=%s cause=%s", each.id, error.message)
    return found
