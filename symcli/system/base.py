"""MXNet's ``mx.base``: errors, and the types by which programs tell numbers and texts (``python/mxnet/base.py``)."""

import os
from typing import Any, NoReturn

import numpy as np

from symcli.errors import (
    BindError,
    DataError,
    DivergedError,
    DTypeError,
    MXNetError,
    NotImplementedForSymbol,
    ParamError,
    ShapeError,
    SpecError,
    reason,
    suggest,
)

__all__ = [
    "BindError", "DTypeError", "DataError", "DivergedError", "MXNetError", "NotImplementedForSymbol", "ParamError",
    "ShapeError", "SpecError", "basestring", "data_dir", "integer_types", "long", "mx_real_t", "numeric_types",
    "py_str", "reason", "string_types", "suggest",
]  # fmt: skip

string_types: tuple[type, ...] = (str,)
integer_types: tuple[type, ...] = (int, np.int32, np.int64)
numeric_types: tuple[type, ...] = (float, int, np.generic)
mx_real_t = np.float32
basestring, long = str, int  # Python 2's


def py_str(x: bytes) -> str:
    """Return the text of UTF-8 bytes."""
    return x.decode("utf-8")


def data_dir() -> str:
    """Return the folder where MXNet keeps data sets and models: MXNET_HOME, or ~/.mxnet."""
    return os.path.expanduser(os.environ.get("MXNET_HOME", os.path.join("~", ".mxnet")))


def __getattr__(name: str) -> NoReturn:
    ctypes = name in ("_LIB", "check_call") or name.startswith(("c_", "mx_", "ctypes2")) or name.endswith("Handle")
    hint = "; there is no C library behind symcli to be called through ctypes" if ctypes else ""
    raise AttributeError(f"module 'symcli.base' has no attribute {name!r}{hint}")
