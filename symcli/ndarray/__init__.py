"""Arrays: MXNet's ``mx.nd``. Operators are looked up in the registry when first asked for.

>>> from symcli import nd
>>> nd.array([[1, 2], [3, 4]]) + 1
<BLANKLINE>
[[2. 3.]
 [4. 5.]]
<NDArray 2x2 @cpu(0)>
"""

from typing import Any

from symcli.errors import suggest
from symcli.graph.functions import NAMESPACES, Namespace
from symcli.ndarray import contrib_functions, control_flow, random
from symcli.ndarray.arithmetic import (
    add,
    divide,
    equal,
    fmod,
    greater,
    greater_equal,
    lesser,
    lesser_equal,
    logical_and,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    modulo,
    multiply,
    not_equal,
    power,
    subtract,
    true_divide,
)
from symcli.ndarray.array import NDArray
from symcli.ndarray.creation import (
    arange,
    array,
    concatenate,
    empty,
    eye,
    from_dlpack,
    from_numpy,
    full,
    histogram,
    linspace,
    moveaxis,
    onehot_encode,
    ones,
    split_v2,
    to_dlpack_for_read,
    to_dlpack_for_write,
    waitall,
    zeros,
)
from symcli.ndarray.functions import find
from symcli.ndarray.params_file import load, load_frombuffer, save
from symcli.ops import REGISTRY

__all__ = [
    "NDArray", "add", "arange", "array", "concatenate", "divide", "empty", "equal", "eye", "fmod", "from_dlpack",
    "from_numpy", "full", "greater", "greater_equal", "histogram", "lesser", "lesser_equal", "linspace", "load",
    "load_frombuffer", "logical_and", "logical_or", "logical_xor", "maximum", "minimum", "modulo", "moveaxis",
    "multiply", "not_equal", "onehot_encode", "ones", "power", "random", "save", "split_v2", "subtract",
    "to_dlpack_for_read", "to_dlpack_for_write", "true_divide", "waitall", "zeros",
]  # fmt: skip


def __getattr__(key: str) -> Any:
    if key in NAMESPACES:
        globals()[key] = Namespace(f"symcli.ndarray.{key}", NAMESPACES[key], find)
        if key == "contrib":
            for room in (control_flow, contrib_functions):
                vars(globals()[key]).update({name: getattr(room, name) for name in room.__all__})
        return globals()[key]
    if key.startswith("__"):
        raise AttributeError(key)
    # Not kept in globals(): an operator like max or slice would hide Python's from this module.
    found = find(key, key) or _generator(key)
    if found is None:
        hint = suggest(key, REGISTRY)
        raise AttributeError(f"module 'symcli.ndarray' has no operator {key!r}; {hint or 'all of them: symcli ops'}")
    return found


def _generator(key: str) -> Any:
    """Return the function of ``nd.random`` under one of its older names, like ``random_uniform``."""
    name = key.removeprefix("random_").removeprefix("sample_")
    known = name in random.__all__ and (name != key or key in ("normal", "shuffle", "uniform"))
    return getattr(random, name) if known else None


def __dir__() -> list[str]:
    return sorted({*__all__, *NAMESPACES, *REGISTRY})
