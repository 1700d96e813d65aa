"""Mail through a real SMTP server: in plain, encrypted, signed in, refused, and hanging."""

import asyncio
import email
import email.policy
import socket
import ssl
import threading
from datetime import datetime, timezone

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from openinsights.alerts.notify.means import MailServer, mail_server_of, programs_of
from openinsights.catalog.action_groups import Receiver
from openinsights.private_authority import certify
from openinsights.settings import Secret, resolve

NOW = datetime.now(timezone.utc)


class Mailbox:
    def __init__(self):
        self.mails = []
        self.refuses = ""

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 kept"


def lets_in(server, session, envelope, mechanism, data):
    fits = (data.login, data.password) == (b"insights", b"hunter22")
    return AuthResult(success=fits, handled=False)


@pytest.fixture
def serving():
    """Returns what starts a mail server and returns its mailbox and port."""
    running = []

    def start(**options):
        mailbox = Mailbox()
        server = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **options)
        server.start()
        running.append(server)
        return mailbox, server.port

    yield start
    for each in running:
        each.stop()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """What a server shows, and what trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    certify(folder, ("127.0.0.1",), NOW)
    shows = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shows.load_cert_chain(folder / "server.pem", folder / "server.key")
    trusts = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    return shows, trusts


def mailed(room_of, server, verify=None, limit_s=20.0):
    changes = {} if verify is None else {"verify": verify}
    room = room_of(mail=server, limits={"email": limit_s}, **changes)
    group = room.group("ops", Receiver("email", "duty", "duty@shop.example"))
    alert = room.book.fire(room.fired(group))
    room.deliver()
    return room, alert


def test_a_mail_arrives(room_of, serving):
    mailbox, port = serving()
    server = MailServer("127.0.0.1", port, "none", sender="alerts@shop.example")
    room, alert = mailed(room_of, server)
    ((sender, recipients, content),) = mailbox.mails
    assert (sender, recipients) == ("alerts@shop.example", ["duty@shop.example"])
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert mail["Subject"] == "Fired: Sev1 failed requests in shop"
    assert room.events(alert) == ["Fired", "Delivered"]
    room.resolve()
    room.deliver()
    ended = email.message_from_bytes(mailbox.mails[1][2], policy=email.policy.default)
    assert ended["In-Reply-To"] == mail["Message-ID"]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_mail_goes_encrypted_to_a_server_that_is_trusted(room_of, serving, certificate, tls):
    shows, trusts = certificate
    options = (
        {"tls_context": shows, "require_starttls": True}
        if tls == "starttls"
        else {"ssl_context": shows}
    )
    mailbox, port = serving(**options)
    room, _ = mailed(room_of, MailServer("127.0.0.1", port, tls), trusts)
    assert room.store.waiting() == []
    assert len(mailbox.mails) == 1


def test_nothing_goes_to_a_server_that_is_not_trusted(room_of, serving, certificate):
    mailbox, port = serving(tls_context=certificate[0])
    room, _ = mailed(room_of, MailServer("127.0.0.1", port, "starttls"))
    assert mailbox.mails == []
    assert "certificate verify failed" in room.store.waiting()[0][1]


def test_nothing_goes_in_plain_when_starttls_is_asked_for(room_of, serving):
    mailbox, port = serving()
    room, _ = mailed(room_of, MailServer("127.0.0.1", port, "starttls"))
    assert mailbox.mails == []
    assert room.store.waiting()[0][1].startswith("the mail server cannot be used")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(("password", "arrives"), [("hunter22", True), ("hunter23", False)])
def test_the_server_is_signed_in_to(room_of, serving, password, arrives):
    mailbox, port = serving(authenticator=lets_in, auth_require_tls=False, auth_required=True)
    server = MailServer("127.0.0.1", port, "none", "insights", Secret(password))
    room, _ = mailed(room_of, server)
    assert bool(mailbox.mails) is arrives
    if not arrives:
        why = room.store.waiting()[0][1]
        assert why.startswith("the mail server does not let us in: 535")
        assert password not in why


@pytest.mark.parametrize(
    ("says", "is_final"), [("550 no such mailbox", True), ("450 try later", False)]
)
def test_an_address_that_is_refused_says_so(room_of, serving, says, is_final):
    mailbox, port = serving()
    mailbox.refuses = says
    room, alert = mailed(room_of, MailServer("127.0.0.1", port, "none"))
    why = f"the mail server refuses the address: {says}"
    if is_final:
        assert room.book.history(alert.alert_id)[-1].facts["why"] == why
    else:
        assert room.store.waiting()[0][1] == why


def test_without_a_server_no_mail_is_sent_and_the_history_says_so(room_of):
    room, alert = mailed(room_of, MailServer())
    assert "smtp_host" in room.book.history(alert.alert_id)[-1].facts["why"]


def test_a_server_that_hangs_is_hung_up_on(room_of):
    """The thread that speaks with it ends with it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        room, _ = mailed(room_of, MailServer("127.0.0.1", port, "none"), limit_s=0.3)
    assert room.store.waiting()[0][1] == "it took longer than 0.3 s"
    for thread in threading.enumerate():
        if thread.name == "openinsights-mail":
            thread.join(20)
            assert not thread.is_alive()


def test_the_settings_name_server_and_programs(tmp_path):
    (tmp_path / "password").write_text("hunter22\n")
    settings = resolve(
        {
            "smtp_host": "mail.shop.example",
            "smtp_port": 465,
            "smtp_tls": "tls",
            "smtp_user": "insights",
            "smtp_password_file": str(tmp_path / "password"),
            "smtp_sender": "alerts@shop.example",
            "alert_programs": "/usr/local/bin/page, /opt/tell ,",
        }
    )
    server = mail_server_of(settings)
    assert server == MailServer(
        "mail.shop.example", 465, "tls", "insights", Secret("hunter22"), "alerts@shop.example"
    )
    assert "hunter22" not in repr(server)
    assert programs_of(settings) == {"/usr/local/bin/page", "/opt/tell"}
    assert programs_of(resolve()) == frozenset()


def test_a_deliverer_that_stops_leaves_no_loop_behind(room):
    room.deliverer.start("")
    room.deliverer.close()
    assert asyncio.run(room.deliverer.deliver_due("")) == 0
