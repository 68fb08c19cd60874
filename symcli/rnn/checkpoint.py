"""Checkpoints of recurrent networks, with the weights of each gate apart (``python/mxnet/rnn/rnn.py``)."""

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symcli.errors import DataError
from symcli.graph import symbol as sym
from symcli.graph.symbol import Symbol
from symcli.ndarray import NDArray, load, save
from symcli.rnn.cell import BaseRNNCell

__all__ = ["do_rnn_checkpoint", "load_rnn_checkpoint", "rnn_unroll", "save_rnn_checkpoint"]

Params = Mapping[str, NDArray]


def _listed(cells: BaseRNNCell | Sequence[BaseRNNCell]) -> list[BaseRNNCell]:
    return [cells] if isinstance(cells, BaseRNNCell) else list(cells)


def save_rnn_checkpoint(cells: BaseRNNCell | Sequence[BaseRNNCell], prefix: str, epoch: int, symbol: Symbol | None,
                        arg_params: Params, aux_params: Params) -> None:  # fmt: skip
    """Write ``prefix-symbol.json`` and ``prefix-<epoch>.params``; weights by gate, for any cells."""
    arguments = dict(arg_params)
    for cell in _listed(cells):
        arguments = cell.unpack_weights(arguments)
    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json")
    save(f"{prefix}-{epoch:04d}.params", {f"arg:{name}": one for name, one in arguments.items()}
         | {f"aux:{name}": one for name, one in aux_params.items()})  # fmt: skip
    logging.info('Saved checkpoint to "%s"', f"{prefix}-{epoch:04d}.params")


def load_rnn_checkpoint(cells: BaseRNNCell | Sequence[BaseRNNCell], prefix: str,
                        epoch: int) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:  # fmt: skip
    """Return symbol, arguments and states of what ``save_rnn_checkpoint`` wrote, the weights as these cells have them.

    Raises
    ------
    DataError
        If the file holds arrays without names.
    """
    path = f"{prefix}-{epoch:04d}.params"
    found: Any = load(path)
    if not isinstance(found, Mapping):
        raise DataError(f"{path}: has arrays without names; needs what save_rnn_checkpoint wrote", path)
    arguments, states = ({name.removeprefix(kind): one for name, one in found.items() if name.startswith(kind)}
                         for kind in ("arg:", "aux:"))  # fmt: skip
    for cell in _listed(cells):
        arguments = cell.pack_weights(arguments)
    return sym.load(f"{prefix}-symbol.json"), arguments, states


def do_rnn_checkpoint(cells: BaseRNNCell | Sequence[BaseRNNCell], prefix: str,
                      period: int = 1) -> Callable[[int, Symbol, Params, Params], None]:  # fmt: skip
    """Return a callback that writes a checkpoint at the end of every ``period``-th epoch."""
    period = max(1, int(period))

    def callback(epoch: int, symbol: Symbol, arguments: Params, states: Params) -> None:
        if (epoch + 1) % period == 0:
            save_rnn_checkpoint(cells, prefix, epoch + 1, symbol, arguments, states)

    return callback


def rnn_unroll(cell: BaseRNNCell, length: int, inputs: Any = None, begin_state: Any = None, input_prefix: str = "",
               layout: str = "NTC") -> Any:  # fmt: skip
    """Unroll a cell; ``cell.unroll`` does it."""
    warnings.warn("rnn_unroll is cell.unroll(length, inputs, …) now", DeprecationWarning, stacklevel=2)
    if inputs is None:
        inputs = [sym.Variable(f"{input_prefix}t{i}_data") for i in range(length)]
    return cell.unroll(length, inputs, begin_state, layout)
