"""The classes of Gluon that programs ask isinstance of, and derive from (``python/mxnet/gluon/block.py``)."""

from typing import Any

from symcli.errors import MXNetError

__all__ = ["Block", "HybridBlock"]


class Block:
    """A part of a Gluon program: a loss, a saved network. Networks made of layers are not built here.

    Raises
    ------
    MXNetError
        If one is made by ``Block()``, or by a class that hands its arguments on to it as layers do.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        raise MXNetError(f"{type(self).__name__}: Gluon's networks of layers are not built; use mx.sym for networks, "
                         "mx.mod.Module to train them, gluon.SymbolBlock.imports for exported ones")  # fmt: skip


class HybridBlock(Block):
    """A block that MXNet can turn into a graph; see ``Block``."""
