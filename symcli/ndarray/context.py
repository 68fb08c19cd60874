"""Devices. There is one kind, the CPU; its number keeps data-parallel executors apart (``python/mxnet/context.py``)."""

import re
import threading
from typing import Any, ClassVar

from symcli.errors import MXNetError
from symcli.graph.attribute import ClassProperty

__all__ = ["Context", "cpu", "cpu_pinned", "current_context", "gpu", "gpu_memory_info", "num_gpus", "read_context"]


class Context:
    """A device: its type and number. As a context manager it is the default inside the block.

    Raises
    ------
    MXNetError
        If the type is ``gpu`` or is no device type.
    """

    devtype2str: ClassVar[dict[int, str]] = {1: "cpu", 2: "gpu", 3: "cpu_pinned", 5: "cpu_shared"}
    devstr2type: ClassVar[dict[str, int]] = {name: code for code, name in devtype2str.items()}

    default_ctx = ClassProperty(lambda: current_context())

    def __init__(self, device_type: "str | Context", device_id: int = 0):
        self.device_type: str
        self.device_id: int
        if isinstance(device_type, Context):
            self.device_type, self.device_id = device_type.device_type, device_type.device_id
            return
        if device_type not in self.devstr2type:
            known = ", ".join(self.devstr2type)
            raise MXNetError(f"Context({device_type!r}): there is no such device type; device types: {known}")
        if device_type == "gpu":
            raise MXNetError(f"Context('gpu', {device_id}): symcli computes on the CPU only; use cpu() in its place")
        self.device_type, self.device_id = device_type, device_id

    @property
    def device_typeid(self) -> int:
        return self.devstr2type[self.device_type]

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


def gpu_memory_info(device_id: int = 0) -> tuple[int, int]:
    """Raise ``MXNetError``: there are no GPUs here."""
    raise MXNetError(f"gpu_memory_info({device_id}): symcli computes on the CPU only")


def current_context() -> Context:
    """Return the device on which arrays are made now."""
    return _thread.contexts[-1]


def read_context(ctx: "Context | str | None") -> Context:
    """Return the device given as a Context, as text like ``cpu(1)``, or as None for the current one.

    Raises
    ------
    MXNetError
        If it is none of these.
    """
    if ctx is None:
        return current_context()
    if isinstance(ctx, Context):
        return ctx
    match = re.fullmatch(r"(\w+)(?:\((\d+)\))?", ctx) if isinstance(ctx, str) else None
    if match is None:
        raise MXNetError(f"ctx is {ctx!r} ({type(ctx).__name__}); needs a Context: cpu()")
    return Context(match[1], int(match[2] or 0))
