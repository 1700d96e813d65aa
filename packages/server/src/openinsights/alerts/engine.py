"""Evaluates rules: a loop around `evaluate`, which decides.

Rules of one rhythm are evaluated together in rounds, so that they share questions and commits; many
rules make several rounds, spread over the time until the next window closes. What comes out of a
round (states, alerts, who is to be told) and the instant that it was for are one transaction, so
that each window counts once, wherever a process dies. A rule that takes long has a round of its own
beside the others, together with those that take long over the same question.
"""

from __future__ import annotations

import logging
import threading
import zlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from openinsights.alerts.evaluate import SplitState, evaluate
from openinsights.alerts.firing import note
from openinsights.alerts.questions import TooManyRows, family_of
from openinsights.alerts.rules.rule import RESOURCE
from openinsights.alerts.rules.threshold import Dynamic
from openinsights.catalog.alert_rules import RuleState
from openinsights.catalog.errors import CatalogUnavailable
from openinsights.catalog.turns import ALWAYS, NotOurTurn
from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.errors import OpenInsightsError
from openinsights.schedule.job import Job, NotDone
from openinsights.schedule.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import sqlalchemy as sa

    from openinsights.alerts.alert import Split
    from openinsights.alerts.book import AlertBook
    from openinsights.alerts.evaluate import Evaluated, States
    from openinsights.alerts.rules.rule import Rule
    from openinsights.alerts.rules.threshold import Band
    from openinsights.alerts.telemetry import Answers, Telemetry
    from openinsights.alerts.usual import UsualValues
    from openinsights.catalog.alert_rules import AlertRuleStore, KeptRule
    from openinsights.catalog.turns import Turn
    from openinsights.clock import Clock

logger = logging.getLogger(__name__)

_RULES_OF_A_ROUND: Final = 50
_SPREAD_TICKS: Final = 30 * TICKS_PER_SECOND
"""The rounds of a rhythm are spread over so much at most, and over half of the rhythm."""
_SLOW_S: Final = 2.0
"""A rule whose question took longer has a round of its own."""
_FAULT: Final = "what came out cannot be kept; the server's log tells more"
_CLOCK_ERROR_TICKS: Final = TICKS_PER_DAY
_KEPT_ALERTS_TICKS: Final = 90 * TICKS_PER_DAY
_FOLLOWS_EVERY_S: Final = 1.0
_HOUSEKEEPING_TICKS: Final = TICKS_PER_DAY // 24


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands.

    Attributes:
        last_due: the end of the last window that was evaluated, in ticks.
        states: of its combinations.
        problem: why it cannot be evaluated, "" when it can.
        problem_since: the end of the first window that could not be.
        hint: what else people should know, such as that it is still learning.
    """

    last_due: int
    states: States = field(default_factory=dict)
    problem: str = ""
    problem_since: int = 0
    hint: str = ""

    def kept(self) -> RuleState:
        """Return it as the catalog keeps it."""
        facts: dict[str, Any] = {}
        if self.states:
            facts["states"] = [
                [split, msgspec.to_builtins(state)] for split, state in self.states.items()
            ]
        if self.problem:
            facts["problem"] = [self.problem, self.problem_since]
        if self.hint:
            facts["hint"] = self.hint
        return RuleState(self.last_due, facts)

    @staticmethod
    def of(kept: RuleState) -> Standing:
        """Return it as it was kept."""
        states = {
            tuple((name, value) for name, value in split): msgspec.convert(state, SplitState)
            for split, state in kept.facts.get("states", ())
        }
        problem, since = kept.facts.get("problem", ("", 0))
        return Standing(kept.last_due, states, problem, since, kept.facts.get("hint", ""))


@dataclass(frozen=True, slots=True)
class Watched:
    """A rule and how it stands.

    Attributes:
        kept: as it was written.
        rule: as it is evaluated; None when it cannot be.
        standing: None when it was never evaluated.
        problem: why it is not evaluated, "" when it is.
    """

    kept: KeptRule
    rule: Rule | None
    standing: Standing
    problem: str = ""

    @property
    def is_failing(self) -> bool:
        """Whether it is switched on and could not be evaluated when it was due last."""
        return self.kept.enabled and bool(self.problem or self.standing.problem)

    @property
    def is_fired(self) -> bool:
        """Whether some combination is fired."""
        return any(each.is_fired for each in self.standing.states.values())


class AlertEngine:
    """Evaluates rules when their windows have closed. Safe to use from any thread.

    Args:
        rules: where they are kept.
        book: is told what comes out.
        telemetry: tells what they measure.
        usual: tells what is usual.
        understood: turns a kept rule into one that can be evaluated; raises OpenInsightsError.
        clock: tells the time.
        turn: whether this server is the one that evaluates.
        on_round: told of each round whether it ended when the next one was due already.
    """

    def __init__(
        self,
        rules: AlertRuleStore,
        book: AlertBook,
        telemetry: Telemetry,
        usual: UsualValues,
        understood: Callable[[KeptRule], Rule],
        clock: Clock,
        turn: Turn = ALWAYS,
        on_round: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._rules = rules
        self._book = book
        self._telemetry = telemetry
        self._usual = usual
        self._understood = understood
        self._clock = clock
        self._whose = turn
        self._on_round = on_round
        self._watched: dict[str, Watched] = {}
        self._slow: set[str] = set()
        self._rounds: dict[str, tuple[str, ...]] = {}
        self._turn = threading.RLock()
        """Held while what is known of rules changes; never while a question is asked."""
        self._steady = Schedule(clock, 2, "alerts")
        self._aside = Schedule(clock, 1, "alerts-slow")
        self._loaded = False
        self._loaded_s = 0.0
        self._is_arranged = True
        self._is_closing = False
        turn.watch(self._begin, self._end)

    def start(self) -> None:
        """Begin to evaluate in the background, as long as it is this server's turn."""
        self.reload()
        self._steady.put(Job("arranging", TICKS_PER_SECOND, self._arrange_again))
        self._steady.put(
            Job("housekeeping", _HOUSEKEEPING_TICKS, self._keep_house, last_due=self._now())
        )
        self._steady.start()
        self._aside.start()

    def close(self) -> None:
        """End the threads; what a round under way asks is stopped, and its windows come again."""
        self._is_closing = True
        self._telemetry.stop()
        self._steady.close()
        self._aside.close()

    def run_due(self) -> int:
        """Evaluate what is due now in the caller's thread; return how many rounds that were."""
        self._load()
        self._arrange_again(0)
        return self._steady.run_due() + self._aside.run_due()

    def reload(self) -> None:
        """Take over all rules anew, with how they stand."""
        with self._turn:
            states = self._rules.states()
            self._watched = {
                kept.rule_id: self._watch(kept, _standing(kept, states.get(kept.rule_id)))
                for kept in self._rules.every()
            }
            self._loaded = True
            self._loaded_s = self._clock.monotonic_s()
            self._arrange()

    def catch_up(self) -> None:
        """Take over the rules that other servers have made, changed or deleted."""
        kept = {each.rule_id: each for each in self._rules.every()}
        with self._turn:
            known = dict(self._watched)
        self.drop(known.keys() - kept.keys())
        for rule_id, rule in kept.items():
            if rule_id not in known or known[rule_id].kept != rule:
                self.take(rule)

    def take(self, kept: KeptRule) -> None:
        """Take over a rule that was made or changed; it is in a round within a second."""
        self._load()
        with self._turn:
            known = self._watched.get(kept.rule_id)
            if known is not None and known.kept.modified_ticks > kept.modified_ticks:
                return  # somebody else's change was faster
            standing = _standing(kept, None) if known is None else _changed(known, kept)
            watched = self._watch(kept, standing)
            self._watched[kept.rule_id] = watched
            self._is_arranged = False
            if known is not None:
                self._end_what_is_watched_no_more(known, watched)

    def drop(self, rule_ids: Iterable[str]) -> None:
        """Evaluate rules no more: they were deleted."""
        with self._turn:
            for each in rule_ids:
                self._watched.pop(each, None)
                self._slow.discard(each)
            self._is_arranged = False

    def watched(self, app_id: str | None = None) -> list[Watched]:
        """Return the rules of a resource, or all, with how they stand, by their path."""
        self._load()
        self._follow()
        with self._turn:
            every = list(self._watched.values())
        return [each for each in every if app_id in (None, each.kept.app_id)]

    def _end_what_is_watched_no_more(self, known: Watched, watched: Watched) -> None:
        """Let alerts end that a changed rule cannot resolve any more."""
        if known.kept.app_id != watched.kept.app_id:
            self._book.end_of_rule(known.kept.rule_id)
            return
        for split, state in known.standing.states.items():
            if state.is_fired and watched.rule and split not in watched.standing.states:
                app_id = dict(split).get(RESOURCE, known.kept.app_id)
                self._book.resolve(app_id, known.kept.rule_id, split, self._now())

    def _begin(self) -> None:
        """Go on where whoever evaluated until now has stopped: the catalog knows where that is."""
        self.reload()

    def _end(self) -> None:
        """Leave it to another server; what is under way is not committed any more."""
        with self._turn:
            self._arrange()

    def _follow(self) -> None:
        """Know how rules stand that another server evaluates."""
        is_old = self._clock.monotonic_s() - self._loaded_s >= _FOLLOWS_EVERY_S
        if is_old and not self._whose.is_ours:
            self.reload()

    def _now(self) -> int:
        return self._clock.now_ticks()

    def _load(self) -> None:
        with self._turn:
            if not self._loaded:
                self.reload()

    def _arrange_again(self, due: int) -> None:
        with self._turn:
            if not self._is_arranged:
                self._arrange()

    def _watch(self, kept: KeptRule, standing: Standing) -> Watched:
        try:
            rule = self._understood(kept)
        except OpenInsightsError as error:
            return Watched(kept, None, standing, error.message)
        states = {
            split: state
            for split, state in standing.states.items()
            if tuple(name for name, _ in split) == rule.dimensions
            and len(state.failing) in (0, len(rule.checks))
        }
        return Watched(kept, rule, replace(standing, states=states))

    def _arrange(self) -> None:
        """Put every rule into a round, and every round on a schedule."""
        self._is_arranged = True
        rhythms: dict[tuple[int, int, bool], list[Watched]] = defaultdict(list)
        asides: dict[tuple[int, int, bool, int], list[Watched]] = defaultdict(list)
        rounds: dict[str, tuple[str, ...]] = {}
        jobs: list[tuple[Schedule, Job]] = []
        watched = self._watched.values() if self._whose.is_ours else ()
        for each in watched:
            if each.rule is None or not each.kept.enabled:
                continue
            rhythm = (each.rule.every_ticks, each.rule.delay_ticks, _learns(each.rule))
            if each.kept.rule_id in self._slow:
                # those that share a question go on sharing it: one by one they would take longer
                asides[(*rhythm, _place(each.rule))].append(each)
            else:
                rhythms[rhythm].append(each)
        for (every, delay, learns, place), members in asides.items():
            key = f"aside {every} {delay} {place}{' learns' if learns else ''}"
            rounds[key] = tuple(each.kept.rule_id for each in members)
            jobs.append((self._aside, self._job(key, members, delay)))
        for (every, delay, learns), members in rhythms.items():
            count = -(-len(members) // _RULES_OF_A_ROUND)
            parts: dict[int, list[Watched]] = defaultdict(list)
            for each in members:
                parts[_place(each.rule) % count].append(each)
            step = min(every // 2, _SPREAD_TICKS) // count
            for number, part in parts.items():
                key = f"{every} {delay} {number}/{count}{' learns' if learns else ''}"
                rounds[key] = tuple(each.kept.rule_id for each in part)
                # what looks at a month of history keeps nobody else waiting
                schedule = self._aside if learns else self._steady
                jobs.append((schedule, self._job(key, part, delay + number * step)))
        gone = self._rounds.keys() - rounds.keys()
        self._rounds = rounds
        for key in gone:
            self._steady.remove(key)
            self._aside.remove(key)
        for schedule, job in jobs:
            schedule.put(job)

    def _job(self, key: str, members: Sequence[Watched], delay: int) -> Job:
        (every,) = {each.rule.every_ticks for each in members if each.rule is not None}
        last = min(each.standing.last_due for each in members)
        return Job(key, every, lambda due: self._round(key, due), delay, max(1, last))

    def _round(self, key: str, due: int) -> None:
        """Evaluate the rules of a round for the windows that end at `due`.

        Raises:
            NotDone: the catalog takes nothing now; what came out is lost, and the windows are not.
        """
        try:
            self._evaluate(key, due)
        except (CatalogUnavailable, NotOurTurn) as error:
            raise NotDone(str(error)) from error

    def _evaluate(self, key: str, due: int) -> None:
        with self._turn:
            members = [
                each
                for rule_id in self._rounds.get(key, ())
                if (each := self._watched.get(rule_id)) is not None and _is_due(each, due)
            ]
        if not members:
            return
        rules = [each.rule for each in members if each.rule is not None]
        measures = [check.measure for rule in rules for check in rule.checks]
        self._telemetry.settle()
        answers = self._telemetry.window(measures, due, self._patience_s(rules))
        usual = {rule.rule_id: self._usual_of(rule, due) for rule in rules}
        if self._is_closing:
            return
        self._commit_all(rules, due, answers, usual)
        slow = {
            rule.rule_id
            for rule in rules
            if max(answers.took_s.get(check.measure, 0.0) for check in rule.checks) > _SLOW_S
        }
        self._set_aside({rule.rule_id for rule in rules}, slow)
        late_ticks = rules[0].every_ticks + rules[0].delay_ticks
        self._on_round(self._now() - due > late_ticks + _SPREAD_TICKS)

    def _patience_s(self, rules: Sequence[Rule]) -> float:
        shortest = min(rule.every_ticks for rule in rules) / TICKS_PER_SECOND
        return min(self._telemetry.timeout_s, max(5.0, shortest / 2))

    def _usual_of(self, rule: Rule, due: int) -> tuple[list[dict[Split, Band]], str, str]:
        """Return the bands of each check, a hint, and why there are none."""
        bands: list[dict[Split, Band]] = []
        hints = []
        for check in rule.checks:
            if not isinstance(check.threshold, Dynamic):
                bands.append({})
                continue
            try:
                learned = self._usual.at(check, due, rule.window_ticks)
            except (OpenInsightsError, TooManyRows) as error:
                return [], "", f"cannot learn what is usual: {error}"
            bands.append(learned.bands(check, due, rule.window_ticks))
            hints.append(learned.note())
        return bands, "; ".join(hint for hint in dict.fromkeys(hints) if hint), ""

    def _commit_all(
        self,
        rules: Sequence[Rule],
        due: int,
        answers: Answers,
        usual: dict[str, tuple[list[dict[Split, Band]], str, str]],
    ) -> None:
        """Write what came out together; one rule of which that cannot be done stops no other."""
        try:
            self._commit(rules, due, answers, usual)
        except (CatalogUnavailable, NotOurTurn):
            raise
        except Exception:
            if len(rules) == 1:
                raise
            logger.exception("alert rules cannot be committed together; each is tried alone")
            for rule in rules:
                try:
                    self._commit([rule], due, answers, usual)
                except Exception:
                    logger.exception("alert rule cannot be committed id=%s", rule.rule_id)
                    self._note_fault(rule)

    def _note_fault(self, rule: Rule) -> None:
        with self._turn:
            watched = self._watched.get(rule.rule_id)
            if watched is not None and watched.rule is rule:
                standing = replace(watched.standing, problem=_FAULT)
                self._watched[rule.rule_id] = replace(watched, standing=standing)

    def _commit(
        self,
        rules: Sequence[Rule],
        due: int,
        answers: Answers,
        usual: dict[str, tuple[list[dict[Split, Band]], str, str]],
    ) -> None:
        after: dict[str, Watched] = {}
        with self._turn:
            with self._book.writing() as connection:
                self._whose.fence(connection)
                for rule in rules:
                    watched = self._watched.get(rule.rule_id)
                    if watched is None or watched.rule is not rule or not _is_due(watched, due):
                        continue  # it was changed, or another round was faster
                    standing = self._evaluated(connection, watched, rule, due, answers, usual)
                    after[rule.rule_id] = replace(watched, standing=standing)
                self._rules.save_states(
                    connection, [(id, each.standing.kept()) for id, each in after.items()]
                )
            self._watched |= after

    def _evaluated(
        self,
        connection: sa.Connection,
        watched: Watched,
        rule: Rule,
        due: int,
        answers: Answers,
        usual: dict[str, tuple[list[dict[Split, Band]], str, str]],
    ) -> Standing:
        bands, hint, problem = usual[rule.rule_id]
        problem = problem or _problem(rule, answers)
        before = watched.standing
        if problem:
            since = before.problem_since if before.problem else due
            return replace(before, last_due=due, problem=problem, problem_since=since, hint=hint)
        values = [answers.values[check.measure] for check in rule.checks]
        found = evaluate(rule, before.states, due, values, bands)
        for outcome in found.outcomes:
            note(self._book, connection, rule, due, outcome)
        return Standing(due, found.states, hint=_hint(hint, found))

    def _set_aside(self, members: set[str], slow: set[str]) -> None:
        """Give rules that take long rounds of their own, and take back those that do not."""
        with self._turn:
            now = (self._slow - members) | slow
            if now != self._slow:
                self._slow = now
                self._arrange()

    def _keep_house(self, due: int) -> None:
        if self._whose.is_ours:
            self._book.forget_before(due - _KEPT_ALERTS_TICKS)


def _standing(kept: KeptRule, saved: RuleState | None) -> Standing:
    return Standing(kept.created_ticks) if saved is None else Standing.of(saved)


def _changed(known: Watched, kept: KeptRule) -> Standing:
    """Return how a rule stands that was changed: what is fired goes on, what was counted does not."""
    goes_on = known.kept.app_id == kept.app_id
    states = {
        split: SplitState(is_fired=True, seen=state.seen)
        for split, state in known.standing.states.items()
        if state.is_fired and goes_on
    }
    return Standing(max(known.standing.last_due, kept.modified_ticks), states)


def _place(rule: Rule | None) -> int:
    """Return a number that is the same for rules that share a question."""
    if rule is None:
        raise TypeError("BUG: a rule that cannot be evaluated has no place")
    return zlib.crc32(repr(family_of(rule.checks[0].measure.source)).encode())


def _learns(rule: Rule) -> bool:
    return any(isinstance(check.threshold, Dynamic) for check in rule.checks)


def _is_due(watched: Watched, due: int) -> bool:
    if watched.rule is None or not watched.kept.enabled:
        return False
    last = watched.standing.last_due
    # what was evaluated by a clock that was far ahead does not count
    return last < due or last - due > _CLOCK_ERROR_TICKS


def _problem(rule: Rule, answers: Answers) -> str:
    for check in rule.checks:
        if check.measure in answers.problems:
            return answers.problems[check.measure]
    return ""


def _hint(hint: str, found: Evaluated) -> str:
    if not found.left_out:
        return hint
    left = f"{found.left_out} combinations of dimensions are not watched: there are too many"
    return f"{hint}; {left}" if hint else left
