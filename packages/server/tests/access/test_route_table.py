"""Every route names the right it needs."""

from __future__ import annotations

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded

# who is served without being asked who they are: a row here is a decision
UNASKED = {
    "/": Right.OPEN,
    "/a/{rest:path}": Right.OPEN,
    "/tx/{rest:path}": Right.OPEN,
    "/favicon.svg": Right.OPEN,
    "/assets/{name:path}": Right.OPEN,
    "/sign-in": Right.OPEN,
    "/create": Right.OPEN,
    "/sign-in/provider": Right.OPEN,
    "/sign-in/callback": Right.OPEN,
    "/portal/api/session": Right.OPEN,
    "/portal/api/first-administrator": Right.OPEN,
    "/portal/api/password": Right.OPEN,
    "/health": Right.OPEN,
    "/live": Right.OPEN,
    "/ready": Right.OPEN,
    "/metadata/endpoints": Right.OPEN,
    "/openapi.json": Right.OPEN,
    "/api": Right.OPEN,
    "/api/profiles/{key}/appId": Right.INGEST,
    "/v2/track": Right.INGEST,
    "/v2.1/track": Right.INGEST,
    "/v1/traces": Right.INGEST,
    "/v1/logs": Right.INGEST,
    "/v1/metrics": Right.INGEST,
    "/{key}/v1/traces": Right.INGEST,
    "/{key}/v1/logs": Right.INGEST,
    "/{key}/v1/metrics": Right.INGEST,
    "/QuickPulseService.svc/ping": Right.INGEST,
    "/QuickPulseService.svc/post": Right.INGEST,
}


def test_every_route_names_a_right_for_each_of_its_methods(table):
    for route in table:
        assert isinstance(route, Guarded), route
        assert set(route.rights) == set(route.methods), route


def test_only_listed_routes_serve_callers_who_are_not_known(table):
    unasked = {
        route.path: right
        for route in table
        for right in route.rights.values()
        if right in (Right.OPEN, Right.INGEST)
    }
    assert unasked == UNASKED
