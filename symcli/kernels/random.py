"""Random numbers without a state: each is a hash of the random key, the node's number and its own place.

The hash is SplitMix64's (Steele, Lea and Flood, 2014), a generator whose n-th number can be told without
those before it. So numbers do not depend on the order in which they are made.
"""

import numpy as np

from symcli.kernels.jit import function, kernel

__all__ = ["origin", "uniform", "unit"]

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, odd
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@function
def _scramble(z):
    """SplitMix64's mixing of 64 bits."""
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))


@function
def origin(key, node):
    """Where the numbers of a node begin: a hash of the key (seed, stream, forward count) and the node."""
    bits = np.uint64(0)
    for part in key:
        bits = _scramble((bits ^ part) + _STEP)
    return _scramble((bits ^ np.uint64(node)) + _STEP)


@function
def unit(start, i):
    """The i-th number from an origin on, in [0, 1): the upper 53 bits of its hash."""
    bits = _scramble(start + (np.uint64(i) + np.uint64(1)) * _STEP)
    return np.float64(bits >> np.uint64(11)) * 2.0**-53


@kernel
def uniform(key, node, low, high, out):
    """out[i] = a random number, uniform in [low, high); key (3,) uint64."""
    start = origin(key, node)
    for i in range(out.size):
        out[i] = low + (high - low) * unit(start, i)
