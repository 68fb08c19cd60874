"""Draws of classes whose frequency falls with their number: one formula for arrays and for symbols."""

import math
from collections.abc import Callable
from typing import Any

__all__ = ["draw"]


def draw(uniform: Callable[..., Any], true_classes: Any, num_sampled: int, range_max: int) -> tuple[Any, Any, Any]:
    """Return samples, and how often true classes and samples are expected; see ``mx.nd.contrib.rand_zipfian``.

    Parameters
    ----------
    uniform : the function that draws between two numbers, ``mx.nd.random.uniform`` or ``mx.sym.random.uniform``.
    """
    log_range = math.log(range_max + 1)
    drawn = uniform(0, log_range, shape=(num_sampled,), dtype="float64")
    samples = (drawn.exp() - 1).astype("int64") % range_max

    def expected(classes: Any) -> Any:
        numbers = classes.astype("float64")
        return ((numbers + 2.0) / (numbers + 1.0)).log() / log_range * num_sampled

    return samples, expected(true_classes), expected(samples)
