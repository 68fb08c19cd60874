"""Models on disk, a symbol file and a parameter file: MXNet's ``mx.model`` (``python/mxnet/model.py``)."""

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

from symcli.errors import DataError
from symcli.graph import symbol as sym
from symcli.graph.symbol import Symbol
from symcli.ndarray import NDArray, load, save

__all__ = ["BatchEndParam", "join_params", "load_checkpoint", "load_params", "save_checkpoint", "split_params"]

Params = dict[str, NDArray]


class BatchEndParam(NamedTuple):
    """What callbacks get at the end of a batch: ``nbatch`` counts from 0, ``locals`` holds the loop's variables."""

    epoch: int
    nbatch: int
    eval_metric: Any
    locals: Any


def save_checkpoint(prefix: str, epoch: int, symbol: Symbol | None, arg_params: Mapping[str, NDArray],
                    aux_params: Mapping[str, NDArray], remove_amp_cast: bool = True) -> None:  # fmt: skip
    """Write ``prefix-symbol.json`` (unless symbol is None) and ``prefix-<epoch, four digits>.params``."""
    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json", remove_amp_cast)
    path = params_path(prefix, epoch)
    save(path, join_params(arg_params, aux_params))
    logging.info('Saved checkpoint to "%s"', path)


def load_params(prefix: str, epoch: int) -> tuple[Params, Params]:
    """Return the arguments and auxiliary states of ``prefix-<epoch>.params``.

    Raises
    ------
    MXNetError
        If the file is damaged, or holds arrays without names.
    """
    path = params_path(prefix, epoch)
    found = load(path)
    if not found:
        logging.warning("Params file '%s' is empty", path)
        return {}, {}
    return split_params(found, path)


def load_checkpoint(prefix: str, epoch: int) -> tuple[Symbol, Params, Params]:
    """Return symbol, arguments and auxiliary states of a saved model."""
    return sym.load(f"{prefix}-symbol.json"), *load_params(prefix, epoch)


def params_path(prefix: str, epoch: int) -> str:
    """Return the name of the parameter file of an epoch."""
    return f"{prefix}-{epoch:04d}.params"


def states_path(prefix: str, epoch: int) -> str:
    """Return the name of the file of optimizer states of an epoch."""
    return f"{prefix}-{epoch:04d}.states"


def join_params(arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray]) -> Params:
    """Return arguments and states in one dictionary, as files hold them: ``arg:`` or ``aux:`` before the name."""
    return {f"arg:{name}": array for name, array in arg_params.items()} | {
        f"aux:{name}": array for name, array in aux_params.items()
    }


def split_params(found: Any, path: str) -> tuple[Params, Params]:
    """Return arguments and states of what a ``.params`` file holds; names with other beginnings are left out.

    Raises
    ------
    DataError
        If the arrays have no names.
    """
    if not isinstance(found, Mapping):
        raise DataError(f"{path}: {len(found)} arrays without names; needs arg:NAME and aux:NAME, as save_checkpoint "
                        "writes them", str(path))  # fmt: skip
    parts: dict[str, Params] = {"arg": {}, "aux": {}}
    for key, array in found.items():
        kind, _, name = key.partition(":")
        if kind in parts and name:
            parts[kind][name] = array
    return parts["arg"], parts["aux"]
