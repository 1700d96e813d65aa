"""The certificate that the server shows, and which certificates its own clients trust."""

from __future__ import annotations

import hashlib
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from openinsights.errors import OpenInsightsError
from openinsights.settings import user_data_folder

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping

    from openinsights.settings import Settings

TLS_FOLDER = "tls"
_AUTHORITY = "ca.pem"
AUTO = "auto"


class TlsError(OpenInsightsError):
    """A certificate cannot be used; the message says what to change."""

    code = "TlsError"


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM.

    Attributes:
        certificate: with the chain behind it.
        key: of the certificate.
        authority: what clients must be told to trust, None for a certificate of the operator's.
    """

    certificate: Path
    key: Path
    authority: Path | None = None


def tls_of(settings: Settings, folder: Path, now: datetime.datetime) -> Tls | None:
    """Return what the server shows, made where the settings want it made; None is plain HTTP.

    Args:
        settings: `tls`, `tls_certificate` and `tls_key`.
        folder: the data folder.
        now: with a time zone.

    Raises:
        TlsError: the settings contradict each other, or the files are no certificate and its key.
        AuthorityError: the files of the private authority cannot be used.
    """
    certificate, key = settings.tls_certificate, settings.tls_key
    if settings.tls == AUTO:
        if certificate or key:
            raise TlsError(
                "cannot make a certificate and use another: leave out --tls, or both"
                " --tls-certificate and --tls-key"
            )
        # only a server that makes certificates pays for loading what makes them
        from openinsights.private_authority import CERTIFICATE_FILE, KEY_FILE, certify

        made = folder / TLS_FOLDER
        certify(made, server_names(settings, socket.gethostname()), now)
        return Tls(made / CERTIFICATE_FILE, made / KEY_FILE, made / _AUTHORITY)
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise TlsError(
            "cannot serve https: a certificate and its key are needed; name both with"
            " --tls-certificate and --tls-key, or let the server make them with --tls auto"
        )
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise TlsError(
            f"cannot serve https with {certificate} and {key}: {error}; both must be PEM, the key"
            " without a password, and belong together"
        ) from None
    return Tls(certificate, key)


def fingerprint(certificate: Path) -> str:
    """Return the SHA-256 of a server's own certificate, the first of a file in PEM."""
    text = certificate.read_text(encoding="ascii", errors="replace")
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    first = begin + text.partition(begin)[2].partition(end)[0] + end
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def server_names(settings: Settings, machine: str) -> set[str]:
    """Return the names and addresses under which clients may reach the server."""
    names = {"localhost", "127.0.0.1", "::1", machine.lower(), settings.host.lower()}
    public = urlsplit(settings.public_url).hostname
    if public:
        names.add(public)
    return {name for name in names if name and name not in ("0.0.0.0", "::")}  # noqa: S104


def trusted_authority(environ: Mapping[str, str], platform: str, home: Path) -> Path | None:
    """Return the private authority that this user's commands trust, None when there is none.

    It is the file of `OPENINSIGHTS_CA_FILE`, else that of the user's own data folder.
    """
    named = environ.get("OPENINSIGHTS_CA_FILE")
    if named:
        return Path(named).expanduser()
    return authority_in(users_folder(environ, platform, home))


def users_folder(environ: Mapping[str, str], platform: str, home: Path) -> Path:
    """Return the data folder that is used where nobody names one."""
    data = environ.get("OPENINSIGHTS_DATA")
    return Path(data).expanduser() if data else user_data_folder(environ, platform, home)


def authority_in(folder: Path) -> Path | None:
    """Return the private authority of a data folder, None when it has none."""
    path = folder / TLS_FOLDER / _AUTHORITY
    return path if path.exists() else None


def client_context(authority: Path | None) -> ssl.SSLContext:
    """Return what checks servers: the system's authorities, and one more.

    Raises:
        TlsError: the file is no certificate.
    """
    context = ssl.create_default_context()
    if authority is not None:
        try:
            context.load_verify_locations(authority)
        except (OSError, ssl.SSLError) as error:
            raise TlsError(
                f"cannot trust {authority}: {error}; name a file of certificates in PEM with"
                " OPENINSIGHTS_CA_FILE"
            ) from None
    return context
