import pytest

from openinsights.outside.addresses import AddressPolicy, AddressRefused, policy_of
from openinsights.settings import resolve

OPEN = AddressPolicy(private=True)
CLOSED = AddressPolicy(private=False)

PUBLIC = ("93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")
PRIVATE = (
    "127.0.0.1",
    "127.8.9.10",
    "10.0.0.1",
    "172.16.4.4",
    "192.168.1.1",
    "100.64.0.1",
    "192.0.2.7",
    "::1",
    "fd12:3456::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "::10.0.0.1",
)
NEVER = (
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::a9fe:a9fe",
    "fe80::1%eth0",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::169.254.169.254",
    "2002:a9fe:a9fe::1",
    "64:ff9b::a9fe:a9fe",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "240.1.2.3",
    "ff02::1",
    "localhost",
    "0x7f.1",
    "2130706433",
    "",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_called(address):
    assert CLOSED.allowed(address)
    assert OPEN.allowed(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_called_only_where_it_is_allowed(address):
    assert not CLOSED.allowed(address)
    assert OPEN.allowed(address)


@pytest.mark.parametrize("address", NEVER)
def test_metadata_services_and_what_is_no_machine_are_never_called(address):
    assert not CLOSED.allowed(address)
    assert not OPEN.allowed(address)


def test_a_refusal_names_the_address_and_the_setting():
    with pytest.raises(AddressRefused, match=r"cannot call 10\.0\.0\.1: .*private_addresses"):
        CLOSED.check("10.0.0.1")
    OPEN.check("10.0.0.1")


@pytest.mark.parametrize(
    ("explicit", "private"),
    [
        ({}, True),
        ({"host": "::1"}, True),
        ({"host": "0.0.0.0"}, False),
        ({"host": "0.0.0.0", "private_addresses": "allow"}, True),
        ({"private_addresses": "refuse"}, False),
    ],
)
def test_the_default_follows_where_the_server_listens(explicit, private):
    assert policy_of(resolve(explicit)) == AddressPolicy(private)
