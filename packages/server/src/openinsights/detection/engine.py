"""The loop: every five minutes it asks what is new of each resource, and lets the detectors look.

One resource after the other, so that at most one question of detection runs at a time. A resource
to which nothing came since the last look is asked nothing. What opened and ended is kept, and told
to the book of alerts, in one transaction.
"""

from __future__ import annotations

import logging
import threading
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from openinsights.catalog.errors import CatalogUnavailable
from openinsights.catalog.findings import ACTIVE, MUTED, RESOLVED, FindingStore, KeptFinding
from openinsights.catalog.turns import ALWAYS, NotOurTurn
from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.detection.choices import DetectorChoices, choices_of
from openinsights.detection.evidence import chart_of, question_of, what_changed
from openinsights.detection.grid import TICKS_PER_STEP
from openinsights.detection.rows import DETECTORS, detector_named
from openinsights.detection.telling import RULE, figures_of, fired_of, summary
from openinsights.detection.watched import Watched
from openinsights.errors import OpenInsightsError
from openinsights.schedule.job import Job, NotDone
from openinsights.schedule.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import sqlalchemy as sa

    from openinsights.alerts.book import AlertBook
    from openinsights.catalog.detector_settings import DetectorSettingsStore
    from openinsights.catalog.resource import Resource
    from openinsights.catalog.turns import Turn
    from openinsights.clock import Clock
    from openinsights.detection.asking import Asking
    from openinsights.detection.rows import DetectorRow
    from openinsights.detection.watched import Ask, Seen

logger = logging.getLogger(__name__)

_JOB: Final = "detection"
_DELAY_TICKS: Final = 30 * TICKS_PER_SECOND
"""How long after the end of a step it is looked at: telemetry is on its way for so long."""
_SETTLE_S: Final = 2.0
_FIRST_SETTLE_S: Final = 60.0
"""A store that has just been opened may have much to write before it answers in full."""
_KEPT_TICKS: Final = 90 * TICKS_PER_DAY
_IDLE_STEPS: Final = 2 * 288
"""Steps after which a resource to which nothing comes is forgotten."""
_NEW_NORMAL_STEPS: Final = 3 * 288
"""Steps after which what was found is what is usual."""
_RENEWED_STEPS: Final = 3
"""The chart of an open finding is renewed so often."""
_LOOKS_INTO_STEPS: Final = 12
"""For so long what its items have in common is looked for again: the first minutes tell little."""


class DetectionEngine:
    """Watches resources. `run_due` may be called from any thread, one call at a time.

    Args:
        resources: returns every resource.
        asking: answers questions.
        items_since: returns how many items came to a resource from an hour on, by arrival.
        findings: where they are kept.
        settings: of the detectors.
        book: of alerts.
        clock: tells the time.
        on_look: told of each look whether it ended when the next one was due already.
        new_guid: where ids come from.
        turn: whether this server is the one that looks.
    """

    def __init__(
        self,
        resources: Callable[[], Sequence[Resource]],
        asking: Asking,
        items_since: Callable[[str, int], int],
        findings: FindingStore,
        settings: DetectorSettingsStore,
        book: AlertBook,
        clock: Clock,
        on_look: Callable[[bool], None] = lambda _: None,
        new_guid: Callable[[], uuid.UUID] = uuid.uuid4,
        turn: Turn = ALWAYS,
    ) -> None:
        self._resources = resources
        self._asking = asking
        self._items_since = items_since
        self._findings = findings
        self._settings = settings
        self._book = book
        self._clock = clock
        self._on_look = on_look
        self._new_guid = new_guid
        self._watched: dict[str, Watched] = {}
        self._came: dict[str, tuple[int, int]] = {}
        self._turn = threading.Lock()
        self._closing = False
        self._whose = turn
        self._schedule = Schedule(clock, 1, "detection")
        turn.watch(self._take_over, self._leave)
        if turn.is_ours:
            self._take_over()

    def start(self) -> None:
        """Begin to watch in the background."""
        self._schedule.start()

    def close(self) -> None:
        """End the thread; the resource that is looked at is finished."""
        self._closing = True
        self._schedule.close()

    def run_due(self) -> int:
        """Do what is due now, in the caller's thread; return how many looks that were."""
        return self._schedule.run_due()

    def look(self, due: int) -> None:
        """Look at every resource, for the step that ended at an instant."""
        step = due // TICKS_PER_STEP - 1
        if not self._whose.is_ours:
            raise NotDone("another server looks meanwhile")
        self._asking.settle(_SETTLE_S if self._watched else _FIRST_SETTLE_S)
        known = self._resources()
        for gone in set(self._watched) - {each.app_id for each in known}:
            self.forget_resource(gone)
        for resource in known:
            if self._closing:
                return
            try:
                with self._turn:
                    self._look_at(resource, step)
            except (CatalogUnavailable, NotOurTurn) as error:
                self._came.pop(resource.app_id, None)
                raise NotDone(str(error)) from error
            except OpenInsightsError as error:
                # what is missing is asked for next time
                self._came.pop(resource.app_id, None)
                logger.warning("cannot look at resource=%s: %s", resource.name, error)
            except Exception:
                self._came.pop(resource.app_id, None)
                logger.exception("BUG: detection failed resource=%s", resource.name)
        try:
            with self._book.writing() as connection:
                self._whose.fence(connection)
                self._settings.save_due(connection, due)
        except (CatalogUnavailable, NotOurTurn) as error:
            raise NotDone(str(error)) from error
        self._on_look(self._clock.now_ticks() - due > TICKS_PER_STEP + _DELAY_TICKS)
        if step % 288 == 0:
            self._findings.forget_before(due - _KEPT_TICKS)

    def forget_resource(self, app_id: str) -> None:
        """Forget what is known of a resource."""
        self._watched.pop(app_id, None)
        self._came.pop(app_id, None)

    def end(self, finding: KeptFinding, reason: str) -> KeptFinding:
        """End a finding because somebody says so."""
        with self._turn:
            watched = self._watched.get(finding.app_id)
            if watched is not None:
                watched.close(finding.detector, finding.about)
            ended = replace(
                finding, state=RESOLVED, facts={**finding.facts, "ended_because": reason}
            )
            with self._book.writing() as connection:
                self._findings.put(connection, ended)
                self._resolve(connection, ended)
            return ended

    def watched(self, app_id: str) -> Watched | None:
        """Return what is known of a resource; None when nothing came to it."""
        return self._watched.get(app_id)

    def size_bytes(self) -> int:
        """Return what the series in memory take."""
        return sum(each.size_bytes() for each in self._watched.values())

    def _take_over(self) -> None:
        """Look from now on: the catalog knows for which instant somebody looked last."""
        with self._turn:
            self._watched.clear()
            self._came.clear()
        self._schedule.put(
            Job(
                _JOB,
                TICKS_PER_STEP,
                self.look,
                delay_ticks=_DELAY_TICKS,
                last_due=self._settings.last_due(),
            )
        )

    def _leave(self) -> None:
        self._schedule.remove(_JOB)

    def _look_at(self, resource: Resource, step: int) -> None:
        app_id = resource.app_id
        watched = self._watched.get(app_id)
        is_new = self._has_come(app_id, step)
        if watched is None and not is_new:
            return
        now = (step + 1) * TICKS_PER_STEP

        def ask(text: str) -> list[tuple[object, ...]]:
            return self._asking.rows(app_id, text, now)

        if watched is not None:
            self._close_what_others_ended(app_id, watched)
        if watched is None or watched.is_due(step):
            watched = self._begin(app_id, step, ask)
        elif step <= watched.step:
            return
        elif is_new or watched.open:
            watched.ask(step, ask)
        else:
            watched.advance(step)
        if step - self._came[app_id][1] > _IDLE_STEPS and not watched.open:
            self.forget_resource(app_id)
            return
        choices = {
            row.id: choices_of(setting) if (setting := kept.get(row.id)) else DetectorChoices()
            for kept in (self._settings.of(app_id),)
            for row in DETECTORS
        }
        seen = watched.look(
            {name: each.sensitivity if each.is_enabled else None for name, each in choices.items()}
        )
        self._tell(resource, watched, seen, choices, ask, now)

    def _begin(self, app_id: str, step: int, ask: Ask) -> Watched:
        watched = Watched(step)
        watched.learn_past(ask)
        for finding in self._findings.of(app_id, open_only=True):
            first = finding.first_ticks // TICKS_PER_STEP
            watched.take_open(finding.detector, finding.about, first)
            watched.leave_out(detector_named(finding.detector), finding.about, first)
        self._watched[app_id] = watched
        return watched

    def _close_what_others_ended(self, app_id: str, watched: Watched) -> None:
        """Let go of findings of which somebody said on another server that they are none."""
        if not watched.open or self._whose is ALWAYS:
            return
        kept = {(each.detector, each.about) for each in self._findings.of(app_id, open_only=True)}
        for detector, about in watched.open - kept:
            watched.close(detector, about)

    def _has_come(self, app_id: str, step: int) -> bool:
        """Whether items came since the last look; of the first look, in the last two days."""
        hour = self._clock.now_ticks() // (12 * TICKS_PER_STEP)  # of arrival, not of the step
        known = self._came.get(app_id)
        items = self._items_since(app_id, hour - 48 if known is None else hour - 1)
        total = self._items_since(app_id, hour - 1)
        has_come = items > 0 if known is None else total != known[0]
        self._came[app_id] = (total, step if has_come or known is None else known[1])
        return has_come

    def _tell(
        self,
        resource: Resource,
        watched: Watched,
        seen: list[Seen],
        choices: dict[str, DetectorChoices],
        ask: Ask,
        now: int,
    ) -> None:
        kept = {
            (each.detector, each.about): each
            for each in self._findings.of(resource.app_id, open_only=True)
        }
        changed: list[KeptFinding] = []
        for each in seen:
            for about in each.change.ended:
                known = kept.get((each.row.id, about))
                if known is not None:
                    changed.append(replace(known, state=RESOLVED, last_ticks=now))
            for place, about in enumerate(each.units):
                if about not in each.change.open:
                    continue
                known = kept.get((each.row.id, about))
                found = self._finding(resource, watched, each, place, known, choices, ask, now)
                if found is not None:
                    changed.append(found)
        if not changed:
            return
        with self._book.writing() as connection:
            self._whose.fence(connection)
            for finding in changed:
                self._findings.put(connection, finding)
                self._pass_on(connection, resource, finding, choices[finding.detector])

    def _pass_on(
        self,
        connection: sa.Connection,
        resource: Resource,
        finding: KeptFinding,
        choices: DetectorChoices,
    ) -> None:
        row = detector_named(finding.detector)
        if finding.state == ACTIVE:
            fired = fired_of(row, finding, resource.name, choices.action_groups)
            self._book.fire(fired, connection)
        else:  # one that is muted may have been told before
            self._resolve(connection, finding)

    def _resolve(self, connection: sa.Connection, finding: KeptFinding) -> None:
        row = detector_named(finding.detector)
        split = ((row.about, finding.about),) if finding.about else ()
        at = finding.last_ticks
        self._book.resolve(finding.app_id, RULE + row.id, split, at, connection)

    def _finding(
        self,
        resource: Resource,
        watched: Watched,
        seen: Seen,
        place: int,
        known: KeptFinding | None,
        choices: dict[str, DetectorChoices],
        ask: Ask,
        now: int,
    ) -> KeptFinding | None:
        """Return a finding that is new, or changed; None while it stays as it is."""
        row, about, look = seen.row, seen.units[place], seen.look
        steps = int(look.steps[place])
        first = now - min(steps, 12) * TICKS_PER_STEP if known is None else known.first_ticks
        if known is None and row.id == "silence":
            first = now - steps * TICKS_PER_STEP
        watched.leave_out(row, about, first // TICKS_PER_STEP)
        age = (now - first) // TICKS_PER_STEP
        if known is not None and age > _NEW_NORMAL_STEPS:
            watched.close(row.id, about)
            facts = {**known.facts, "ended_because": "it has been like this for three days"}
            return replace(known, state=RESOLVED, last_ticks=now, facts=facts)
        if known is not None and (age % _RENEWED_STEPS or look.calm[place]):
            return None
        facts = dict(known.facts) if known is not None else {}
        # the worst that was seen stays with its instant, what is seen now is in the chart
        if known is None or float(look.score[place]) >= float(facts.get("score", 0.0)):
            facts |= figures_of(row, look, place)
            facts["worst_ticks"] = now
            facts["summary"] = summary(row, about, facts)
        facts["chart"] = chart_of(row, watched, about)
        facts["kql"], facts["kql_start"] = question_of(row, about, first, now)
        if known is None or age <= _LOOKS_INTO_STEPS:
            facts |= self._looked_into(row, ask, about, first, now, facts)
        facts["title"] = row.title
        finding = KeptFinding(
            str(self._new_guid()) if known is None else known.finding_id,
            resource.app_id,
            row.id,
            about,
            ACTIVE,
            first,
            now,
            facts,
        )
        return replace(finding, state=self._state(finding, choices[row.id], now))

    @staticmethod
    def _looked_into(
        row: DetectorRow, ask: Ask, about: str, first: int, now: int, facts: dict[str, Any]
    ) -> dict[str, Any]:
        """Look into a finding; one that cannot be looked into is a finding all the same."""
        try:
            return what_changed(row, ask, about, first, now, float(facts["high"]))
        except OpenInsightsError as error:
            logger.warning("cannot look into finding detector=%s: %s", row.id, error)
            return {}

    @staticmethod
    def _state(finding: KeptFinding, choices: DetectorChoices, now: int) -> str:
        common = [
            (str(each["key"]), str(each["value"])) for each in finding.facts.get("changed", ())
        ]
        is_muted = any(each.fits(finding.about, common, now) for each in choices.mutes)
        return MUTED if is_muted else ACTIVE
