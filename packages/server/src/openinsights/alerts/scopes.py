"""What a rule watches: the resource ids of its scopes as resources."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from openinsights.alerts.errors import InvalidRule
from openinsights.alerts.rules.properties import Properties
from openinsights.alerts.rules.understood import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openinsights.catalog.alert_rules import KeptRule
    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore

TestNamed: TypeAlias = "Callable[[str], str]"
MOST_SCOPES: Final = 20
_WORKSPACE: Final = re.compile(r"/providers/microsoft\.operationalinsights/workspaces/", re.I)
_COMPONENT: Final = "/providers/Microsoft.Insights/components/"
_WEB_TEST: Final = re.compile(r"/providers/microsoft\.insights/webtests/", re.I)


@dataclass(frozen=True, slots=True)
class Scopes:
    """What a rule watches.

    Attributes:
        resources: the first one is whose the rule is.
        is_workspace: whether they are named as workspaces.
        test: the availability test of its criteria, as its results name it; "" for none.
    """

    resources: tuple[Resource, ...]
    is_workspace: bool

    test: str

    def identity(self, rule_id: str, path: str) -> Identity:
        """Return what a rule with these scopes does not say itself."""
        ids = tuple(each.app_id for each in self.resources)
        return Identity(rule_id, path, ids, self.is_workspace, self.test)


def scopes_of(
    document: Mapping[str, Any], resources: ResourceStore, test_named: TestNamed
) -> Scopes:
    """Return what a rule watches.

    Args:
        document: as the management API takes it.
        resources: those that the caller sees.
        test_named: returns how the results of a test name it, given its resource id; "" for none.

    Raises:
        InvalidRule: there is nothing, or components and workspaces side by side.
        CatalogError: a resource is not there.
    """
    properties = Properties(document).part("properties")
    # the test of an availability rule is named beside the resource that has its results
    scopes = [each for each in properties.texts("scopes") if not _WEB_TEST.search(each)]
    if not 1 <= len(scopes) <= MOST_SCOPES:
        raise InvalidRule(
            f"cannot use properties.scopes: 1 to {MOST_SCOPES} resource ids are needed, like"
            " /subscriptions/…/resourceGroups/…/providers/Microsoft.Insights/components/<name>"
        )
    kinds = {bool(_WORKSPACE.search(each)) for each in scopes}
    if len(kinds) > 1:
        raise InvalidRule(
            "cannot use properties.scopes: name components or workspaces, not both: their tables"
            " have other names"
        )
    found = [resources.named(_WORKSPACE.sub(_COMPONENT, each)) for each in scopes]
    test = properties.part("criteria").text("webTestId", "")
    return Scopes(tuple(dict.fromkeys(found)), kinds.pop(), test and test_named(test))


def identity_of(kept: KeptRule, resources: ResourceStore, test_named: TestNamed) -> Identity:
    """Return what a kept rule does not say itself; raises what `scopes_of` does."""
    return scopes_of(kept.document, resources, test_named).identity(kept.rule_id, kept.path)
