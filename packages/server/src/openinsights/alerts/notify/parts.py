"""The room's parts, wired: what the composition root opens, starts and closes."""

from __future__ import annotations

import os
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import httpx

from openinsights.access.secrets import new_secret
from openinsights.alerts.notify.deliverer import AT_ONCE, Deliverer
from openinsights.alerts.notify.means import Means, mail_server_of, programs_of
from openinsights.alerts.notify.outbox import Outbox
from openinsights.catalog.action_groups import ActionGroupStore
from openinsights.catalog.deliveries import DeliveryStore
from openinsights.catalog.processing_rules import ProcessingRuleStore
from openinsights.catalog.turns import ALWAYS
from openinsights.clock import TICKS_PER_DAY, to_datetime
from openinsights.outside.addresses import policy_of
from openinsights.outside.transport import CheckedTransport
from openinsights.tls import client_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

    import sqlalchemy as sa

    from openinsights.catalog.resources import ResourceStore
    from openinsights.catalog.turns import Turn
    from openinsights.clock import Clock
    from openinsights.settings import Settings


_TIMEOUT_S: Final = 60.0
"""Of connections; each try has a limit of its own, which is shorter."""


@dataclass(frozen=True, slots=True)
class Notify:
    """What tells people.

    Attributes:
        groups: who is told.
        rules: about what is told when.
        outbox: writes down who has to be told, in the transaction of the change.
        deliverer: tells them; whoever serves starts it.
        deliveries: what is to be told, and was.
    """

    groups: ActionGroupStore
    rules: ProcessingRuleStore
    outbox: Outbox
    deliverer: Deliverer
    deliveries: DeliveryStore

    def forget_resource(self, app_id: str) -> None:
        """Forget the groups and rules that are about one resource alone."""
        self.groups.delete_of(app_id)
        self.rules.delete_of(app_id)


def open_notify(
    catalog: sa.Engine,
    resources: ResourceStore,
    settings: Settings,
    clock: Clock,
    turn: Turn = ALWAYS,
) -> Notify:
    """Return the parts; nobody is told before the deliverer is started.

    Args:
        catalog: where groups, rules and messages lie.
        resources: every one.
        settings: of mail, programs and addresses.
        clock: the time.
        turn: whether this server is the one that tells.

    Raises:
        OSError: the file with the password of the mail server cannot be read.
    """
    policy, mail, programs = policy_of(settings), mail_server_of(settings), programs_of(settings)

    @cache
    def verify() -> ssl.SSLContext:
        return client_context(settings.ca_file)

    @asynccontextmanager
    async def open_means(public_url: str) -> AsyncIterator[Means]:
        transport = CheckedTransport(policy, verify(), max_connections=AT_ONCE)
        async with httpx.AsyncClient(
            transport=transport, timeout=_TIMEOUT_S, headers={"user-agent": "OpenInsights"}
        ) as http:
            yield Means(http, verify(), mail, programs, os.environ, public_url, clock)

    def forget_mutes(now_ticks: int) -> None:
        yesterday = to_datetime(now_ticks - TICKS_PER_DAY)
        rules.forget_mutes(yesterday.replace(tzinfo=None).isoformat(timespec="seconds"))

    groups, rules = ActionGroupStore(catalog, new_secret), ProcessingRuleStore(catalog)
    deliveries = DeliveryStore(catalog)
    deliverer = Deliverer(
        deliveries,
        groups,
        open_means,
        clock,
        random.SystemRandom().random,
        tidy=forget_mutes,
        turn=turn,
    )
    return Notify(groups, rules, Outbox(resources.get_by_app_id, clock), deliverer, deliveries)
