"""The state of all random numbers: a seed, and a count of the streams drawn from it."""

import threading

import numpy as np

__all__ = ["new_key", "seed", "state"]

_lock = threading.Lock()
_seed, _generation, _streams = 0, 0, 0


def seed(seed_state: int, ctx: object = "all") -> None:
    """Start all random numbers afresh from a seed."""
    global _seed, _generation, _streams
    with _lock:
        _seed, _generation, _streams = int(seed_state) & 0xFFFFFFFFFFFFFFFF, _generation + 1, 0


def state() -> int:
    """Return a number that changes with each call of ``seed``."""
    return _generation


def new_key() -> np.ndarray:
    """Return a key (seed, stream, forward count 0), uint64, with a stream of its own."""
    global _streams
    with _lock:
        _streams += 1
        return np.array([_seed, _streams, 0], np.uint64)
