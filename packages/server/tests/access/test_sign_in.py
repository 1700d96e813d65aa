"""Signing in over HTTP: sessions, cookies, pages of others, guessing, the first administrator."""

from __future__ import annotations

import logging

import pytest

from openinsights.access.attempts import PAIR
from openinsights.access.errors import InvalidAccess
from openinsights.access.rights import EVERYTHING, Right, Role
from openinsights.access.sign_in import FIRST_LINK_S
from openinsights.clock import TICKS_PER_SECOND

OWN = {"origin": "http://127.0.0.1:5380"}
PASSWORD = "correct horse battery"
SESSION = "/portal/api/session"
RESOURCES = "/providers/Microsoft.Insights/components"
NEW = f"/subscriptions/s/resourceGroups/g{RESOURCES}/x"


class MovedClock:
    """The system's clock, moved by hand."""

    def __init__(self):
        self.ticks = 638_000_000_000_000_000

    def now_ticks(self):
        return self.ticks

    def monotonic_s(self):
        return self.ticks / TICKS_PER_SECOND

    def move(self, seconds):
        self.ticks += int(seconds * TICKS_PER_SECOND)


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def anna(server):
    access = server.parts.access
    return access.people.create(
        "anna", access.passwords.hash_of(PASSWORD), {EVERYTHING: Role.ADMIN}
    )


def sign_in(client, name="anna", password=PASSWORD, **headers):
    return client.post(SESSION, json={"name": name, "password": password}, headers=OWN | headers)


def test_a_session_reads_until_it_is_ended(server, anna):
    client = server.client()
    assert client.get(RESOURCES).status_code == 401
    assert sign_in(client).json() == {"name": "anna"}
    assert client.get(RESOURCES).status_code == 200
    assert client.get(SESSION).json()["name"] == "anna"
    assert client.delete(SESSION, headers=OWN).status_code == 200
    assert client.get(RESOURCES).status_code == 401


def test_the_cookie_is_the_browsers_alone(server, anna):
    cookie = sign_in(server.client()).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "domain" not in cookie


def test_over_https_the_cookie_is_bound_to_this_host(server, anna, settings, clock):
    from openinsights.app import build

    application = build(server.parts, settings, clock, "https://127.0.0.1:5380/")
    server.application = application
    reply = server.client().post(
        SESSION,
        json={"name": "anna", "password": PASSWORD},
        headers={"origin": "https://127.0.0.1:5380"},
    )
    cookie = reply.headers["set-cookie"]
    assert cookie.startswith("__Host-openinsights=")
    assert "secure" in cookie.lower()


def test_each_sign_in_has_a_new_session_and_ends_the_one_before(server, anna):
    client = server.client()
    sign_in(client)
    before = dict(client.inner.cookies)
    sign_in(client)
    assert dict(client.inner.cookies) != before
    old = server.client(cookie="; ".join(f"{k}={v}" for k, v in before.items()))
    assert old.get(RESOURCES).status_code == 401


def test_signing_out_everywhere_ends_every_browser(server, anna):
    one, other = server.client(), server.client()
    sign_in(one)
    sign_in(other)
    assert one.delete(f"{SESSION}?everywhere=true", headers=OWN).status_code == 200
    assert other.get(RESOURCES).status_code == 401


@pytest.mark.parametrize(
    ("steps", "step_s", "status"),
    [(1, 12 * 3600 + 1, 401), (15, 11 * 3600, 200), (16, 11 * 3600, 401)],
)
def test_a_session_ends_unused_and_at_last_anyhow(server, clock, anna, steps, step_s, status):
    client = server.client()
    sign_in(client)
    for _ in range(steps):
        clock.move(step_s)
        reply = client.get(RESOURCES)
    assert reply.status_code == status


def test_sessions_outlive_the_store_and_are_kept_as_hashes(server, clock, anna):
    client = server.client()
    sign_in(client)
    sessions = server.parts.access.sessions
    [secret] = client.inner.cookies.values()
    with sessions._engine.connect() as connection:
        dump = str(connection.exec_driver_sql("select * from sessions").all())
    assert anna.id in dump
    assert secret not in dump
    again = type(sessions)(sessions._engine, clock, 3600, 7200)
    assert again.person_of(secret) == anna.id


@pytest.mark.parametrize("origin", ["http://127.0.0.1:9999", "http://evil.example", "null"])
def test_a_page_of_another_origin_does_nothing_in_somebodys_name(server, anna, origin):
    client = server.client()
    sign_in(client)
    reply = client.put(NEW, json={}, headers={"origin": origin})
    assert reply.status_code == 403
    assert sign_in(server.client(), origin=origin).status_code == 403
    assert client.delete(SESSION, headers={"origin": origin}).status_code == 403
    assert server.parts.resources.list() == ()
    reply = client.put(NEW, json={}, headers=OWN)
    assert reply.status_code == 200


def test_a_change_by_cookie_needs_to_say_where_it_comes_from(server, anna):
    client = server.client()
    sign_in(client)
    assert client.put(NEW, json={}).status_code == 403


def test_only_json_signs_in(server, anna):
    reply = server.client().post(SESSION, data={"name": "anna", "password": PASSWORD}, headers=OWN)
    assert reply.status_code == 415


def test_unknown_names_and_wrong_passwords_are_told_alike(server, anna):
    told = [
        sign_in(server.client(), name, "wrong password!").json()["error"]
        for name in ("anna", "bert")
    ]
    for each in told:
        each.pop("correlationId")
    assert told[0] == told[1]


def test_unknown_names_take_the_time_of_a_hash(server, anna, monkeypatch):
    passwords = server.parts.access.passwords
    verified = []
    inner = passwords._hasher

    class Counting:
        def verify(self, kept, password):
            verified.append(kept[:12])
            return inner.verify(kept, password)

        def hash(self, password):
            return inner.hash(password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    for name in ("anna", "bert"):
        sign_in(server.client(), name, "wrong password!")
    assert len(verified) == 2
    assert len(set(verified)) == 1


def test_guessing_has_to_wait_longer_and_longer(server, clock, anna):
    client = server.client()
    for _ in range(PAIR.free):
        assert sign_in(client, password="wrong password!").status_code == 401
    waits = []
    for _ in range(4):
        reply = sign_in(client)
        assert reply.status_code == 429
        waits.append(int(reply.headers["retry-after"]))
        clock.move(waits[-1] + 0.001)
        assert sign_in(client, password="wrong password!").status_code == 401
    assert waits == [1, 2, 4, 8]
    assert sign_in(client).status_code == 429
    clock.move(16)
    assert sign_in(client).status_code == 200
    assert sign_in(client, password="wrong password!").status_code == 401


def test_names_that_are_not_there_have_to_wait_too(server, anna):
    client = server.client()
    for _ in range(PAIR.free):
        sign_in(client, "bert", "wrong password!")
    assert sign_in(client, "bert").status_code == 429


def test_a_new_password_ends_every_session_but_this(server, anna):
    one, other = server.client(), server.client()
    sign_in(one)
    sign_in(other)
    body = {"old": PASSWORD, "new": "another horse entirely"}
    assert one.post("/portal/api/password", json=body, headers=OWN).status_code == 200
    assert one.get(RESOURCES).status_code == 200
    assert other.get(RESOURCES).status_code == 401
    assert sign_in(server.client()).status_code == 401
    assert sign_in(server.client(), password="another horse entirely").status_code == 200


def test_nobody_changes_a_password_without_the_old_one(server, anna):
    client = server.client()
    sign_in(client)
    body = {"old": "wrong password!", "new": "another horse entirely"}
    assert client.post("/portal/api/password", json=body, headers=OWN).status_code == 401
    assert server.client().post("/portal/api/password", json=body, headers=OWN).status_code == 401


class TestFirstAdministrator:
    def make(self, server, secret, name="root", password=PASSWORD):
        body = {"secret": secret, "name": name, "password": password}
        return server.client().post("/portal/api/first-administrator", json=body, headers=OWN)

    def test_the_link_makes_one_once(self, server):
        link = server.parts.access.first_link.new()
        assert server.client().get(SESSION).json()["awaits_first_administrator"]
        assert self.make(server, "wrong").status_code == 401
        assert self.make(server, link, password="short").status_code == 400
        reply = self.make(server, link)
        assert reply.status_code == 201
        assert "set-cookie" in reply.headers
        assert self.make(server, link, "second").status_code == 401
        assert [each.name for each in server.parts.access.people.list()] == ["root"]
        assert not server.client().get(SESSION).json()["awaits_first_administrator"]

    def test_the_link_is_not_for_ever(self, server, clock):
        link = server.parts.access.first_link.new()
        clock.move(FIRST_LINK_S)
        assert self.make(server, link).status_code == 401

    def test_a_server_that_has_an_administrator_makes_none(self, server, anna):
        assert self.make(server, server.parts.access.first_link.new()).status_code == 400


class TestPeople:
    def test_administrators_make_change_and_remove_people(self, server, anna):
        server.parts.resources.create("shop")
        client = server.client()
        sign_in(client)
        body = {"name": "bert", "password": PASSWORD, "roles": {"shop": "viewer"}}
        made = client.post("/access/people", json=body, headers=OWN)
        assert made.status_code == 201
        assert made.json()["roles"] == {"shop": "viewer"}
        bert = server.client()
        sign_in(bert, "bert")
        assert [r["name"] for r in bert.get(RESOURCES).json()["value"]] == ["shop"]
        assert bert.get("/access/people").status_code == 403
        body = {"roles": {"shop": None}}
        assert client.patch("/access/people/bert", json=body, headers=OWN).json()["roles"] == {}
        assert bert.get(RESOURCES).status_code == 403
        assert client.delete("/access/people/bert", headers=OWN).status_code == 204
        assert bert.get(RESOURCES).status_code == 401

    def test_a_name_that_is_taken_is_told_apart(self, server, anna):
        client = server.client()
        sign_in(client)
        body = {"name": "ANNA", "password": PASSWORD}
        refused = client.post("/access/people", json=body, headers=OWN)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "Conflict")

    def test_a_change_that_cannot_be_whole_is_none(self, server, anna):
        client = server.client()
        sign_in(client)
        bert = server.parts.access.people.create("bert", roles={EVERYTHING: Role.VIEWER})
        body = {"roles": {"*": "editor"}, "password": "short"}
        assert client.patch("/access/people/bert", json=body, headers=OWN).status_code == 400
        body = {"roles": {"*": "root"}, "password": PASSWORD}
        assert client.patch("/access/people/bert", json=body, headers=OWN).status_code == 400
        assert server.parts.access.people.get(bert.id) == bert
        body = {"roles": {"*": "editor"}, "password": PASSWORD}
        changed = client.patch(f"/access/people/{bert.id}", json=body, headers=OWN).json()
        assert (changed["roles"], changed["hasPassword"]) == ({"*": "editor"}, True)

    def test_lists_come_in_pages(self, server, anna):
        access = server.parts.access
        for number in range(5):
            access.people.create(f"p{number}")
            access.keys.create(EVERYTHING, f"k{number}", [Right.READ])
            access.audit.add("anna", "person", "act", str(number))
        client = server.client()
        sign_in(client)

        def walked(address):
            pages = [client.get(address).json()]
            while "nextLink" in pages[-1]:
                pages.append(client.get(pages[-1]["nextLink"]).json())
            return [page["value"] for page in pages]

        people = walked("/access/people?$top=2")
        assert [[each["name"] for each in page] for page in people] == [
            ["anna", "p0"],
            ["p1", "p2"],
            ["p3", "p4"],
        ]
        keys = walked("/access/keys?$top=3")
        assert [len(page) for page in keys] == [3, 2]
        assert {each["name"] for page in keys for each in page} == {f"k{n}" for n in range(5)}
        deeds = walked("/access/audit?top=4")
        assert [each["number"] for page in deeds for each in page] == [6, 5, 4, 3, 2, 1]
        assert client.get("/access/people?$top=0").status_code == 400

    def test_the_last_administrator_stays(self, server, anna):
        people = server.parts.access.people
        with pytest.raises(InvalidAccess, match="last administrator"):
            people.remove(anna.id)
        with pytest.raises(InvalidAccess, match="last administrator"):
            people.set_roles(anna.id, {EVERYTHING: Role.EDITOR})

    def test_editors_write_and_do_not_manage(self, server, anna):
        shop = server.parts.resources.create("shop")
        access = server.parts.access
        person = access.people.create("carl", roles={shop.app_id: Role.EDITOR})
        cookie = f"openinsights={access.sessions.begin(person.id)}"
        client = server.client(cookie=cookie, **OWN)
        assert client.get(shop.resource_id).status_code == 200
        assert client.patch(shop.resource_id, json={"tags": {}}).status_code == 403

    def test_deeds_are_told_to_the_audit_log(self, server, anna):
        client = server.client()
        sign_in(client, password="wrong password!")
        sign_in(client)
        client.put(NEW, json={}, headers=OWN)
        client.post("/v1/apps/shop/query", json={"query": "print 1"}, headers=OWN)
        client.post("/store/backup", headers=OWN)
        rows = client.get("/access/audit").json()["value"]
        assert [(r["actor"], r["action"], r["target"], r["outcome"]) for r in rows] == [
            ("anna", "POST", "/store/backup", "409"),
            ("anna", "PUT", NEW, "200"),
            ("anna", "sign-in", "anna", "ok"),
            ("anna", "sign-in", "anna", "refused"),
        ]
        assert {r["address"] for r in rows} == {"127.0.0.1"}
        [oldest] = client.get(f"/access/audit?before={rows[-2]['number']}").json()["value"]
        assert oldest == rows[-1]


def test_secrets_come_into_no_log_no_url_and_no_error(server, anna, caplog):
    caplog.set_level(logging.DEBUG)
    access = server.parts.access
    shop = server.parts.resources.create("shop")
    client = server.client()
    first = access.first_link.new()
    replies = [
        sign_in(client, password="a-wrong-secret-password"),
        sign_in(client),
        client.post(
            "/portal/api/first-administrator",
            json={"secret": first, "name": "x", "password": PASSWORD},
            headers=OWN,
        ),
        client.post(SESSION, content=b'{"password": "' + PASSWORD.encode(), headers=OWN),
        client.post("/portal/api/password", json={"old": PASSWORD, "new": "short"}, headers=OWN),
        server.client(**{"x-api-key": "a-wrong-secret-key"}).get("/store/days"),
        server.client(authorization="Bearer a.wrong.secret").get("/store/days"),
    ]
    made = client.post(
        f"{shop.resource_id}/ApiKeys",
        json={"name": "k", "OpenInsights": {"rights": ["read"]}},
        headers=OWN,
    )
    key = made.json()["apiKey"]
    by_key = server.client(**{"x-api-key": key})
    replies += [
        by_key.get(shop.resource_id),
        by_key.get(f"{shop.resource_id}/ApiKeys"),
        client.get(f"{shop.resource_id}/ApiKeys"),
        client.get("/access/audit"),
        client.get("/access/people"),
    ]
    session = client.inner.cookies["openinsights"]
    hashed = anna.password_hash
    secrets = [PASSWORD, "a-wrong-secret", "a.wrong.secret", first, key, session, hashed]
    texts = [caplog.text, str(access.audit.read(None, 1000))]
    texts += [f"{each.request.url} {each.text}" for each in replies]
    for secret in secrets:
        assert not [text for text in texts if secret in text]
    assert {each.status_code for each in replies} >= {200, 401, 400, 403}
