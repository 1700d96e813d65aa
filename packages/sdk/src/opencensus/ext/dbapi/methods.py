"""Methods of a driver's own types that trace: of connections that are open already, too."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from opencensus.ext.dbapi.statement import Database, OpenStatement, open_statement
from opencensus.ext.patched import is_patched, marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

STATEMENT_NAMES = ("query", "operation", "statement", "command", "procname")
"""What drivers call the first argument of a method that sends a statement."""

PARAMETER_NAMES = ("params", "args", "parameters", "vars", "seq_params", "params_seq")
"""What drivers call the second one."""


def trace_methods(
    types: Sequence[type], names: Sequence[str], database_of: Callable[[Any], Database]
) -> None:
    """Replace methods of types, and of their subclasses, by ones that trace; twice traces once.

    Args:
        types: Cursors or connections, with methods for callers that wait and for those that await.
        names: The methods that send a statement, which is their first argument.
        database_of: Tells of such an object where its statements go.
    """
    for one in types:
        for kind in _family(one):
            for name in names:
                method = kind.__dict__.get(name)
                if inspect.isfunction(method) and not is_patched(method):
                    setattr(kind, name, traced_method(method, database_of))


def _family(kind: type) -> Iterator[type]:
    yield kind
    subclass: type
    for subclass in kind.__subclasses__():
        yield from _family(subclass)


def traced_method(
    method: Callable[..., Any],
    database_of: Callable[[Any], Database],
    statement_of: Callable[[Any], object] | None = None,
) -> Callable[..., Any]:
    """Return a method that does the same inside the span of a statement.

    Args:
        method: A function of a type.
        database_of: Tells of the object where its statements go.
        statement_of: Tells of the object what is sent; by default that is the first argument.
    """
    name = method.__name__

    def opened(owner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> OpenStatement | None:
        if statement_of is not None:
            return open_statement(database_of(owner), name, statement_of(owner), args or None)
        statement = args[0] if args else _named(kwargs, STATEMENT_NAMES)
        rest = args[1:]
        # One driver takes parameters one by one, the others as one object.
        parameters = rest[0] if len(rest) == 1 else rest or _named(kwargs, PARAMETER_NAMES)
        return open_statement(database_of(owner), name, statement, parameters)

    return around(method, opened)


def around(
    method: Callable[..., Any],
    opened: Callable[[Any, tuple[Any, ...], dict[str, Any]], OpenStatement | None],
) -> Callable[..., Any]:
    """Return a method that does the same inside a statement.

    Args:
        method: A function of a type.
        opened: Opens the statement, of the object and the arguments; None for none.
    """
    if inspect.iscoroutinefunction(method):

        @wraps(method)
        async def awaited(self: Any, *args: Any, **kwargs: Any) -> Any:
            statement = opened(self, args, kwargs)
            if statement is None:
                return await method(self, *args, **kwargs)
            with statement:
                return await method(self, *args, **kwargs)

        return marked(awaited)

    @wraps(method)
    def traced(self: Any, *args: Any, **kwargs: Any) -> Any:
        statement = opened(self, args, kwargs)
        if statement is None:
            return method(self, *args, **kwargs)
        with statement:
            return method(self, *args, **kwargs)

    return marked(traced)


def _named(kwargs: dict[str, Any], names: Sequence[str]) -> Any:
    return next((kwargs[name] for name in names if name in kwargs), None)


class Remembered(Generic[T]):
    """What a function reads of an object, read once for each.

    Args:
        read: Tells of an object; where it fails, `unknown` is told, and asked for again.
        unknown: What is told of an object that cannot be read, such as a closed connection.
    """

    def __init__(self, read: Callable[[Any], T], unknown: T) -> None:
        self._read = read
        self._unknown = unknown
        self._known: WeakKeyDictionary[Any, T] = WeakKeyDictionary()

    def __call__(self, owner: Any) -> T:
        """Return what is known of an object."""
        try:
            known = self._known.get(owner)
            if known is None:
                known = self._known[owner] = self._read(owner)
        except Exception:
            # A driver's objects may be closed, may not be held weakly, and may be mocks.
            return self._unknown
        return known


def server_name(host: object, port: object = None) -> str | None:
    """Return a host with its port; None when there is none, as with a file or a socket."""
    if not host:
        return None
    return f"{host}:{port}" if port else str(host)
