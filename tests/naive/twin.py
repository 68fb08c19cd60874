"""Where the naive twins are kept: each operator again in plain NumPy, written for reading, never fast."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Arrays = Mapping[str, np.ndarray]

TWINS: dict[str, Callable[[Any, Arrays, "Run"], list[np.ndarray]]] = {}
GRADIENTS: dict[str, Callable[[Any, Arrays, list[np.ndarray]], dict[str, np.ndarray]]] = {}


@dataclass
class Run:
    """What a twin may need besides its inputs: the mode, the random key, the node's number."""

    is_train: bool
    key: np.ndarray
    node: int


def twin(*names: str) -> Callable:
    """Register ``f(op, inputs by name, run) -> visible outputs`` for operators."""

    def register(function: Callable) -> Callable:
        for name in names:
            assert name not in TWINS, f"{name} has two twins"
            TWINS[name] = function
        return function

    return register


def twin_gradient(*names: str) -> Callable:
    """Register ``f(op, inputs by name, heads) -> gradients by name`` where backward is no derivative of forward."""

    def register(function: Callable) -> Callable:
        for name in names:
            assert name not in GRADIENTS, f"{name} has two gradients"
            GRADIENTS[name] = function
        return function

    return register
