"""https: a certificate of the operator's, or one of the server's own authority."""

from __future__ import annotations

import datetime
import stat
from pathlib import Path

import pytest
from cryptography import x509

from openinsights.private_authority import AuthorityError, certify
from openinsights.settings import Settings
from openinsights.tls import (
    TlsError,
    authority_in,
    client_context,
    server_names,
    tls_of,
    trusted_authority,
)

NOW = datetime.datetime(2026, 11, 29, tzinfo=datetime.timezone.utc)
AUTO = Settings(tls="auto")


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_plain_http_is_the_default(tmp_path) -> None:
    assert tls_of(Settings(), tmp_path, NOW) is None
    assert list(tmp_path.iterdir()) == []


def test_the_authority_stays_and_its_certificate_is_renewed_in_time(tmp_path) -> None:
    tls = tls_of(AUTO, tmp_path, NOW)
    authority, first = certificate(tls.authority), certificate(tls.certificate)
    assert authority_in(tmp_path) == tls.authority
    first.verify_directly_issued_by(authority)

    assert certificate(tls_of(AUTO, tmp_path, NOW).certificate) == first
    later = certificate(tls_of(AUTO, tmp_path, NOW + datetime.timedelta(days=380)).certificate)
    assert later.serial_number != first.serial_number
    later.verify_directly_issued_by(authority)
    assert certificate(tls.authority) == authority


def test_another_name_makes_another_certificate(tmp_path) -> None:
    first = certificate(tls_of(AUTO, tmp_path, NOW).certificate)
    named = Settings(tls="auto", public_url="https://insights.example/")
    second = certificate(tls_of(named, tmp_path, NOW).certificate)
    names = second.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "insights.example" in names.get_values_for_type(x509.DNSName)
    assert second.serial_number != first.serial_number


def test_keys_are_for_their_owner_alone(tmp_path) -> None:
    tls = tls_of(AUTO, tmp_path, NOW)
    for key in (tls.key, tls.key.with_name("ca.key")):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_addresses_that_mean_every_address_are_no_names() -> None:
    names = server_names(Settings(host="0.0.0.0", public_url="https://a.example/"), "Box")
    assert names == {"localhost", "127.0.0.1", "::1", "box", "a.example"}


def test_damaged_files_are_an_error_that_says_what_to_do(tmp_path) -> None:
    certify(tmp_path, ["localhost"], NOW)
    (tmp_path / "ca.pem").write_text("gone")
    with pytest.raises(AuthorityError, match="delete that folder"):
        certify(tmp_path, ["localhost"], NOW)


def test_a_certificate_of_the_operators_is_used_as_it_is(tmp_path) -> None:
    made = tls_of(AUTO, tmp_path, NOW)
    own = Settings(tls_certificate=made.certificate, tls_key=made.key)
    tls = tls_of(own, tmp_path / "data", NOW)
    assert (tls.certificate, tls.key, tls.authority) == (made.certificate, made.key, None)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"tls_certificate": "server.pem"}, "both"),
        ({"tls_key": "server.key"}, "both"),
        ({"tls": "auto", "tls_key": "server.key"}, "leave out --tls"),
        ({"tls_certificate": "server.pem", "tls_key": "ca.key"}, "belong together"),
        ({"tls_certificate": "missing", "tls_key": "server.key"}, "No such file"),
    ],
)
def test_what_cannot_be_served_with_is_refused(tmp_path, options, says) -> None:
    certify(tmp_path, ["localhost"], NOW)
    paths = {name: value if name == "tls" else tmp_path / value for name, value in options.items()}
    with pytest.raises(TlsError, match=says):
        tls_of(Settings(**paths), tmp_path / "data", NOW)


def test_commands_trust_the_file_that_is_named_else_the_users_own_server(tmp_path) -> None:
    assert trusted_authority({"OPENINSIGHTS_CA_FILE": "/x.pem"}, "linux", tmp_path) == Path(
        "/x.pem"
    )
    own = {"OPENINSIGHTS_DATA": str(tmp_path / "data")}
    assert trusted_authority(own, "linux", tmp_path) is None
    tls = tls_of(AUTO, tmp_path / "data", NOW)
    assert trusted_authority(own, "linux", tmp_path) == tls.authority


def test_a_file_that_is_no_certificate_cannot_be_trusted(tmp_path) -> None:
    (tmp_path / "x.pem").write_text("no")
    with pytest.raises(TlsError, match="OPENINSIGHTS_CA_FILE"):
        client_context(tmp_path / "x.pem")
