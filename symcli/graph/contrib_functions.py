"""Functions of ``mx.sym.contrib`` that are made of several operators (``python/mxnet/symbol/contrib.py``)."""

import math

from symcli.graph import random
from symcli.graph.symbol import Symbol

__all__ = ["rand_zipfian"]


def rand_zipfian(true_classes: Symbol, num_sampled: int, range_max: int) -> tuple[Symbol, Symbol, Symbol]:
    """Draw classes whose frequency falls with their number; see ``mx.nd.contrib.rand_zipfian``."""
    log_range = math.log(range_max + 1)
    drawn = random.uniform(0, log_range, shape=(num_sampled,), dtype="float64")
    samples = (drawn.exp() - 1).astype("int64") % range_max

    def expected(classes: Symbol) -> Symbol:
        numbers = classes.astype("float64")
        return ((numbers + 2.0) / (numbers + 1.0)).log() / log_range * num_sampled

    return samples, expected(true_classes), expected(samples)
