"""What programs with a module or a training loop of their own import by MXNet's private names.

From ``mxnet.model`` and ``mxnet.executor_manager`` (their files in ``python/mxnet/``).
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from symcli.errors import ParamError
from symcli.executor.group import split as _split_input_slice
from symcli.graph.symbol import Symbol
from symcli.ndarray import NDArray
from symcli.train import kvstore as stores
from symcli.train.optimizer import Updater

__all__: list[str] = []

_LARGE = 16 << 20  # elements of a parameter from which on MXNet updates beside a local store, not in it
Arrays = Sequence[Sequence[NDArray]]


def _create_kvstore(kvstore: Any, num_device: int, arg_params: Mapping[str, NDArray]) -> tuple[Any, bool]:
    """Return the store that a name asks for, None where one device needs none; and whether it is to hold the optimizer.

    Raises
    ------
    TypeError
        If it is neither a store, a name nor None.
    """
    in_store = os.environ.get("MXNET_UPDATE_ON_KVSTORE", "1") != "0"
    if isinstance(kvstore, str):
        if num_device == 1 and "dist" not in kvstore:
            return None, False
        if kvstore == "local" and max(int(np.prod(one.shape)) for one in arg_params.values()) > _LARGE:
            in_store = False
        return stores.create(kvstore), in_store
    if kvstore is not None and not isinstance(kvstore, stores.KVStore):
        raise TypeError(f"kvstore is a {type(kvstore).__name__}; needs a KVStore, its name, or None")
    return kvstore, in_store and kvstore is not None


def _initialize_kvstore(kvstore: Any, param_arrays: Arrays, arg_params: Mapping[str, NDArray],
                        param_names: Sequence[str], update_on_kvstore: bool) -> None:  # fmt: skip
    """Give a store the first values of all parameters; a store that updates them gives each device its copy."""
    for name, arrays in zip(param_names, param_arrays, strict=True):
        kvstore.init(name, arg_params[name])
        if update_on_kvstore:
            kvstore.pull(name, out=arrays)


def _update_params_on_kvstore(param_arrays: Arrays, grad_arrays: Arrays, kvstore: Any,
                              param_names: Sequence[str]) -> None:  # fmt: skip
    """Let a store that holds the optimizer make a step: gradients in, parameters out."""
    for name, weights, grads in zip(param_names, param_arrays, grad_arrays, strict=True):
        if grads[0] is not None:
            kvstore.push(name, grads)
            kvstore.pull(name, out=weights)


def _update_params(param_arrays: Arrays, grad_arrays: Arrays, updater: Callable[..., None], num_device: int,
                   kvstore: Any = None, param_names: Sequence[str] | None = None) -> None:  # fmt: skip
    """Make a step on each device, whose states have numbers of their own; a store sums the gradients first."""
    steps: list[list[tuple[int, NDArray, NDArray]]] = [[] for _ in range(num_device)]
    for i, (weights, grads) in enumerate(zip(param_arrays, grad_arrays, strict=True)):
        if grads[0] is None:
            continue
        if kvstore:
            key = i if param_names is None else param_names[i]
            kvstore.push(key, grads)
            kvstore.pull(key, out=grads)
        for k, (weight, grad) in enumerate(zip(weights, grads, strict=True)):
            steps[k].append((i * num_device + k, grad, weight))
    for step in filter(None, steps):
        if isinstance(updater, Updater):
            updater(*map(list, zip(*step, strict=True)))
        else:  # a function of the program's own takes one weight
            for one in step:
                updater(*one)


def _check_arguments(symbol: Symbol) -> None:
    """Raise ``ParamError``, a ``ValueError``, if two arguments or two states of a symbol have one name."""
    for kind, names in (("arguments", symbol.list_arguments()), ("states", symbol.list_auxiliary_states())):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ParamError(f"symbol: several {kind} are called {', '.join(twice)}; give each a name of its own")


def _load_general(data: Sequence[NDArray], targets: Sequence[Any]) -> None:
    """Copy each array to its target, or its parts to a list of (slice, target)."""
    for source, target in zip(data, targets, strict=True):
        for part, array in [(slice(None), target)] if isinstance(target, NDArray) else target:
            source[part].copyto(array)


def _load_data(batch: Any, targets: Sequence[Any]) -> None:
    """Copy a batch's data to arrays."""
    _load_general(batch.data, targets)


def _load_label(batch: Any, targets: Sequence[Any]) -> None:
    """Copy a batch's labels to arrays."""
    _load_general(batch.label, targets)


def __getattr__(name: str) -> NoReturn:
    hint = "; use mx.mod.Module with context=[mx.cpu(0), mx.cpu(1)]" if name.startswith("DataParallel") else ""
    raise AttributeError(f"module 'symcli.executor_manager' has no attribute {name!r}{hint}")
