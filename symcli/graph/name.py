"""Automatic names: one counter for each hint, kept by the current manager (``python/mxnet/name.py``)."""

import threading
from typing import Any

from symcli.graph.attribute import ClassProperty

__all__ = ["NameManager", "Prefix", "current"]


class NameManager:
    """Gives names to symbols that were made without one: ``<hint><n>``, n from 0.

    Used as a context manager it counts afresh inside; the outer counters go on afterwards.
    """

    current = ClassProperty(lambda: current())  # the manager that names symbols made now in this thread

    def __init__(self) -> None:
        self._counter: dict[str, int] = {}

    def get(self, name: str | None, hint: str) -> str:
        """Return ``name``, or a new automatic one if it is None or empty."""
        if name:
            return name
        count = self._counter.get(hint, 0)
        self._counter[hint] = count + 1
        return f"{hint}{count}"

    def __enter__(self) -> "NameManager":
        _thread.managers.append(self)
        return self

    def __exit__(self, *_: Any) -> None:
        _thread.managers.pop()


class Prefix(NameManager):
    """Puts a prefix before the names of operators, automatic and explicit ones."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def get(self, name: str | None, hint: str) -> str:
        return self._prefix + super().get(name, hint)


class _Thread(threading.local):
    def __init__(self) -> None:
        self.managers = [NameManager()]


_thread = _Thread()


def current() -> NameManager:
    """Return the manager that names symbols made now in this thread."""
    return _thread.managers[-1]
