"""MXNet's ``mx.gluon``, as far as it is here: data, losses, saved networks, batches over devices."""

from typing import NoReturn

from symcli.gluon import data, loss, utils
from symcli.train.block import Block, HybridBlock
from symcli.train.symbol_block import Parameter, SymbolBlock

_INSTEAD = {
    **dict.fromkeys(("nn", "rnn", "model_zoo", "contrib"),
                    "mx.sym for networks, mx.mod.Module to train them, SymbolBlock.imports for exported ones"),
    **dict.fromkeys(("Trainer", "ParameterDict", "Constant"),
                    "mx.mod.Module, or mx.optimizer.Updater on arrays with attach_grad"),
}  # fmt: skip


def __getattr__(name: str) -> NoReturn:
    hint = f"; use {_INSTEAD[name]}" if name in _INSTEAD else f"; it has {', '.join(__all__)}"
    raise AttributeError(f"mx.gluon.{name} is not built{hint}")


__all__ = ["Block", "HybridBlock", "Parameter", "SymbolBlock", "data", "loss", "utils"]
