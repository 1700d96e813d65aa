"""A certificate authority of the server's own, for `--tls auto`: made once, kept in the data folder.

Whoever is told to trust `ca.pem` trusts this server's certificates, which are made anew before they
expire and whenever the server gets another name. The authority's key signs nothing else.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from openinsights.errors import OpenInsightsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

AUTHORITY_FILE = "ca.pem"
_AUTHORITY_KEY = "ca.key"
CERTIFICATE_FILE = "server.pem"
KEY_FILE = "server.key"

_AUTHORITY_DAYS = 3650
_CERTIFICATE_DAYS = 397
"""The longest that browsers take."""
_RENEW_DAYS = 30
_BACKDATED = datetime.timedelta(hours=1)  # clocks of clients differ


class AuthorityError(OpenInsightsError):
    """The files of the authority cannot be used; the message says what to do."""

    code = "AuthorityError"


def certify(folder: Path, names: Iterable[str], now: datetime.datetime) -> None:
    """Have a folder hold an authority and a certificate for some names, made where missing.

    Args:
        folder: for `ca.pem`, `server.pem` and their keys; readable by its owner alone.
        names: DNS names and IP addresses under which the server is reached.
        now: with a time zone.

    Raises:
        AuthorityError: a file cannot be read or written.
    """
    wanted = sorted(set(names))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (folder / AUTHORITY_FILE).exists():
            _make_authority(folder, now)
        authority = x509.load_pem_x509_certificate((folder / AUTHORITY_FILE).read_bytes())
        if not _is_current(folder / CERTIFICATE_FILE, authority, wanted, now):
            _make_certificate(folder, authority, wanted, now)
    except (OSError, ValueError) as error:
        raise AuthorityError(
            f"cannot use the certificates in {folder}: {error}; delete that folder to have them"
            " made anew (clients must then trust the new ca.pem)"
        ) from error


def _make_authority(folder: Path, now: datetime.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "OpenInsights"),
            # two servers' authorities must not be mistaken for each other
            x509.NameAttribute(NameOID.COMMON_NAME, f"OpenInsights {os.urandom(4).hex()}"),
        ]
    )
    public = key.public_key()
    built = (
        _builder(name, name, public, now, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    _write_key(folder / _AUTHORITY_KEY, key)
    _write(folder / AUTHORITY_FILE, built.sign(key, hashes.SHA256()))


def _make_certificate(
    folder: Path, authority: x509.Certificate, names: list[str], now: datetime.datetime
) -> None:
    signer = serialization.load_pem_private_key((folder / _AUTHORITY_KEY).read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{_AUTHORITY_KEY} is no key of this server's")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    built = (
        _builder(subject, authority.subject, key.public_key(), now, _CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_name(each) for each in names]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    _write_key(folder / KEY_FILE, key)
    _write(folder / CERTIFICATE_FILE, built.sign(signer, hashes.SHA256()))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime.datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _is_current(
    path: Path, authority: x509.Certificate, names: list[str], now: datetime.datetime
) -> bool:
    if not path.exists():
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        certificate.issuer == authority.subject
        and certificate.not_valid_after_utc > now + datetime.timedelta(days=_RENEW_DAYS)
        and list(held) == [_name(each) for each in names]
    )


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)


def _write(path: Path, certificate: x509.Certificate) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
