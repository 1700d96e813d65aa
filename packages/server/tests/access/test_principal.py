"""`current_principal()` tells a caller who the server takes it for."""

from __future__ import annotations

import pytest

from openinsights.access.rights import EVERYTHING, Right, Role
from openinsights.settings import resolve

OWN = {"origin": "http://127.0.0.1:5380"}
ASKED = {"query": "print current_principal()"}


def told(client, app_id, **headers):
    reply = client.post(f"/v1/apps/{app_id}/query", json=ASKED, headers=headers)
    assert reply.status_code == 200, reply.text
    return reply.json()["tables"][0]["rows"][0][0]


def test_a_key_and_a_person_are_told_by_their_ids(server):
    app_id = server.parts.resources.create("shop").app_id
    key, secret = server.parts.access.keys.create(app_id, "reader", [Right.READ])
    assert told(server.client(**{"x-api-key": secret}), app_id) == f"key={key.id}"

    anna = server.parts.access.people.create("anna", roles={EVERYTHING: Role.VIEWER})
    cookie = f"openinsights={server.parts.access.sessions.begin(anna.id)}"
    assert told(server.client(cookie=cookie, **OWN), app_id) == f"person={anna.id}"


def test_answers_that_are_shared_are_those_of_the_same_caller(server):
    app_id = server.parts.resources.create("shop").app_id
    keys = [server.parts.access.keys.create(app_id, name, [Right.READ]) for name in "ab"]
    answers = [
        told(server.client(**{"x-api-key": secret}), app_id, **{"cache-control": "max-age=60"})
        for _, secret in keys
    ]
    assert answers == [f"key={key.id}" for key, _ in keys]


class TestWhereNobodySignsIn:
    @pytest.fixture
    def settings(self):
        return resolve()

    def test_it_is_no_identity(self, server):
        app_id = server.parts.resources.create("shop").app_id
        assert told(server.client(), app_id) == "<null identity>"
