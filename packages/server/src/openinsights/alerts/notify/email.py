"""Tells a mailbox: a mail in plain text and in simple HTML, by SMTP.

The standard library's client blocks, so it runs on a thread of its own; when its time is over its
connection is cut, which ends the thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import smtplib
import socket
import threading
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from openinsights.alerts.notify.means import STARTTLS, TLS
from openinsights.alerts.notify.notification import links_of
from openinsights.alerts.notify.outcome import DELIVERED, Outcome
from openinsights.alerts.notify.signature import DELIVERY_HEADER
from openinsights.alerts.notify.words import facts_of, headline, shortened
from openinsights.clock import to_datetime

if TYPE_CHECKING:
    import ssl

    from openinsights.alerts.notify.means import MailServer, Means
    from openinsights.alerts.notify.message import Message

_READY: Final = 220
_LONGEST_SUBJECT: Final = 200
_SOCKET_TIMEOUT_S: Final = 30.0
_LONGEST_WHY: Final = 200


async def tell_mailbox(message: Message, means: Means) -> Outcome:
    """Send a mail; see `Notifier`."""
    server = means.mail
    if not server.host:
        return Outcome("no mail is sent, for the setting smtp_host names no server", is_final=True)
    mail = mail_of(message, server.sender or f"openinsights@{server.host}", means)
    sending = _Sending(server, means.verify, mail, asyncio.get_running_loop())
    try:
        return await sending.start()
    except asyncio.CancelledError:
        sending.cut()
        raise


def mail_of(message: Message, sender: str, means: Means) -> EmailMessage:
    """Return a mail as it is sent.

    Args:
        message: what is said, and to whom.
        sender: the address it comes from.
        means: the time, and the links.
    """
    notification = message.notification
    links = links_of(notification, means.public_url)
    facts = facts_of(notification)
    domain = sender.rpartition("@")[2]
    mail = EmailMessage()
    mail["From"] = f"OpenInsights <{sender}>"
    mail["To"] = message.receiver.target
    mail["Subject"] = shortened(headline(notification), _LONGEST_SUBJECT)
    mail["Date"] = format_datetime(to_datetime(means.clock.now_ticks()))
    mail["Message-ID"] = f"<{message.delivery_id}@{domain}>"
    if message.first_id:  # the end of an alert stands below its beginning
        mail["In-Reply-To"] = mail["References"] = f"<{message.first_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail[DELIVERY_HEADER] = message.delivery_id
    described = notification.description.strip()
    lines = [f"{name}: {value}" for name, value in facts]
    ends = [f"Alert: {links.alert}", f"Evidence: {links.evidence}"]
    paragraphs = [headline(notification), described, "\n".join(lines), "\n".join(ends)]
    mail.set_content(
        "\n\n".join(each for each in paragraphs if each) + "\n", cte="quoted-printable"
    )
    rows = "".join(
        f"<tr><th align=left>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
        for name, value in facts
    )
    mail.add_alternative(
        "<!doctype html><html><body style='font-family: sans-serif'>"
        f"<h2>{html.escape(headline(notification))}</h2>"
        + (f"<p>{html.escape(described)}</p>" if described else "")
        + f"<table cellpadding=4>{rows}</table>"
        f"<p><a href='{html.escape(links.alert)}'>Open the alert</a> ·"
        f" <a href='{html.escape(links.evidence)}'>See the evidence</a></p></body></html>\n",
        subtype="html",
        cte="quoted-printable",
    )
    return mail


class _Sending:
    """One mail on its way, on a thread of its own."""

    def __init__(
        self,
        server: MailServer,
        verify: ssl.SSLContext,
        mail: EmailMessage,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._server = server
        self._verify = verify
        self._mail = mail
        self._loop = loop
        self._done: asyncio.Future[Outcome] = loop.create_future()
        self._client: smtplib.SMTP | None = None
        self._is_cut = False

    def start(self) -> asyncio.Future[Outcome]:
        threading.Thread(target=self._run, name="openinsights-mail", daemon=True).start()
        return self._done

    def cut(self) -> None:
        """End the connection, whatever it waits for."""
        self._is_cut = True
        connection = None if self._client is None else getattr(self._client, "sock", None)
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        outcome = self._sent()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._settle, outcome)

    def _settle(self, outcome: Outcome) -> None:
        if not self._done.done():
            self._done.set_result(outcome)

    def _sent(self) -> Outcome:
        try:
            with self._connected() as client:
                if self._server.user:
                    client.login(self._server.user, self._server.password.reveal())
                client.send_message(self._mail)
        except smtplib.SMTPAuthenticationError as error:
            return Outcome(f"the mail server does not let us in: {_reply(error)}")
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            return Outcome(
                f"the mail server refuses the address: {_said(code, said)}", 0, code >= 500
            )
        except smtplib.SMTPResponseException as error:
            return Outcome(f"the mail server refuses the mail: {_reply(error)}")
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return Outcome(f"the mail server cannot be used: {str(error)[:_LONGEST_WHY]}")
        return DELIVERED

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.tls == TLS:
            client: smtplib.SMTP = smtplib.SMTP_SSL(timeout=_SOCKET_TIMEOUT_S, context=self._verify)
        else:
            client = smtplib.SMTP(timeout=_SOCKET_TIMEOUT_S)
        # what certificates are held against; else only a client that connects as it is made knows it
        client._host = server.host  # type: ignore[attr-defined]
        self._client = client
        try:
            code, said = client.connect(server.host, server.port)
            if self._is_cut or code != _READY:
                raise smtplib.SMTPConnectError(code, said)
            if server.tls == STARTTLS:
                client.starttls(context=self._verify)
        except BaseException:
            client.close()
            raise
        return client


def _reply(error: smtplib.SMTPResponseException) -> str:
    return _said(error.smtp_code, error.smtp_error)


def _said(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"[:_LONGEST_WHY]
