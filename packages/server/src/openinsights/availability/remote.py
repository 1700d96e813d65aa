"""A probe on another machine: fetches the tests of its location, runs them, sends what it finds.

It goes on with the tests that it knows while the server is away, and keeps its results for an hour.
Which tests it tries once only, because they failed last, it tells the server, and asks it when it
starts: a probe keeps nothing on its own machine.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx

from openinsights.availability.prober import Prober
from openinsights.availability.results import ResultSender, item_of
from openinsights.availability.shape import test_of
from openinsights.availability.watcher import Watcher
from openinsights.catalog.errors import CatalogError
from openinsights.errors import OpenInsightsError
from openinsights.schedule.schedule import Schedule

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from openinsights.availability.connection import Dialing
    from openinsights.availability.journey_run import Journeys
    from openinsights.availability.outcome import Run
    from openinsights.availability.test import AvailabilityTest
    from openinsights.clock import Clock
    from openinsights.remote_database import ServerClient

LOOKS_EVERY_S: Final = 30.0
_TELLS_EVERY_S: Final = 2.0
_SEND_TIMEOUT_S: Final = 20.0
_TRY_AGAIN: Final = frozenset((401, 403, 408, 429, 439, 500, 502, 503, 504))


class NotTaken(OpenInsightsError):
    """The server did not take results."""

    code = "NotTaken"


class RemoteProbe:
    """Runs the tests of a location.

    Args:
        client: asks the server for tests.
        key: the API key that results are sent with.
        location: the probe's name.
        dialing: how probes connect.
        journeys: of this machine; None without.
        clock: the time for all of it.
        verify: how the server proves who it is when results are sent.
        tell: told in one line what changes: tests, and whether the server answers.
        on_run: told of each run.
    """

    def __init__(
        self,
        client: ServerClient,
        key: str,
        location: str,
        dialing: Dialing,
        journeys: Journeys | None,
        clock: Clock,
        verify: ssl.SSLContext | bool,
        tell: Callable[[str], None],
        on_run: Callable[[AvailabilityTest, Run], None] = lambda test, run: None,
    ) -> None:
        self._client = client
        self._key = key
        self._location = location
        self._verify = verify
        self._tell = tell
        self._on_run = on_run
        self._keys: dict[str, str] = {}
        self._untold: dict[str, bool] = {}
        self._telling = threading.Lock()
        self._keeps_retries = False
        self._said = ""
        self._sending: httpx.AsyncClient | None = None
        self.watcher = Watcher(
            location,
            lambda: Prober(dialing, journeys, clock),
            Schedule(clock, 1, "probe"),
            self._item,
            lambda: ResultSender(self._send, clock),
            clock,
            keep=self._note,
        )

    def run(self, stopping: threading.Event) -> None:
        """Run tests until told to stop.

        Raises:
            OpenInsightsError: the server refuses the very first question.
        """
        self.fetch()
        self.watcher.start()
        waited_s = 0.0
        try:
            while not stopping.wait(_TELLS_EVERY_S):
                waited_s += _TELLS_EVERY_S
                try:
                    if waited_s >= LOOKS_EVERY_S:
                        waited_s = 0.0
                        self.fetch()
                    self.tell_retries()
                except OpenInsightsError as error:
                    self._say(f"goes on with the tests it knows: {error.message}")
        finally:
            self.watcher.close()

    def fetch(self) -> None:
        """Ask which tests are to be run, and run those from now on.

        Raises:
            OpenInsightsError: the server does not say.
        """
        reply = self._client.request("GET", f"api/probe/tests?location={quote(self._location)}")
        tests, keys, suspended = [], {}, []
        for each in reply["tests"]:
            test = self._read(each)
            if test is not None:
                tests.append(test)
                keys[test.test_id] = each["instrumentationKey"]
                if each.get("suspended"):
                    suspended.append(test.test_id)
        # a server of an earlier release keeps nothing of it
        self._keeps_retries = all("suspended" in each for each in reply["tests"])
        self._keys = keys
        self.watcher.set(tests)
        if not self.watcher.goes_by_its_own:
            self.watcher.suspend(suspended)
        self._say(f"runs {len(tests)} tests from {self._location}")

    def tell_retries(self) -> None:
        """Tell the server which tests are tried once only since it was told last, or no longer.

        Raises:
            OpenInsightsError: the server does not take it; it is told again next time.
        """
        with self._telling:
            told = self._untold if self._keeps_retries else {}
            if told:
                self._untold = {}
        if not told:
            return
        path = f"api/probe/retries?location={quote(self._location)}"
        try:
            self._client.request("PUT", path, {"suspended": told})
        except OpenInsightsError:
            with self._telling:
                self._untold = told | self._untold  # what is newer stays
            raise

    def _note(self, test_id: str, is_suspended: bool) -> None:
        """Have the server told; it is asked on another thread, for this one has names to look up."""
        with self._telling:
            self._untold[test_id] = is_suspended

    def _read(self, told: dict[str, Any]) -> AvailabilityTest | None:
        try:
            return test_of(told["testId"], told["appId"], told["resourceName"], told["properties"])
        except CatalogError as error:  # a newer server knows more
            self._tell(f"cannot run {told['resourceName']}: {error.message}")
            return None

    def _item(self, test: AvailabilityTest, run: Run, location: str) -> bytes | None:
        self._on_run(test, run)
        key = self._keys.get(test.test_id)
        return None if key is None else item_of(test, run, location, key)

    async def _send(self, body: bytes) -> None:
        if self._sending is None:
            self._sending = httpx.AsyncClient(
                timeout=_SEND_TIMEOUT_S, trust_env=False, verify=self._verify
            )
        reply = await self._sending.post(
            f"{self._client.url}v2.1/track",
            content=body,
            headers={"content-type": "application/json", "x-api-key": self._key},
        )
        if reply.status_code in _TRY_AGAIN:
            raise NotTaken(f"the server answered {reply.status_code}")

    def _say(self, line: str) -> None:
        if line != self._said:
            self._said = line
            self._tell(line)
