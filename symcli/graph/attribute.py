"""Attributes given to every symbol made inside a ``with`` block (``python/mxnet/attribute.py``)."""

import threading
from collections.abc import Callable
from typing import Any

__all__ = ["HIDDEN_KEYS", "AttrScope", "ClassProperty", "current", "hide"]

# Attributes that are kept with underscores and shown with and without (src/c_api/c_api_symbolic.cc).
HIDDEN_KEYS = ("ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage", "profiler_scope")


class ClassProperty:
    """A property of a class, as MXNet's ``AttrScope.current``: what a function returns when it is asked."""

    def __init__(self, get: Callable[[], Any]):
        self._get = get

    def __get__(self, instance: Any, owner: type) -> Any:
        return self._get()


class AttrScope:
    """Puts attributes onto every variable and operator made inside; inner scopes override.

    Raises
    ------
    ValueError
        If a value is not a text.
    """

    current = ClassProperty(lambda: current())  # the scope in force in this thread

    def __init__(self, **attrs: str) -> None:
        for key, value in attrs.items():
            if not isinstance(value, str):
                raise ValueError(f"AttrScope({key}={value!r}): attribute values are texts; write {key}={str(value)!r}")
        self._attrs = attrs

    def get(self, attr: dict[str, str] | None) -> dict[str, str]:
        """Return the scope's attributes updated by the given ones."""
        return {**self._attrs, **(attr or {})}

    def __enter__(self) -> "AttrScope":
        merged = AttrScope()
        merged._attrs = {**current()._attrs, **self._attrs}
        _thread.scopes.append(merged)
        return self

    def __exit__(self, *_: Any) -> None:
        _thread.scopes.pop()


class _Thread(threading.local):
    def __init__(self) -> None:
        self.scopes = [AttrScope()]


_thread = _Thread()


def current() -> AttrScope:
    """Return the scope in force in this thread."""
    return _thread.scopes[-1]


def hide(key: str) -> str:
    """Return the key under which an attribute is kept: hidden ones get their underscores."""
    return f"__{key}__" if key in HIDDEN_KEYS else key
