"""API keys over HTTP: what they open, and what becomes of them."""

from __future__ import annotations

import pytest

from openinsights.access.errors import InvalidAccess, KeyNotFound
from openinsights.access.rights import EVERYTHING, Right, Role
from openinsights.clock import TICKS_PER_SECOND

QUERY = {"query": "print 1"}


@pytest.fixture
def shop(server):
    return server.parts.resources.create("shop")


@pytest.fixture
def bank(server):
    return server.parts.resources.create("bank")


def test_who_shows_nothing_is_told_how_to_authenticate(server, shop):
    reply = server.client().post("/v1/apps/shop/query", json=QUERY)
    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == "AuthenticationFailed"
    assert reply.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("name", ["x-api-key", "authorization"])
def test_a_key_is_taken_in_either_header(server, shop, name):
    _, secret = server.parts.access.keys.create(shop.app_id, "k", [Right.READ])
    value = secret if name == "x-api-key" else f"Bearer {secret}"
    reply = server.client(**{name: value}).post("/v1/apps/shop/query", json=QUERY)
    assert reply.status_code == 200, reply.text


@pytest.mark.parametrize("right", [Right.WRITE, Right.MANAGE])
def test_other_rights_do_not_read(server, shop, right):
    reply = server.key_client(shop.app_id, right).post("/v1/apps/shop/query", json=QUERY)
    assert reply.status_code == 403
    assert reply.json()["error"]["code"] == "InsufficientAccessError"


def test_reading_does_not_manage(server, shop):
    path = shop.resource_id
    reply = server.key_client(shop.app_id, Right.READ).patch(path, json={"tags": {"a": "b"}})
    assert reply.status_code == 403
    assert server.parts.resources.get_by_app_id(shop.app_id).tags == ()


def test_another_resource_looks_as_if_it_were_not_there(server, shop, bank):
    client = server.key_client(shop.app_id, Right.READ)
    there, nowhere = (
        client.post(f"/v1/apps/{name}/query", json=QUERY) for name in ("bank", "knab")
    )
    assert there.status_code == nowhere.status_code == 403
    told = [each.json()["error"]["message"] for each in (there, nowhere)]
    assert told[0].replace("bank", "knab") == told[1]


def test_a_revoked_key_opens_nothing_from_then_on(server, shop):
    client = server.key_client(shop.app_id, Right.READ)
    assert client.post("/v1/apps/shop/query", json=QUERY).status_code == 200
    [key] = server.parts.access.keys.list(shop.app_id)
    server.parts.access.keys.revoke(shop.app_id, key.id)
    assert client.post("/v1/apps/shop/query", json=QUERY).status_code == 401
    assert not server.parts.access.keys.holds(key.id)


def test_a_key_of_a_deleted_resource_is_gone(server, shop):
    client = server.key_client(shop.app_id, Right.MANAGE)
    assert client.delete(shop.resource_id).status_code == 200
    assert server.parts.access.keys.list() == ()
    assert client.get(shop.resource_id).status_code == 401


def test_a_key_for_everything_makes_resources(server):
    client = server.key_client(EVERYTHING, Right.MANAGE, Right.READ)
    path = "/subscriptions/s/resourceGroups/g/providers/microsoft.insights/components/new"
    assert client.put(path, json={}).status_code == 200
    assert client.get(path).status_code == 200


def test_no_key_administers(server):
    client = server.all_rights_client(EVERYTHING)
    assert client.get("/store/days").status_code == 403
    assert client.post("/store/backup").status_code == 403


def test_what_everybody_may_read_is_read_without_naming_anything(server, shop, bank):
    of_shop = server.key_client(shop.app_id, Right.READ)
    of_all = server.key_client(EVERYTHING, Right.READ)
    listed = [
        [
            each["name"]
            for each in client.get("/providers/microsoft.insights/components").json()["value"]
        ]
        for client in (of_shop, of_all)
    ]
    assert listed == [["shop"], ["shop", "bank"]]
    assert of_shop.get("/metrics").status_code == 403
    assert of_all.get("/metrics").status_code == 200


class FakeClock:
    def __init__(self):
        self.ticks = 638_000_000_000_000_000

    def now_ticks(self):
        return self.ticks

    def monotonic_s(self):
        return self.ticks / TICKS_PER_SECOND


class TestTime:
    @pytest.fixture
    def clock(self):
        return FakeClock()

    def test_a_key_opens_nothing_once_its_time_is_over(self, server, clock, shop):
        until = clock.ticks + TICKS_PER_SECOND
        keys = server.parts.access.keys
        key, secret = keys.create(shop.app_id, "k", [Right.READ], until)
        assert keys.caller(secret) is not None
        assert keys.holds(key.id)
        clock.ticks = until
        assert keys.caller(secret) is None
        assert not keys.holds(key.id)

    def test_the_last_use_is_told_and_kept(self, server, clock, shop):
        keys = server.parts.access.keys
        key, secret = keys.create(shop.app_id, "k", [Right.READ])
        assert keys.get(shop.app_id, key.id).used_ticks is None
        clock.ticks += 100
        keys.caller(secret)
        assert keys.get(shop.app_id, key.id).used_ticks == clock.ticks
        keys.save()
        fresh = type(keys)(keys._engine, clock)
        assert fresh.get(shop.app_id, key.id).used_ticks == clock.ticks

    def test_a_key_cannot_end_before_it_begins(self, server, clock, shop):
        with pytest.raises(InvalidAccess):
            server.parts.access.keys.create(shop.app_id, "k", [Right.READ], clock.ticks)


def test_the_key_itself_is_kept_nowhere(server, shop):
    keys = server.parts.access.keys
    key, secret = keys.create(shop.app_id, "k", [Right.READ])
    with keys._engine.connect() as connection:
        dump = str(connection.exec_driver_sql("select * from api_keys").all())
    assert key.id in dump
    assert secret not in dump
    assert secret not in repr(key)


def test_keys_outlive_the_store(server, shop, clock):
    keys = server.parts.access.keys
    _, secret = keys.create(shop.app_id, "k", [Right.READ])
    again = type(keys)(keys._engine, clock)
    assert again.caller(secret) == keys.caller(secret)


@pytest.mark.parametrize(
    ("name", "rights"),
    [("", [Right.READ]), ("a\nb", [Right.READ]), ("k" * 256, [Right.READ]), ("k", [])]
    + [("k", [right]) for right in (Right.ADMINISTER, Right.OPEN, Right.INGEST)],
)
def test_keys_that_cannot_be(server, shop, name, rights):
    with pytest.raises(InvalidAccess):
        server.parts.access.keys.create(shop.app_id, name, rights)


def test_a_key_of_another_resource_cannot_be_revoked(server, shop, bank):
    keys = server.parts.access.keys
    key, _ = keys.create(shop.app_id, "k", [Right.READ])
    with pytest.raises(KeyNotFound):
        keys.revoke(bank.app_id, key.id)
    with pytest.raises(InvalidAccess):
        keys.create(shop.app_id, "k", [Right.READ])


@pytest.mark.parametrize("app", ["shop", EVERYTHING])
def test_the_name_of_a_key_is_taken_once(server, shop, app):
    access = server.parts.access
    admin = access.people.create("anna", roles={EVERYTHING: Role.ADMIN})
    cookie = f"openinsights={access.sessions.begin(admin.id)}"
    client = server.client(cookie=cookie, origin="http://127.0.0.1:5380")
    path = "/access/keys" if app == EVERYTHING else f"{shop.resource_id}/ApiKeys"
    body = {"name": "k", "rights": ["read"], "OpenInsights": {"rights": ["read"]}}
    assert client.post(path, json=body).status_code in (200, 201)
    refused = client.post(path, json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "Conflict")
    [key] = client.get(path).json()["value"]
    assert client.delete(f"{path}/k").status_code == 200
    assert client.delete(f"{path}/k").status_code == 404
    assert client.post(path, json=body).status_code in (200, 201), key
