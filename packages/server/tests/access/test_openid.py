"""People and services that an OpenID provider knows, with a real small provider."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import threading
import time
import warnings
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from werkzeug.serving import make_server

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

        checking = HoldsToChallenges(oidc_provider_mock.app())
    server = make_server("localhost", 0, checking, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class HoldsToChallenges:
    """The provider, holding each code to the challenge that it was asked for with (RFC 7636)."""

    def __init__(self, provider):
        self._provider = provider
        self._challenges = {}

    def __call__(self, environ, start):
        if environ["PATH_INFO"] == "/oauth2/authorize":
            asked = parse_qs(environ["QUERY_STRING"])
            if asked.get("code_challenge_method") != ["S256"]:
                return _refused(start, "invalid_request")
            [challenge] = asked["code_challenge"]

            def noting(status, headers, *more):
                back = urlsplit(dict(headers).get("Location", ""))
                for code in parse_qs(back.query).get("code", []):
                    self._challenges[code] = challenge
                return start(status, headers, *more)

            return self._provider(environ, noting)
        if environ["PATH_INFO"] == "/oauth2/token":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = io.BytesIO(body)
            shown = parse_qs(body.decode())
            challenge = self._challenges.pop(shown["code"][0], "")
            [verifier] = shown.get("code_verifier", [""])
            if not 43 <= len(verifier) <= 128 or create_s256_code_challenge(verifier) != challenge:
                return _refused(start, "invalid_grant")
        return self._provider(environ, start)


def _refused(start, error):
    start("400 Bad Request", [("Content-Type", "application/json")])
    return [json.dumps({"error": error}).encode()]


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


def test_a_code_of_somebody_elses_sign_in_lets_nobody_in(server, provider, shop):
    """Who has got hold of a code and puts it into a sign-in of their own lacks its verifier."""
    known(provider, "ada", groups=["ops"])
    code = authorized(server.client().get("/sign-in/provider").headers["location"], "ada")
    thief = server.client()
    own = authorized(thief.get("/sign-in/provider").headers["location"], "eve")
    stolen = parse_qs(urlsplit(code).query)["code"][0]
    state = parse_qs(urlsplit(own).query)["state"][0]
    reply = thief.get(f"/sign-in/callback?code={stolen}&state={state}")
    assert reply.headers["location"].startswith("/sign-in?problem=")
    assert "refuses+the+code" in reply.headers["location"]
    assert thief.get(RESOURCES).status_code == 401
    assert server.parts.access.people.list() == ()


def test_the_provider_refuses_who_asks_without_a_challenge(server, provider):
    """The provider of these tests does hold to it."""
    url = server.client().get("/sign-in/provider").headers["location"]
    plain = url.replace("code_challenge_method=S256", "code_challenge_method=plain")
    assert httpx.post(plain, data={"sub": "ada"}).status_code == 400


def test_a_person_of_the_provider_signs_out_here_and_everywhere(server, provider, shop):
    known(provider, "ada", groups=["team"])
    one, _ = sign_in(server, "ada")
    other, _ = sign_in(server, "ada")
    own = {"origin": "http://127.0.0.1:5380"}
    assert one.delete("/portal/api/session", headers=own).status_code == 200
    assert [each.get(RESOURCES).status_code for each in (one, other)] == [401, 200]
    one, _ = sign_in(server, "ada")
    assert one.delete("/portal/api/session?everywhere=true", headers=own).status_code == 200
    assert [each.get(RESOURCES).status_code for each in (one, other)] == [401, 401]


def test_whose_groups_have_lost_their_role_is_signed_in_no_more(server, provider, shop):
    known(provider, "cleo", groups=["team"])
    before, _ = sign_in(server, "cleo")
    assert before.get(RESOURCES).status_code == 200
    known(provider, "cleo", groups=[])
    again, reply = sign_in(server, "cleo")
    assert reply.headers["location"].startswith("/sign-in?problem=")
    assert again.get(RESOURCES).status_code == 401
    # what the provider says of somebody holds in every browser from then on
    assert before.get(RESOURCES).status_code == 403


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


def _encoded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _part(value):
    return _encoded(json.dumps(value).encode())


def _claims(keys):
    """The claims of a token that is right but for its signature."""
    return keys.token().split(".")[1]


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

    def test_a_public_key_is_no_shared_secret(self, server, keys, shop):
        """What anybody can look up signs nothing, in whatever form it is taken for a secret."""
        public = keys.keys["one"][0].public_key()
        forms = [
            public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
            for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER)
        ]
        forms += [json.dumps(keys.keys["one"][2]).encode(), keys.keys["one"][2]["n"].encode(), b""]
        for secret in forms:
            for algorithm, digest in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512)):
                signed = f"{_part({'alg': algorithm, 'kid': 'one'})}.{_claims(keys)}"
                signature = hmac.new(secret, signed.encode(), digest).digest()
                assert self.ask(server, f"{signed}.{_encoded(signature)}").status_code == 403

    @pytest.mark.parametrize("none", ["none", "None", "NONE", "nOnE", "", None])
    @pytest.mark.parametrize("signature", ["", "AAAA"])
    def test_a_token_needs_a_signature(self, server, keys, shop, none, signature):
        token = f"{_part({'alg': none, 'kid': 'one'})}.{_claims(keys)}.{signature}"
        assert self.ask(server, token).status_code == 403

    def test_a_token_brings_no_key_of_its_own(self, server, keys, shop):
        stranger = rsa.generate_private_key(65537, 2048)
        own = jwt.algorithms.RSAAlgorithm.to_jwk(stranger.public_key(), as_dict=True)
        for header in (
            {"jwk": own},
            {"jwk": own, "kid": ""},
            {"jku": "https://evil.example/keys"},
            {"x5u": "https://evil.example/certificate"},
            {"kid": "../../one"},
            {"kid": "one' or '1'='1"},
        ):
            assert self.ask(server, keys.token(key=stranger, header=header)).status_code == 403

    @pytest.mark.parametrize(
        ("claims", "status"),
        [
            ({"exp": -30}, 200),
            ({"exp": -90}, 403),
            ({"exp": "600"}, 200),
            ({"nbf": 30}, 200),
            ({"nbf": 90}, 403),
            ({"iat": 30}, 200),
            ({"iat": 90}, 403),
        ],
    )
    def test_clocks_may_differ_by_a_minute(self, server, keys, shop, claims, status):
        now = int(time.time())
        moved = {name: type(seconds)(now + int(seconds)) for name, seconds in claims.items()}
        assert self.ask(server, keys.token(**moved)).status_code == status

    @pytest.mark.parametrize(
        ("left_s", "later_s", "status"), [(600, 59, 200), (600, 61, 403), (-58, 3, 403)]
    )
    def test_a_token_is_remembered_for_a_minute_and_not_beyond_its_end(
        self, server, keys, shop, clock, left_s, later_s, status
    ):
        token = keys.token(exp=int(time.time()) + left_s)
        assert self.ask(server, token).status_code == 200
        http = httpx.AsyncClient(transport=httpx.MockTransport(Keys().answer))
        openid = server.application._gate._token_caller.__self__
        openid._provider = Provider(keys.issuer, http, clock)  # has changed its keys meanwhile
        clock.ahead_s = later_s
        assert self.ask(server, token).status_code == status

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
