"""How a resource's detectors are set: what the catalog keeps, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from openinsights.catalog.detector_settings import UNSET, DetectorSetting
from openinsights.detection.errors import DetectionError
from openinsights.detection.look import Sensitivity
from openinsights.detection.mutes import Mute

if TYPE_CHECKING:
    from collections.abc import Mapping

_SENSITIVITIES: Final = {each.name.lower(): each for each in Sensitivity}


@dataclass(frozen=True, slots=True)
class DetectorChoices:
    """How one detector is set.

    Attributes:
        is_enabled: whether it looks.
        sensitivity: how much a finding takes.
        action_groups: resource ids of whom to tell; nobody by default.
        mutes: of its findings.
        emails_owners: `sendEmailsToSubscriptionOwners`, as tools set it; nobody is sent mail by
            it, for there are no subscription owners here.
        custom_emails: `customEmails`, as tools set them; one of the action groups is of them.
        updated_ticks: when it was set; 0 for never.
    """

    is_enabled: bool = True
    sensitivity: Sensitivity = Sensitivity.MEDIUM
    action_groups: tuple[str, ...] = ()
    mutes: tuple[Mute, ...] = ()
    emails_owners: bool = True
    custom_emails: tuple[str, ...] = field(default=())
    updated_ticks: int = 0


def choices_of(setting: DetectorSetting = UNSET) -> DetectorChoices:
    """Return what the catalog keeps as values."""
    facts = setting.facts
    return DetectorChoices(
        setting.is_enabled,
        sensitivity_named(facts.get("sensitivity", "medium")),
        tuple(facts.get("action_groups", ())),
        tuple(Mute(**each) for each in facts.get("mutes", ())),
        bool(facts.get("emails_owners", True)),
        tuple(facts.get("custom_emails", ())),
        int(facts.get("updated_ticks", 0)),
    )


def setting_of(choices: DetectorChoices) -> DetectorSetting:
    """Return values as the catalog keeps them."""
    facts: Mapping[str, Any] = {
        "sensitivity": choices.sensitivity.name.lower(),
        "action_groups": list(choices.action_groups),
        "mutes": [each.facts() for each in choices.mutes],
        "emails_owners": choices.emails_owners,
        "custom_emails": list(choices.custom_emails),
        "updated_ticks": choices.updated_ticks,
    }
    return DetectorSetting(choices.is_enabled, facts)


def sensitivity_named(name: str) -> Sensitivity:
    """Return the sensitivity of a name.

    Raises:
        DetectionError: there is none.
    """
    found = _SENSITIVITIES.get(name.lower())
    if found is None:
        raise DetectionError(
            f"cannot use sensitivity {name[:40]!r}: it is one of {', '.join(_SENSITIVITIES)}"
        )
    return found
