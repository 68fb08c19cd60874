"""The vocabulary of the operator tests: a row says one call, and gets every check there is.

Forward against the naive twin (float64 and float32, interpreter and replay), gradient against central
differences in float64 with a random projection, ``grad_req`` add and null, replay on fresh data.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import symcli as mx
from symcli.ops import Op, get
from tests.naive.twin import GRADIENTS, TWINS, Run

Input = tuple[int, ...] | np.ndarray | Callable[[np.random.RandomState], np.ndarray]


@dataclass
class Case:
    """One call of an operator.

    ``inputs`` gives each argument and auxiliary state as a shape (filled from U(low, high)), an
    array, or a function of a RandomState. Gradients are checked for all arguments but ``fixed``.
    """

    op: str
    inputs: Mapping[str, Input]
    attrs: Mapping[str, Any]
    low: float
    high: float
    fixed: tuple[str, ...]
    train: bool
    rtol: float
    float64: bool
    note: str = field(default="")

    def __str__(self) -> str:
        parts = [f"{k}={v}" for k, v in self.attrs.items()]
        parts += [f"{k}:{'x'.join(map(str, v))}" for k, v in self.inputs.items() if isinstance(v, tuple)]
        return "-".join([self.op, *parts, *([self.note] if self.note else [])]).replace(" ", "")


def case(op: str, attrs: Mapping[str, Any] | None = None, *, low: float = -1.0, high: float = 1.0,
         fixed: tuple[str, ...] = (), train: bool = True, rtol: float = 1e-5, float64: bool = True,
         note: str = "", **inputs: Input) -> Case:  # fmt: skip
    """Return a row: ``case("FullyConnected", {"num_hidden": 4}, data=(2, 3), weight=(4, 3), bias=(4,))``."""
    return Case(op, inputs, attrs or {}, low, high, fixed, train, rtol, float64, note)


def check_operator(row: Case) -> None:
    """Run every check on a row."""
    op, symbol = build(row)
    dtypes = [np.float64, np.float32] if row.float64 else [np.float32]
    for dtype in dtypes:
        check_forward(row, op, symbol, dtype)
    if op.gradient == "none":
        return
    check_gradient(row, op, symbol)
    check_requests(row, op, symbol)


def build(row: Case) -> tuple[Op, Any]:
    """Return the operator of a row and the symbol of its one node."""
    name = get(row.op).name
    cls = get(name)
    arguments = [key for key in row.inputs if key not in cls.auxiliary_states]
    variables = [mx.sym.Variable(key) for key in arguments]
    states = {key: mx.sym.Variable(key) for key in row.inputs if key in cls.auxiliary_states}
    function = getattr(mx.sym, name)
    if cls.variadic:
        symbol = function(*variables, name="node", **row.attrs)
    else:
        given = dict(zip(arguments, variables, strict=True))
        symbol = function(name="node", **given, **states, **row.attrs)
    return symbol._heads[0][0].op, symbol


def values(row: Case, seed: int, dtype: Any) -> dict[str, np.ndarray]:
    """Return the arrays of a row; integer arrays keep their type."""
    rng = np.random.RandomState(seed)
    found = {}
    for name, given in row.inputs.items():
        if isinstance(given, tuple):
            array = rng.uniform(row.low, row.high, given)
        else:
            array = given(rng) if callable(given) else given
        found[name] = np.array(array, dtype if np.asarray(array).dtype.kind == "f" else None)
    return found


def executor(row: Case, op: Op, symbol: Any, inputs: Mapping[str, np.ndarray], grad_req: str = "null",
             replays: bool = True) -> Any:  # fmt: skip
    """Return an executor over copies of the inputs; gradients start at 1."""
    names = symbol.list_arguments()
    args = {name: mx.nd.array(inputs[name], dtype=inputs[name].dtype) for name in names}
    states = {name: mx.nd.array(inputs[name], dtype=inputs[name].dtype) for name in symbol.list_auxiliary_states()}
    wanted = [name for name in names if name not in row.fixed]
    grads = {name: mx.nd.array(np.ones_like(inputs[name]), dtype=inputs[name].dtype) for name in wanted}
    requests = {name: grad_req if name in wanted else "null" for name in names}
    bound = symbol.bind(mx.cpu(), args, grads if grad_req != "null" else None, requests, states)
    bound.mode = "replay" if replays else "interpreter"
    bound._key[:] = (1, 1, 0)  # every executor draws the same random numbers
    return bound


def expected(row: Case, op: Op, symbol: Any, inputs: Mapping[str, np.ndarray], key: np.ndarray) -> list[np.ndarray]:
    """Return what the naive twin computes, in float64."""
    node = len(symbol.list_inputs())  # the operator's number in the graph: after its variables
    wide = {k: v.astype(np.float64) if v.dtype.kind == "f" else v for k, v in inputs.items()}
    return TWINS[op.name](op, wide, Run(row.train, key, node))


def check_forward(row: Case, op: Op, symbol: Any, dtype: Any) -> None:
    """Compare forward with the twin, by interpreter and by replay, then replay again on fresh data."""
    rtol = 1e-9 if dtype is np.float64 else max(row.rtol, 2e-6)
    inputs = values(row, 1, dtype)
    for replays in (False, True):
        bound = executor(row, op, symbol, inputs, replays=replays)
        for fresh in (inputs, values(row, 2, dtype)):
            for name, array in fresh.items():
                (bound.arg_dict | bound.aux_dict)[name][:] = mx.nd.array(array, dtype=array.dtype)
            bound.forward(is_train=row.train)
            wanted = expected(row, op, symbol, fresh, bound._key)
            assert len(wanted) == len(bound.outputs)
            for output, want in zip(bound.outputs, wanted, strict=True):
                got = output.asnumpy()
                assert got.shape == np.shape(want), f"{row}: shape {got.shape}, expected {np.shape(want)}"
                np.testing.assert_allclose(got.astype(np.float64), want, rtol, rtol, err_msg=str(row))


def heads_for(bound: Any, seed: int = 3) -> list[np.ndarray]:
    """Return a random projection of the outputs."""
    rng = np.random.RandomState(seed)
    return [rng.uniform(0.5, 1.5, output.shape) for output in bound.outputs]


def gradients(row: Case, op: Op, symbol: Any, inputs: Mapping[str, np.ndarray], grad_req: str = "write",
              replays: bool = True, times: int = 1) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:  # fmt: skip
    """Return the gradients by argument, and the heads they belong to."""
    bound = executor(row, op, symbol, inputs, grad_req, replays)
    bound.forward(is_train=row.train)
    heads = heads_for(bound)
    for _ in range(times):
        bound.backward([mx.nd.array(h, dtype=o.dtype) for h, o in zip(heads, bound.outputs, strict=True)])
    return {n: g.asnumpy() for n, g in bound.grad_dict.items() if g is not None}, heads


def check_gradient(row: Case, op: Op, symbol: Any) -> None:
    """Compare the gradient with central differences in float64; a loss with its naive gradient."""
    dtype = np.float64 if row.float64 else np.float32
    inputs = values(row, 1, dtype)
    got, heads = gradients(row, op, symbol, inputs)
    if op.name in GRADIENTS:
        want = GRADIENTS[op.name](op, {k: v.astype(np.float64) for k, v in inputs.items()}, heads)
    elif op.gradient == "zero":
        want = {name: np.zeros_like(array) for name, array in got.items()}
    else:
        want = {name: _differences(row, op, symbol, inputs, name, heads) for name in got}
    for name, array in got.items():
        np.testing.assert_allclose(array, want[name], 1e-5, 1e-6, err_msg=f"{row}: gradient of {name}")
    again, _ = gradients(row, op, symbol, inputs, replays=False)
    for name, array in got.items():
        np.testing.assert_array_equal(array, again[name], err_msg=f"{row}: replay and interpreter, {name}")


def _differences(row: Case, op: Op, symbol: Any, inputs: Mapping[str, np.ndarray], name: str,
                 heads: list[np.ndarray]) -> np.ndarray:  # fmt: skip
    bound = executor(row, op, symbol, inputs, replays=False)
    count = bound._key[2].copy()
    base, step = inputs[name].astype(np.float64), 1e-6

    def projected(values: np.ndarray) -> float:
        bound._key[2] = count  # the same random numbers each time
        bound.arg_dict[name][:] = mx.nd.array(values, dtype=inputs[name].dtype)
        bound.forward(is_train=row.train)
        return sum(float((o.asnumpy().astype(np.float64) * h).sum()) for o, h in zip(bound.outputs, heads, strict=True))

    result = np.zeros(base.shape)
    for index in np.ndindex(*base.shape):
        up, down = base.copy(), base.copy()
        up[index] += step
        down[index] -= step
        result[index] = (projected(up) - projected(down)) / (2 * step)
    return result


def check_requests(row: Case, op: Op, symbol: Any) -> None:
    """Check that add accumulates over calls and onto the start, and that each null leaves the others as they are."""
    inputs = values(row, 1, np.float64 if row.float64 else np.float32)
    once, heads = gradients(row, op, symbol, inputs)
    twice, _ = gradients(row, op, symbol, inputs, "add", times=2)
    for position, (name, array) in enumerate(once.items()):
        # MXNet 1.9.1 gives the second of two sharing arguments what the first has accumulated by then.
        want = 3 + 3 * array if op.shares_gradient and position else 1 + 2 * array
        np.testing.assert_allclose(twice[name], want, 1e-5, 1e-6, err_msg=f"{row}: add, {name}")
    for left_out in once if len(once) > 1 else ():
        names = symbol.list_arguments()
        bound = executor(row, op, symbol, inputs, "write")
        requests = {n: "null" if n == left_out or n in row.fixed else "write" for n in names}
        partial = symbol.bind(mx.cpu(), bound.arg_dict, bound.grad_dict, requests, bound.aux_dict)
        partial._key[:] = bound._key
        partial.forward(is_train=row.train)
        partial.backward([mx.nd.array(h, dtype=o.dtype) for h, o in zip(heads, partial.outputs, strict=True)])
        for name, array in once.items():
            got = partial.grad_dict[name].asnumpy()
            np.testing.assert_array_equal(got, np.ones_like(array) if name == left_out else array)
