"""People and services that an OpenID provider knows, with a real small provider."""

from __future__ import annotations

import time
import warnings
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from openinsights.access.errors import InvalidAccess
from openinsights.access.openid import Provider
from openinsights.access.openid_roles import parse_roles
from openinsights.clock import SystemClock
from openinsights.settings import resolve

# the provider of the tests uses what its own libraries have deprecated
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
CLIENT = "openinsights"
RESOURCES = "/providers/Microsoft.Insights/components"
AUDIENCE = "https://monitor.example"


@pytest.fixture(scope="module")
def provider():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def settings(provider):
    return resolve(
        {
            "sign_in": "always",
            "openid_issuer": provider,
            "openid_client_id": CLIENT,
            "openid_client_secret": "a-secret-of-the-client",
            "openid_roles": "ops=admin, team=viewer:shop, team=editor:shop, none=viewer:nothing",
            "openid_audiences": f"{AUDIENCE}, other",
        }
    )


@pytest.fixture
def shop(server):
    return server.parts.resources.create("shop")


def known(provider, subject, **claims):
    """Make somebody whom the provider knows."""
    reply = httpx.put(f"{provider}/users/{subject}", json=claims)
    assert reply.status_code == 204, reply.text


def authorized(url, subject):
    """Say to the provider who one is, and return where it sends the browser."""
    reply = httpx.post(url, data={"sub": subject})
    assert reply.status_code in (302, 303), reply.text
    back = urlsplit(reply.headers["location"])
    return f"{back.path}?{back.query}"


def sign_in(server, subject, to="/a/shop/logs"):
    client = server.client()
    begun = client.get(f"/sign-in/provider?to={to}")
    assert begun.status_code == 303, begun.text
    return client, client.get(authorized(begun.headers["location"], subject))


def test_somebody_of_a_group_signs_in(server, provider, shop):
    known(provider, "ada", groups=["team"], preferred_username="Ada")
    client, reply = sign_in(server, "ada")
    assert (reply.status_code, reply.headers["location"]) == (303, "/a/shop/logs"), reply.text
    session = client.get("/portal/api/session").json()
    assert session["name"] == "Ada (localhost)"
    assert session["provider"] == "localhost"
    assert [r["name"] for r in client.get(RESOURCES).json()["value"]] == ["shop"]
    [person] = server.parts.access.people.list()
    assert person.roles == {shop.app_id: "editor"}
    assert not person.password_hash


def test_groups_are_looked_at_anew_each_time(server, provider, shop):
    known(provider, "bo", groups=["ops"])
    client, _ = sign_in(server, "bo")
    assert client.get("/access/people").status_code == 200
    known(provider, "bo", groups=["team"])
    client, _ = sign_in(server, "bo")
    assert client.get("/access/people").status_code == 403
    assert len(server.parts.access.people.list()) == 1


def test_who_has_no_role_stays_out(server, provider):
    known(provider, "eve", groups=["others", "none"])
    client, reply = sign_in(server, "eve")
    assert reply.headers["location"].startswith("/sign-in?problem=")
    assert client.get(RESOURCES).status_code == 401
    assert server.parts.access.people.list() == ()


def test_a_person_of_the_provider_is_nobody_with_a_password_here(server, provider, shop):
    access = server.parts.access
    local = access.people.create("ada", access.passwords.hash_of("p" * 12))
    known(provider, "ada2", groups=["team"], preferred_username="ada")
    sign_in(server, "ada2")
    assert access.people.named("ada") == local
    reply = server.client().post(
        "/portal/api/session",
        json={"name": access.people.list()[1].key, "password": ""},
        headers={"origin": "http://127.0.0.1:5380"},
    )
    assert reply.status_code == 401


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_nobody_is_sent_elsewhere(server, provider, shop, to):
    known(provider, "ada", groups=["team"])
    _, reply = sign_in(server, "ada", to)
    assert reply.headers["location"] == "/"


def test_an_answer_is_only_for_the_browser_that_asked_and_only_once(server, provider, shop):
    known(provider, "ada", groups=["team"])
    mine, other = server.client(), server.client()
    begun = mine.get("/sign-in/provider")
    back = authorized(begun.headers["location"], "ada")
    assert "problem" in other.get(back).headers["location"]
    assert "problem" in mine.get(back).headers["location"]
    begun = mine.get("/sign-in/provider")
    back = authorized(begun.headers["location"], "ada")
    assert mine.get(back).headers["location"] == "/"
    assert "problem" in mine.get(back).headers["location"]
    assert "problem" in mine.get(back.replace("state=", "state=x")).headers["location"]


def test_the_provider_is_asked_with_state_nonce_and_a_challenge(server, provider):
    asked = parse_qs(urlsplit(server.client().get("/sign-in/provider").headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert asked["redirect_uri"] == ["http://127.0.0.1:5380/sign-in/callback"]


def test_a_refusal_of_the_provider_is_told(server, provider):
    reply = server.client().get("/sign-in/callback?error=access_denied&error_description=<b>x")
    assert reply.headers["location"].startswith("/sign-in?problem=cannot+sign+in")
    assert "%3Cb" not in reply.headers["location"]


class Keys:
    """A provider's documents and keys, served from memory; requests for keys are counted."""

    def __init__(self):
        self.issuer = "https://login.example"
        self.keys = {}
        self.asked = 0
        self.add("one", rsa.generate_private_key(65537, 2048), "RS256")

    def add(self, kid, private, algorithm):
        name = "RSAAlgorithm" if algorithm.startswith(("RS", "PS")) else "ECAlgorithm"
        public = getattr(jwt.algorithms, name).to_jwk(private.public_key(), as_dict=True)
        self.keys[kid] = (private, algorithm, {**public, "kid": kid, "alg": algorithm})

    def answer(self, request):
        if request.url.path.endswith("openid-configuration"):
            return httpx.Response(
                200, json={"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}
            )
        self.asked += 1
        return httpx.Response(200, json={"keys": [jwk for _, _, jwk in self.keys.values()]})

    def token(self, kid="one", algorithm=None, key=None, header=None, **claims):
        private, own, _ = self.keys[kid]
        now = int(time.time())
        usual = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "svc-1",
            "exp": now + 600,
            "nbf": now - 10,
            "appid": "collector",
            "roles": ["team"],
        }
        return jwt.encode(
            {k: v for k, v in {**usual, **claims}.items() if v is not None},
            private if key is None else key,
            algorithm=algorithm or own,
            headers={"kid": kid, **(header or {})},
        )


class TestTokens:
    @pytest.fixture
    def keys(self):
        return Keys()

    @pytest.fixture
    def clock(self):
        class Moved(SystemClock):
            ahead_s = 0.0

            def monotonic_s(self):
                return time.monotonic() + self.ahead_s

        return Moved()

    @pytest.fixture
    def server(self, server, keys, clock):
        http = httpx.AsyncClient(transport=httpx.MockTransport(keys.answer))
        gate = server.application._gate
        gate._token_caller.__self__._provider = Provider(keys.issuer, http, clock)
        return server

    def ask(self, server, token, path="/v1/apps/shop/query"):
        client = server.client(authorization=f"Bearer {token}")
        return client.post(path, json={"query": "print 1"})

    def test_a_service_reads_what_its_groups_may(self, server, keys, shop):
        server.parts.resources.create("bank")
        token = keys.token()
        assert self.ask(server, token).status_code == 200
        assert self.ask(server, token, "/v1/apps/bank/query").status_code == 403
        assert self.ask(server, keys.token(roles=["ops"]), "/v1/apps/bank/query").status_code == 200
        assert self.ask(server, keys.token(roles=None)).status_code == 403
        assert self.ask(server, keys.token(roles=None, groups=["team"])).status_code == 200
        assert self.ask(server, keys.token(aud=["x", "other"])).status_code == 200

    @pytest.mark.parametrize(
        "wrong",
        [
            {"exp": 1},
            {"exp": None},
            {"nbf": int(time.time()) + 3600},
            {"iss": "https://other.example"},
            {"iss": None},
            {"sub": None},
            {"aud": None},
            {"header": {"kid": "unknown"}},
        ],
    )
    def test_a_token_that_does_not_fit_opens_nothing(self, server, keys, shop, wrong):
        reply = self.ask(server, keys.token(**wrong))
        assert reply.status_code == 403
        assert reply.json()["error"]["code"] == "InvalidAuthenticationToken"

    def test_a_token_for_others_is_told_apart(self, server, keys, shop):
        reply = self.ask(server, keys.token(aud="https://elsewhere.example"))
        assert reply.status_code == 403
        assert reply.json()["error"]["code"] == "InvalidAuthenticationTokenAudience"

    def test_signatures_that_others_can_make_are_not_taken(self, server, keys, shop):
        stranger = rsa.generate_private_key(65537, 2048)
        secret = "x" * 64
        unsigned = jwt.encode({"iss": keys.issuer}, None, algorithm="none", headers={"kid": "one"})
        for token in (
            keys.token(key=stranger),
            keys.token(algorithm="HS256", key=secret),
            keys.token(algorithm="PS256"),
            unsigned,
            keys.token()[:-8] + "AAAAAAAA",
            "a.b.c",
            "x" * 20_000 + ".b.c",
        ):
            assert self.ask(server, token).status_code == 403, token[:40]

    def test_a_new_key_of_the_provider_is_looked_up(self, server, keys, shop, clock):
        assert self.ask(server, keys.token()).status_code == 200
        keys.add("two", ec.generate_private_key(ec.SECP256R1()), "ES256")
        assert self.ask(server, keys.token("two")).status_code == 403
        clock.ahead_s = 31
        assert self.ask(server, keys.token("two")).status_code == 200
        assert keys.asked == 2

    def test_nonsense_does_not_have_the_provider_asked_all_the_time(self, server, keys, shop):
        for number in range(10):
            self.ask(server, keys.token(header={"kid": f"k{number}"}))
        assert keys.asked == 1

    def test_a_withdrawn_key_opens_nothing_after_the_next_look_up(self, server, keys, shop, clock):
        keys.add("two", ec.generate_private_key(ec.SECP256R1()), "ES256")
        old = keys.token()
        assert self.ask(server, old).status_code == 200
        two = keys.token("two")
        private_one = keys.keys.pop("one")
        clock.ahead_s = 61
        assert self.ask(server, keys.token("two", header={"kid": "three"})).status_code == 403
        assert self.ask(server, old).status_code == 403
        assert self.ask(server, two).status_code == 200
        assert private_one


class TestSending:
    """A resource that asks for more than its instrumentation key."""

    @pytest.fixture
    def keys(self):
        return Keys()

    @pytest.fixture
    def server(self, server, keys, clock):
        http = httpx.AsyncClient(transport=httpx.MockTransport(keys.answer))
        gate = server.application._gate
        gate._token_caller.__self__._provider = Provider(keys.issuer, http, clock)
        return server

    def send(self, server, resource, **headers):
        item = {
            "name": "Microsoft.ApplicationInsights.Message",
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "iKey": resource.instrumentation_key,
            "data": {"baseType": "MessageData", "baseData": {"ver": 2, "message": "m"}},
        }
        return server.client(**headers).post("/v2.1/track", json=[item])

    def test_only_who_may_write_sends(self, server, keys, shop):
        assert self.send(server, shop).status_code == 200
        server.parts.resources.update(shop.app_id, settings={"disable_local_auth": True})
        refused = self.send(server, shop)
        assert refused.status_code == 401
        assert refused.json()["itemsAccepted"] == 0
        assert refused.json()["errors"][0]["statusCode"] == 401
        reader = keys.token(roles=["none"])
        writer = keys.token()
        wrong = keys.token(aud="https://elsewhere.example")
        sent = [
            self.send(server, shop, authorization=f"Bearer {token}").status_code
            for token in (reader, wrong, writer)
        ]
        assert sent == [403, 403, 200]
        _, key = server.parts.access.keys.create(shop.app_id, "k", ["write"])
        assert self.send(server, shop, authorization=f"Bearer {key}").status_code == 200

    def test_live_metrics_ask_for_it_too(self, server, keys, shop):
        server.parts.resources.update(shop.app_id, settings={"disable_local_auth": True})
        path = f"/QuickPulseService.svc/ping?ikey={shop.instrumentation_key}"
        assert server.client().post(path).status_code == 401
        token = keys.token()
        assert server.client(authorization=f"Bearer {token}").post(path).status_code == 200

    def test_the_setting_has_azures_name(self, server, shop):
        client = server.all_rights_client(shop.app_id)
        body = {"properties": {"DisableLocalAuth": True}}
        changed = client.patch(shop.resource_id, json=body)
        assert changed.json()["properties"]["DisableLocalAuth"] is True
        assert self.send(server, shop).status_code == 401


@pytest.mark.parametrize("text", ["ops", "=admin", "ops=root", "ops=", "ops=viewer:a,b"])
def test_roles_that_cannot_be_read_are_refused(text):
    with pytest.raises(InvalidAccess):
        parse_roles(text)
