"""MXNet's ``mx.util``: whether arrays follow NumPy. They never do here: ``mx.np`` is not built."""

import os
from collections.abc import Callable
from typing import Any, NoReturn

from symcli.errors import MXNetError

__all__ = [
    "get_cuda_compute_capability", "get_gpu_count", "get_gpu_memory", "getenv", "is_np_array", "is_np_shape",
    "np_array", "np_shape", "reset_np", "set_np", "set_np_shape", "setenv", "use_np", "use_np_array", "use_np_shape",
]  # fmt: skip


def is_np_array() -> bool:
    """Return False: arrays are ``mx.nd``'s."""
    return False


def is_np_shape() -> bool:
    """Return False: in shapes 0 is an unknown size."""
    return False


def _refused(name: str) -> NoReturn:
    raise MXNetError(f"{name}: there is no NumPy mode here, mx.np and mx.npx are not built; use mx.nd and mx.sym")


def set_np_shape(active: bool) -> bool:
    """Return False, as it was; ``active`` may only be False."""
    return _refused("set_np_shape(True)") if active else False


def set_np(shape: bool = True, array: bool = True) -> None:
    """Refuse in words, unless both are False."""
    if shape or array:
        _refused("set_np")


def reset_np() -> None:
    """Do nothing: there is no other mode to come back from."""


class _Mode:
    """A block of code in the mode that is always on."""

    def __init__(self, name: str, active: bool):
        if active:
            _refused(name)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


def np_shape(active: bool = True) -> _Mode:
    """Return a context without NumPy's shapes: ``active`` may only be False."""
    return _Mode("np_shape", active)


def np_array(active: bool = True) -> _Mode:
    """Return a context without NumPy's arrays: ``active`` may only be False."""
    return _Mode("np_array", active)


def use_np(function: Callable[..., Any]) -> NoReturn:
    """Refuse in words: what it decorates would want ``mx.np``."""
    _refused("use_np")


use_np_array = use_np_shape = use_np


def getenv(name: str) -> str | None:
    """Return an environment variable; None if it is not set."""
    return os.environ.get(name)


def setenv(name: str, value: str | None) -> None:
    """Set an environment variable; None removes it."""
    os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def get_gpu_count() -> int:
    """Return 0."""
    return 0


def get_gpu_memory(gpu_dev_id: int = 0) -> NoReturn:
    """Refuse in words."""
    raise MXNetError(f"there is no GPU {gpu_dev_id}: symcli computes on the CPU; ask get_gpu_count() first")


def get_cuda_compute_capability(ctx: Any) -> NoReturn:
    """Refuse in words."""
    raise MXNetError(f"{ctx} is no GPU: symcli computes on the CPU")
