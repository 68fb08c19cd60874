"""Functions of ``mx.sym.contrib`` that are made of several operators (``python/mxnet/symbol/contrib.py``)."""

from symcli.graph import random, zipfian
from symcli.graph.symbol import Symbol

__all__ = ["rand_zipfian"]


def rand_zipfian(true_classes: Symbol, num_sampled: int, range_max: int) -> tuple[Symbol, Symbol, Symbol]:
    """Draw classes whose frequency falls with their number; see ``mx.nd.contrib.rand_zipfian``."""
    return zipfian.draw(random.uniform, true_classes, num_sampled, range_max)
