"""Makes, changes and deletes rules: what is checked, kept, and told to whoever evaluates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from openinsights.alerts.errors import InvalidRule
from openinsights.alerts.questions import questions
from openinsights.alerts.rules.availability import document_of_test
from openinsights.alerts.rules.measure import Typed
from openinsights.alerts.rules.properties import Properties
from openinsights.alerts.rules.understood import METRIC_TYPE, kind_of, understood
from openinsights.alerts.scopes import identity_of, scopes_of
from openinsights.catalog.alert_rules import KeptRule
from openinsights.errors import OpenInsightsError
from openinsights.kql.errors import KqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openinsights.alerts.book import AlertBook
    from openinsights.alerts.engine import AlertEngine
    from openinsights.alerts.rules.rule import Rule
    from openinsights.alerts.scopes import TestNamed
    from openinsights.alerts.telemetry import Telemetry
    from openinsights.catalog.alert_rules import AlertRuleStore
    from openinsights.catalog.resources import ResourceStore

_LONGEST_NAME: Final = 260
_RULE_OF_TEST: Final = "rule of the test"


class RuleKeeper:
    """Keeps rules; safe to use from any thread. Blocks while it writes.

    Args:
        rules: where they lie.
        book: is told of rules that go.
        engine: evaluates them.
        telemetry: tells whether a query can be asked.
        test_named: see `scopes_of`.
    """

    def __init__(
        self,
        rules: AlertRuleStore,
        book: AlertBook,
        engine: AlertEngine,
        telemetry: Telemetry,
        test_named: TestNamed,
    ) -> None:
        self._test_named = test_named
        self.rules = rules
        self._book = book
        self._engine = engine
        self._telemetry = telemetry

    def put(
        self,
        path: str,
        document: Mapping[str, Any],
        who: str,
        resources: ResourceStore,
        check: Callable[[KeptRule | None], None] = lambda _: None,
    ) -> tuple[KeptRule, bool]:
        """Make a rule or change the one that is there; return it, and whether it is new.

        Args:
            path: its resource id.
            document: its JSON.
            who: does it.
            resources: those that may be watched.
            check: given what is there, raises when that is not to be replaced.

        Raises:
            InvalidRule: something in it cannot be used; the message says what and what to do.
            OpenInsightsError: there is no such resource, or no room.
        """
        name = path.rpartition("/")[2]
        if not 0 < len(name) <= _LONGEST_NAME or "\n" in name:
            raise InvalidRule(
                f"cannot name a rule {name[:40]!r}: 1 to {_LONGEST_NAME} characters are needed"
            )
        rule = self.read(path, document, resources)
        properties = Properties(document).part("properties")
        if not properties.flag("skipQueryValidation", False):
            self._check_queries(rule)
        kept = KeptRule(
            path,
            kind_of(path, document),
            rule.app_id,
            properties.flag("enabled", True),
            document,
        )
        done = self.rules.put(kept, who, check)
        self._engine.take(done[0])
        return done

    def delete(self, path: str, check: Callable[[KeptRule], None] = lambda _: None) -> bool:
        """Delete a rule; return whether there was one. What it fired ends, and nobody is told."""
        gone = self.rules.delete(
            path, check, lambda connection, rule: self._book.end_of_rule(rule.rule_id, connection)
        )
        if gone is not None:
            self._engine.drop([gone.rule_id])
        return gone is not None

    def forget_resource(self, app_id: str) -> None:
        """Forget the rules and alerts of a resource that is deleted."""
        gone = self.rules.delete_of(app_id)
        self._book.forget_resource(app_id)
        self._engine.drop(each.rule_id for each in gone)

    def read(self, path: str, document: Mapping[str, Any], resources: ResourceStore) -> Rule:
        """Return what a rule means, without keeping it.

        Raises:
            InvalidRule: something in it cannot be used; the message says what and what to do.
            OpenInsightsError: there is no such resource.
        """
        return understood(
            document, scopes_of(document, resources, self._test_named).identity("", path)
        )

    def checked(self, path: str, document: Mapping[str, Any], resources: ResourceStore) -> Rule:
        """Return what a rule means whose queries can be asked; see `read`."""
        rule = self.read(path, document, resources)
        self._check_queries(rule)
        return rule

    def _check_queries(self, rule: Rule) -> None:
        end = rule.window_ticks * 2
        for question in questions(check.measure for check in rule.checks):
            request = question.request(end - rule.window_ticks, end, self._telemetry.timeout_s)
            try:
                self._telemetry.check(request)
            except KqlError as error:
                raise _unusable(error, isinstance(question.source.rows, Typed)) from None
            except OpenInsightsError as error:
                raise InvalidRule(f"cannot use the rule's query: {error.message}") from None


class TestRules:
    """The rules of availability tests: each test has one, which comes and goes with it.

    Args:
        keeper: keeps them.
        resources: every resource.
    """

    __test__ = False

    def __init__(self, keeper: RuleKeeper, resources: ResourceStore) -> None:
        self._keeper = keeper
        self._resources = resources

    def put(
        self, test_path: str, test_name: str, app_id: str, locations: int, every_ticks: int = 0
    ) -> str:
        """Make the rule of a test, or fit it to what has changed; return its resource id.

        It fires when all locations but two, and at least one, fail.

        Args:
            test_path: resource id of the test.
            test_name: as its results name it.
            app_id: of the resource that has the results.
            locations: how many it has.
            every_ticks: how often it runs.
        """
        resource = self._resources.named(app_id)
        path = rule_path(test_path)
        document = document_of_test(
            test_path, test_name, resource.resource_id, locations, every_ticks
        )
        known = self._keeper.rules.get(path)
        if known is not None:
            document = _fitted(known.document, document)
        self._keeper.put(path, document, _RULE_OF_TEST, self._resources)
        return path

    def remove(self, test_path: str) -> None:
        """Delete the rule of a test; there may be none."""
        self._keeper.delete(rule_path(test_path))


def rule_path(test_path: str) -> str:
    """Return the resource id of a test's rule: in the group of the test, named after it."""
    head, _, name = test_path.rstrip("/").rpartition("/")
    group = head.partition("/providers/")[0]
    return f"{group}/providers/{METRIC_TYPE}/{name}-locations"


def _fitted(known: Mapping[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return a test's rule with what people changed of it."""
    properties = {**new["properties"], **known.get("properties", {})}
    for name in ("criteria", "scopes", "description"):
        properties[name] = new["properties"][name]
    return {**known, "tags": {**known.get("tags", {}), **new["tags"]}, "properties": properties}


def rule_of(resources: ResourceStore, test_named: TestNamed) -> Callable[[KeptRule], Rule]:
    """Return what turns a kept rule into one that can be evaluated."""

    def one(kept: KeptRule) -> Rule:
        return understood(kept.document, identity_of(kept, resources, test_named))

    return one


def _unusable(error: KqlError, is_typed: bool) -> InvalidRule:
    place = f"line {error.line}, column {error.column}: " if is_typed else ""
    hint = f"; {error.hint}" if error.hint else ""
    return InvalidRule(f"cannot use the rule's query: {place}{error.message}{hint}")
