"""What telling somebody takes beside the message: given to every notifier by who starts it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from openinsights.clock import TICKS_PER_SECOND, UNIX_EPOCH_TICKS
from openinsights.settings import Secret

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    import httpx

    from openinsights.alerts.notify.message import Message
    from openinsights.alerts.notify.outcome import Outcome
    from openinsights.clock import Clock
    from openinsights.settings import Settings

STARTTLS = "starttls"
TLS = "tls"
PLAIN = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """The SMTP server that takes mail.

    Attributes:
        host: "" when there is none.
        port: TCP.
        tls: `starttls`, `tls` or `none`.
        user: "" signs nobody in.
        password: of the user.
        sender: the address that mail comes from.
    """

    host: str = ""
    port: int = 587
    tls: str = STARTTLS
    user: str = ""
    password: Secret = Secret("")  # noqa: RUF009 - it never changes
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Means:
    """What notifiers work with.

    Attributes:
        http: whose transport checks addresses; it follows no redirects.
        verify: how mail servers prove who they are.
        mail: the mail server.
        programs: that commands may start, by their whole paths.
        environ: of the server, of which programs get little.
        public_url: of this server, for links.
        clock: tells the time.
    """

    http: httpx.AsyncClient
    verify: ssl.SSLContext
    mail: MailServer
    programs: frozenset[str]
    environ: Mapping[str, str]
    public_url: str
    clock: Clock

    def unix_s(self) -> int:
        """Return the time in seconds since 1970."""
        return (self.clock.now_ticks() - UNIX_EPOCH_TICKS) // TICKS_PER_SECOND


class Notifier(Protocol):
    """Tells one kind of receiver.

    It MUST return an outcome rather than raise for whatever the receiver does, MUST be cancellable
    at any moment (its caller bounds its time) and leave nothing running then, MUST name
    `Message.delivery_id` in what it sends, and MUST NOT put a secret into an outcome.
    """

    async def __call__(self, message: Message, means: Means, /) -> Outcome:
        """Send a message and return what came of it."""
        ...


def mail_server_of(settings: Settings) -> MailServer:
    """Return the mail server that the settings name.

    Raises:
        OSError: the file with the password cannot be read.
    """
    password = settings.smtp_password
    if settings.smtp_password_file is not None:
        password = Secret(settings.smtp_password_file.read_text("utf-8").strip())
    return MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_tls,
        settings.smtp_user,
        password,
        settings.smtp_sender,
    )


def programs_of(settings: Settings) -> frozenset[str]:
    """Return the programs that the settings allow, by their whole paths."""
    named = (each.strip() for each in settings.alert_programs.split(","))
    return frozenset(str(Path(each)) for each in named if each)
