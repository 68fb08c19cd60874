"""Twins of dropout, and of the random numbers that kernels compute."""

import numpy as np

from tests.naive.twin import twin


def scramble(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform(run, shape):
    """Return the numbers in [0, 1) of a node: SplitMix64 from a hash of key and node on."""
    step = np.uint64(0x9E3779B97F4A7C15)
    start = np.zeros(1, np.uint64)
    for part in (*run.key, np.uint64(run.node)):
        start = scramble((start ^ part) + step)
    numbers = scramble(start + np.arange(1, np.prod(shape) + 1, dtype=np.uint64) * step)
    return (numbers >> np.uint64(11)).astype(np.float64).reshape(shape) / 2**53


@twin("Dropout")
def dropout(op, inputs, run):
    data = inputs["data"]
    if op.p == 0 or not (run.is_train or op.mode == "always"):
        return [data]
    shape = [1 if axis in op.axes else size for axis, size in enumerate(data.shape)]
    with np.errstate(all="ignore"):
        return [data * (uniform(run, shape) < 1 - op.p) / np.float64(1 - op.p)]
