"""MXNet's ``mx.gluon``, as far as it is here: data, losses, saved networks, batches over devices."""

from symcli.gluon import data, loss, utils
from symcli.train.symbol_block import Parameter, SymbolBlock

__all__ = ["Parameter", "SymbolBlock", "data", "loss", "utils"]
