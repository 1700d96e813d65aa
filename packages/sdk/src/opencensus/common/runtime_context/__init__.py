"""Values that follow the flow of execution: each thread and each asyncio task has its own.

`RuntimeContext` is the one instance. A room registers a slot by name once and then reads and sets
it either through the attribute of that name or, on a hot path, through the returned slot.
A new task starts with the values of the task that made it; a new thread starts with the defaults.
"""

from __future__ import annotations

import threading
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


__all__ = ["RuntimeContext"]


class _Slot:
    """One named value of the context: `get`, `set`, and `clear` back to the default."""

    name: str
    default: Callable[[], Any]
    get: Callable[[], Any]
    set: Callable[[Any], Any]

    def __init__(self, name: str, default: Any) -> None:
        raise NotImplementedError

    def clear(self) -> None:
        """Give the slot its default value again in the current context."""
        self.set(self.default())


def _as_factory(default: Any) -> Callable[[], Any]:
    return default if callable(default) else lambda: default


class _RuntimeContext:
    """The registered slots seen as attributes."""

    Slot: ClassVar[type[_Slot]]
    _lock: ClassVar[threading.Lock]
    _slots: ClassVar[dict[str, _Slot]]

    @classmethod
    def register_slot(cls, name: str, default: Any = None) -> _Slot:
        """Add a slot whose value is `default`, or what `default()` makes for each context.

        Raises:
            ValueError: A slot of this name exists.
        """
        with cls._lock:
            if name in cls._slots:
                raise ValueError(f"slot {name} already registered")
            slot = cls.Slot(name, default)
            cls._slots[name] = slot
            return slot

    @classmethod
    def clear(cls) -> None:
        """Give every slot its default value again in the current context."""
        # Without the lock: a process that forks meanwhile would find it taken for ever.
        for slot in list(cls._slots.values()):
            slot.clear()

    def snapshot(self) -> dict[str, Any]:
        """Return the present value of every slot by its name."""
        return {name: slot.get() for name, slot in list(self._slots.items())}

    def apply(self, snapshot: Mapping[str, Any]) -> None:
        """Set the slots that `snapshot` names.

        Raises:
            AttributeError: A name in it was never registered.
        """
        for name, value in snapshot.items():
            setattr(self, name, value)

    def with_current_context(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func` bound to the values of this moment, wherever it is called later."""
        captured = self.snapshot()

        @wraps(func)
        def call_with_captured_context(*args: Any, **kwargs: Any) -> Any:
            previous = self.snapshot()
            try:
                self.apply(captured)
                return func(*args, **kwargs)
            finally:
                self.apply(previous)

        return call_with_captured_context

    def __getattr__(self, name: str) -> Any:
        slot = self._slots.get(name)
        if slot is None:
            raise AttributeError(f"{name} is not a registered context slot")
        return slot.get()

    def __setattr__(self, name: str, value: Any) -> None:
        slot = self._slots.get(name)
        if slot is None:
            raise AttributeError(f"{name} is not a registered context slot")
        slot.set(value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.snapshot()})"


class _ThreadLocalSlot(_Slot):
    def __init__(self, name: str, default: Any) -> None:
        self.name = name
        self.default = _as_factory(default)
        self._local = threading.local()
        self.get = self._get_or_create
        self.set = self._assign

    def _get_or_create(self) -> Any:
        try:
            return self._local.value
        except AttributeError:
            self._local.value = value = self.default()
            return value

    def _assign(self, value: Any) -> None:
        self._local.value = value


class _ContextVarSlot(_Slot):
    def __init__(self, name: str, default: Any) -> None:
        self.name = name
        self.default = _as_factory(default)
        if callable(default):
            self.contextvar: ContextVar[Any] = ContextVar(name)
            self.get = self._get_or_create
        else:
            # Hot path: the variable's own methods, without a Python frame between.
            self.contextvar = ContextVar(name, default=default)
            self.get = self.contextvar.get
        self.set = self.contextvar.set

    def _get_or_create(self) -> Any:
        try:
            return self.contextvar.get()
        except LookupError:
            value = self.default()
            self.contextvar.set(value)
            return value


class _ThreadLocalRuntimeContext(_RuntimeContext):
    """Values per thread only, for schedulers that do not switch `contextvars`."""

    Slot = _ThreadLocalSlot
    _lock = threading.Lock()
    _slots: ClassVar[dict[str, _Slot]] = {}


class _AsyncRuntimeContext(_RuntimeContext):
    """Values per thread and per asyncio task."""

    Slot = _ContextVarSlot
    _lock = threading.Lock()
    _slots: ClassVar[dict[str, _Slot]] = {}


RuntimeContext: _RuntimeContext = _AsyncRuntimeContext()
