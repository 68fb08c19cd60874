"""The engine against the interpreter: outputs, gradients and auxiliary states of one graph, forward and backward."""

from collections.abc import Mapping
from typing import Any

import numpy as np

import symcli as mx
from symcli.executor.lower.op import Lowered

__all__ = ["check", "lowered"]


def bound(symbol: Any, shapes: Mapping[str, tuple], mode: str, grad_req: Any, values: Mapping[str, np.ndarray],
          seed: int) -> Any:  # fmt: skip
    """Return an executor over random values, from a seed, or those that are given by name; gradients start at 1."""
    executor = symbol.simple_bind(mx.cpu(), grad_req=grad_req, **shapes)
    executor.mode = mode
    rng = np.random.default_rng(seed)
    for name, array in (executor.arg_dict | executor.aux_dict).items():
        value = rng.uniform(0.5, 1.5, array.shape) if name.endswith("var") else rng.standard_normal(array.shape)
        array[:] = values.get(name, value)
    for array in executor.grad_arrays:
        if array is not None:
            array[:] = 1
    executor._key[:] = (seed, 1, 0)
    return executor


def lowered(executor: Any) -> list[str]:
    """Return the class names of the engine's operators in an executor, in order."""
    passes = executor._lowered
    return [type(step.op).__name__ for step in passes.program.steps if isinstance(step.op, Lowered)] if passes else []


def check(symbol: Any, expected: list[str] | None = None, grad_req: Any = "write", rtol: float = 1e-4,
          atol: float | None = None, values: Mapping[str, np.ndarray] | None = None, train: bool = True, steps: int = 2,
          seed: int = 0, **shapes: tuple) -> Any:  # fmt: skip
    """Run steps on the engine and on the interpreter and compare all that a user can see.

    Parameters
    ----------
    expected : the engine's operators that the graph must have become, in order; None for whatever it becomes.
    rtol, atol : the tolerances; atol is rtol times the largest number if it is not given.
    """
    engine, plain = (bound(symbol, shapes, mode, grad_req, values or {}, seed) for mode in ("engine", "interpreter"))
    if expected is not None:
        assert lowered(engine) == expected
    rng = np.random.default_rng(seed + 1)
    for _ in range(steps):
        heads = [rng.standard_normal(output.shape) for output in plain.outputs]
        for executor in (engine, plain):
            executor.forward(is_train=train)
            if any(array is not None for array in executor.grad_arrays):
                executor.backward([mx.nd.array(head) for head in heads])
        _compare("output", engine.output_dict, plain.output_dict, rtol, atol)
        _compare("gradient", engine.grad_dict, plain.grad_dict, rtol, atol)
        _compare("state", engine.aux_dict, plain.aux_dict, rtol, atol)
        for executor in (engine, plain):  # as an update does: what is cached of the weights is stale
            for array in executor.arg_arrays:
                array[:] = array * 0.9
    return engine


def _compare(what: str, got: Mapping[str, Any], wanted: Mapping[str, Any], rtol: float, atol: float | None) -> None:
    for name, array in wanted.items():
        if array is None:
            assert got[name] is None
            continue
        want = array.asnumpy()
        scale = np.abs(want[np.isfinite(want)]).max(initial=0.0)
        np.testing.assert_allclose(got[name].asnumpy(), want, rtol, rtol * scale if atol is None else atol,
                                   err_msg=f"{what} {name}")  # fmt: skip
