"""Devices. There is one kind, the CPU; its number keeps data-parallel executors apart (``python/mxnet/context.py``)."""

import threading
from typing import Any

from symcli.errors import MXNetError

__all__ = ["Context", "cpu", "cpu_pinned", "current_context", "gpu", "num_gpus"]


class Context:
    """A device: its type and number. As a context manager it is the default inside the block."""

    def __init__(self, device_type: "str | Context", device_id: int = 0):
        self.device_type: str
        self.device_id: int
        if isinstance(device_type, Context):
            self.device_type, self.device_id = device_type.device_type, device_type.device_id
            return
        if device_type not in ("cpu", "cpu_pinned", "cpu_shared"):
            raise MXNetError(f"Context({device_type!r}): symcli computes on the CPU only; use cpu()")
        self.device_type, self.device_id = device_type, device_id

    @property
    def device_typeid(self) -> int:
        return {"cpu": 1, "cpu_pinned": 3, "cpu_shared": 5}[self.device_type]

    def empty_cache(self) -> None:
        """Do nothing: there is no pool of device memory."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Context) and (self.device_type, self.device_id) == (other.device_type, other.device_id)

    def __hash__(self) -> int:
        return hash((self.device_type, self.device_id))

    def __repr__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    def __enter__(self) -> "Context":
        _thread.contexts.append(self)
        return self

    def __exit__(self, *_: Any) -> None:
        _thread.contexts.pop()


class _Thread(threading.local):
    def __init__(self) -> None:
        self.contexts = [Context("cpu", 0)]


_thread = _Thread()


def cpu(device_id: int = 0) -> Context:
    """Return a CPU device."""
    return Context("cpu", device_id)


def cpu_pinned(device_id: int = 0) -> Context:
    """Return a CPU device with pinned memory; here the same as ``cpu``."""
    return Context("cpu_pinned", device_id)


def gpu(device_id: int = 0) -> Context:
    """Raise ``MXNetError``: there are no GPUs here."""
    raise MXNetError(f"gpu({device_id}): symcli computes on the CPU only; use cpu() in its place")


def num_gpus() -> int:
    """Return 0: programs that ask choose the CPU by it."""
    return 0


def current_context() -> Context:
    """Return the device on which arrays are made now."""
    return _thread.contexts[-1]
