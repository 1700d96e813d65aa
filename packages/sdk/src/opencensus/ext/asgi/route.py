"""The template of the address that an ASGI application served, as its framework left it behind.

No framework is imported: what Starlette, FastAPI and Litestar put into the scope is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REST = "/{path}"
"""What stands for the addresses below a mounted application that has no routes."""


def template_of(
    scope: Mapping[str, Any], application: Any, path: str, root_path: str
) -> str | None:
    """Return a template such as `/orders/{id}`; None where no route was found.

    Args:
        scope: The scope after the request was served.
        application: Whose routes are searched where the scope does not tell the route.
        path: The scope's path before the request was served.
        root_path: The scope's root path before.
    """
    # Hot path, once per request.
    template: str | None = scope.get("path_template")
    if template is not None:
        return template
    route = scope.get("route")
    if route is None:
        # Starlette before 1.0 leaves the endpoint alone.
        return _searched(scope, application, path, root_path) if "endpoint" in scope else None
    included = scope.get("fastapi")
    if included is not None:
        route = _with_prefix(route, included.get("effective_route_context"))
    template = getattr(route, "path_format", None)
    if not isinstance(template, str):
        return None
    mounted = scope.get("root_path", "")[len(root_path) :]
    if not mounted:
        return template
    if scope.get("path_params"):
        # A mount with parameters leaves their values in the root path.
        return _searched(scope, application, path, root_path) or str(template)
    return f"{mounted}{REST if hasattr(route, 'routes') else template}"


def _with_prefix(route: Any, effective: Any) -> Any:
    """Return what knows the whole path of a route: a router that FastAPI includes keeps its own."""
    if effective is None or getattr(effective, "original_route", None) is not route:
        return route
    return getattr(effective, "starlette_route", None) or effective


def _searched(scope: Mapping[str, Any], application: Any, path: str, root_path: str) -> str | None:
    if root_path and path.startswith(root_path):
        path = path[len(root_path) :]
    return _among(getattr(application, "routes", ()), path, scope.get("method"))


def _among(routes: Iterable[Any], path: str, method: str | None) -> str | None:
    """Return the template of the first of the routes, and of those below, that matches."""
    other_method = None
    for route in routes:
        pattern = getattr(route, "path_regex", None)
        below = getattr(route, "routes", None)
        if pattern is None:
            # The routes of one host.
            found = _among(below, path, method) if below else None
            if found is not None:
                return found
            continue
        match = pattern.match(path)
        if match is None:
            continue
        if below is not None:
            start: str = route.path_format.removesuffix(REST)
            rest = match.groupdict().get("path", "")
            return start + (_among(below, f"/{rest}", method) or REST)
        methods = getattr(route, "methods", None)
        if not methods or method is None or method in methods:
            return str(route.path_format)
        other_method = other_method or str(route.path_format)
    return other_method
