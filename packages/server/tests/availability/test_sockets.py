"""TCP, TLS and DNS against real peers: certificates of every kind, a real name server."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import threading

import dns.flags
import dns.message
import dns.rrset
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from openinsights.availability.connection import Dialing
from openinsights.availability.prober import Prober
from openinsights.availability.test import (
    AvailabilityTest,
    CertificateCheck,
    ContentMatch,
    DnsProbe,
    HttpProbe,
    Step,
    TcpProbe,
    TlsProbe,
)
from openinsights.outside.addresses import AddressPolicy


def outcome_of(dialing, clock, probe, timeout_s=20.0):
    test = AvailabilityTest("t", "a", "n", "n", probe, "target", timeout_s=timeout_s)

    async def runs():
        return await Prober(dialing, None, clock).run(test, "local", 1)

    return asyncio.run(runs()).outcome


NOW = datetime.datetime.now(datetime.timezone.utc)


class Authority:
    """Signs certificates that are valid as a test wants them."""

    def __init__(self, folder):
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests")])
        own = self._build(self._name, self._key, NOW, NOW + datetime.timedelta(days=90))
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        own = own.add_extension(usage, critical=True)
        own = own.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
        )
        self.file = folder / "ca.pem"
        self.file.write_bytes(self._signed(own))

    def context(self, name="localhost", days=60.0):
        """What a server shows: a certificate for a name that ends in so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        ends = NOW + datetime.timedelta(days=days)
        begins = min(NOW, ends) - datetime.timedelta(days=2)
        built = self._build(subject, key, begins, ends).add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        )
        built = built.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
            critical=False,
        )
        path = self._folder / f"{name}-{days}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + self._signed(built)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _build(self, subject, key, begins, ends):
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
        )

    def _signed(self, built):
        signed = built.sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusting(authority):
    return Dialing(AddressPolicy(private=True), authority.file)


def port_of(peer):
    return int(peer.url.rpartition(":")[2])


def test_tcp_connection_that_comes_about(dialing, clock, peer):
    outcome = outcome_of(dialing, clock, TcpProbe("127.0.0.1", port_of(peer)))
    assert outcome.passed
    assert outcome.message == f"connected to 127.0.0.1:{port_of(peer)}"
    assert set(outcome.timings.to_json()) == {"dns", "connect", "whole"}


def test_tcp_connection_that_does_not(dialing, clock):
    outcome = outcome_of(dialing, clock, TcpProbe("127.0.0.1", 1))
    assert not outcome.passed
    assert "Connection refused" in outcome.message
    refused = outcome_of(dialing, clock, TcpProbe("169.254.169.254", 80))
    assert "never called" in refused.message


def test_tls_certificate_that_is_in_order(trusting, clock, peer_with, authority):
    with peer_with(authority.context()) as peer:
        probe = TlsProbe("localhost", port_of(peer), CertificateCheck(days=30))
        outcome = outcome_of(trusting, clock, probe)
    assert outcome.passed, outcome.message
    assert "ends in 60 days" in outcome.message
    assert outcome.certificate_days == pytest.approx(60, abs=0.1)
    assert outcome.timings.tls > 0


@pytest.mark.parametrize(
    ("name", "days", "check", "message"),
    [
        ("localhost", -1.0, CertificateCheck(), "certificate has expired"),
        ("other.test", 60.0, CertificateCheck(), "Hostname mismatch"),
        ("localhost", 5.0, CertificateCheck(days=30), "has to be valid for 30 more"),
        ("localhost", 5.0, CertificateCheck(False, 7), "has to be valid for 7 more"),
    ],
)
def test_tls_certificates_that_are_not(
    trusting, clock, peer_with, authority, name, days, check, message
):
    with peer_with(authority.context(name, days)) as peer:
        outcome = outcome_of(trusting, clock, TlsProbe("localhost", port_of(peer), check))
    assert not outcome.passed
    assert message in outcome.message
    assert outcome.certificate_days == pytest.approx(days, abs=0.1)


def test_tls_certificate_of_an_unknown_authority_is_refused_unless_it_is_not_looked_at(
    dialing, clock, peer_with, authority
):
    with peer_with(authority.context()) as peer:
        port = port_of(peer)
        refused = outcome_of(dialing, clock, TlsProbe("localhost", port, CertificateCheck()))
        taken = outcome_of(dialing, clock, TlsProbe("localhost", port, CertificateCheck(False)))
    assert "the certificate is not valid" in refused.message
    assert taken.passed


def test_tls_handshake_with_what_speaks_no_tls(dialing, clock, peer):
    outcome = outcome_of(
        dialing, clock, TlsProbe("127.0.0.1", port_of(peer), CertificateCheck()), 0.3
    )
    assert not outcome.passed


@pytest.mark.parametrize(
    ("name", "days", "check", "message"),
    [
        ("localhost", 60.0, CertificateCheck(days=30), ""),
        ("localhost", -1.0, CertificateCheck(), "certificate has expired"),
        ("localhost", 5.0, CertificateCheck(days=30), "has to be valid for 30 more"),
        ("localhost", -1.0, None, ""),
    ],
)
def test_url_over_tls(trusting, clock, peer_with, authority, name, days, check, message):
    with peer_with(authority.context(name, days)) as peer:
        peer.page("/", "safe")
        step = Step(f"https://localhost:{port_of(peer)}/")
        outcome = outcome_of(trusting, clock, HttpProbe((step,), check))
    assert outcome.passed is not bool(message), outcome.message
    assert message in outcome.message
    if not message:
        assert set(outcome.timings.to_json()) == {"dns", "connect", "tls", "firstByte", "whole"}


class NameServer(asyncio.DatagramProtocol):
    """Answers for shop.test over UDP, and never for slow.test."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        asked = dns.message.from_wire(data)
        reply = dns.message.make_response(asked)
        question = asked.question[0]
        name = question.name.to_text(omit_final_dot=True)
        if name == "slow.test":
            return
        records = {"A": ["10.0.0.7", "10.0.0.8"], "MX": ["10 mail.shop.test."]}
        kind = dns.rdatatype.to_text(question.rdtype)
        if name != "shop.test":
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif kind in records:
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records[kind]))
        self.transport.sendto(reply.to_wire(), address)


@pytest.fixture(scope="module")
def name_server():
    ready, stop = threading.Event(), None
    port = 0

    async def serve():
        nonlocal stop, port
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        transport, _ = await loop.create_datagram_endpoint(NameServer, ("127.0.0.1", 0))
        port = transport.get_extra_info("sockname")[1]

        def stop_now():
            loop.call_soon_threadsafe(stopped.set)

        stop = stop_now
        ready.set()
        await stopped.wait()
        transport.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    yield port
    stop()
    thread.join()


def test_dns_record_that_is_there(dialing, clock, name_server):
    match = (ContentMatch("10.0.0.8"),)
    outcome = outcome_of(
        dialing, clock, DnsProbe("shop.test", "A", "127.0.0.1", name_server, match)
    )
    assert outcome.passed
    assert outcome.message == "A of shop.test is 10.0.0.7, 10.0.0.8"
    mail = outcome_of(dialing, clock, DnsProbe("shop.test", "MX", "127.0.0.1", name_server))
    assert mail.message == "MX of shop.test is 10 mail.shop.test."


@pytest.mark.parametrize(
    ("name", "type_", "match", "message"),
    [
        (
            "shop.test",
            "A",
            (ContentMatch("10.0.0.9"),),
            "does not hold '10.0.0.9'; A of shop.test is",
        ),
        ("shop.test", "TXT", (), "there is no record TXT of shop.test"),
        ("gone.test", "A", (), "there is no name gone.test"),
        ("slow.test", "A", (), "no answer came within 0.3 s"),
    ],
)
def test_dns_record_that_is_not(dialing, clock, name_server, name, type_, match, message):
    probe = DnsProbe(name, type_, "127.0.0.1", name_server, match)
    outcome = outcome_of(dialing, clock, probe, timeout_s=0.3)
    assert not outcome.passed
    assert message in outcome.message
