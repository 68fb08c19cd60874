"""Checks of operators and programs: MXNet's ``mx.test_utils`` (``python/mxnet/test_utils.py``)."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import numpy as np

from symcli.errors import MXNetError
from symcli.graph import symbol as sym
from symcli.graph.symbol import Symbol
from symcli.ndarray import NDArray, array
from symcli.ndarray.context import Context, current_context
from symcli.train.tutorial_data import (
    DummyIter,
    assert_allclose,
    download,
    get_mnist,
    get_mnist_iterator,
    get_mnist_ubyte,
)

__all__ = [
    "DummyIter", "almost_equal", "almost_equal_ignore_nan", "assert_allclose", "assert_almost_equal",
    "assert_almost_equal_ignore_nan", "assert_exception", "check_consistency", "check_numeric_gradient", "check_speed",
    "check_symbolic_backward", "check_symbolic_forward", "default_context", "default_dtype", "default_numeric_eps",
    "download", "find_max_violation", "get_atol", "get_mnist", "get_mnist_iterator", "get_mnist_ubyte", "get_rtol",
    "list_gpus", "np_reduce", "numeric_grad", "rand_ndarray", "rand_shape_2d", "rand_shape_3d", "rand_shape_nd",
    "random_arrays", "random_sample", "retry", "same", "same_array", "set_default_context", "simple_forward",
]  # fmt: skip

Arrays = Sequence[Any] | Mapping[str, Any]

# What counts as equal, by the coarser type of two arrays: rtol, atol; and the step of a finite difference.
_RTOL = {"float16": 1e-2, "float32": 1e-4, "float64": 1e-5}
_ATOL = {"float16": 1e-1, "float32": 1e-3, "float64": 1e-20}
_EPS = {"float16": 2.0**-6, "float32": 2.0**-9, "float64": 2.0**-14}

_chosen: list[Context] = []


def default_context() -> Context:
    """Return the device that checks run on."""
    return _chosen[-1] if _chosen else current_context()


def set_default_context(ctx: Context) -> None:
    """Let checks run on a device."""
    _chosen[:] = [ctx]


def default_dtype() -> type:
    """Return the element type that checks use."""
    return np.float32


def default_numeric_eps() -> dict[str, float]:
    """Return the step of a finite difference for each element type."""
    return dict(_EPS)


def list_gpus() -> list[int]:
    """Return the numbers of the GPUs: none."""
    return []


# ---- random arrays, from NumPy's global generator


def random_arrays(*shapes: tuple[int, ...]) -> Any:
    """Return arrays of normal numbers, float32; one of them for one shape."""
    made = [np.array(np.random.randn(), np.float32) if not len(shape)
            else np.random.randn(*shape).astype(np.float32) for shape in shapes]  # fmt: skip
    return made[0] if len(made) == 1 else made


def random_sample(population: Sequence[Any], k: int) -> list[Any]:
    """Return ``k`` entries of a list in their order, none twice."""
    return [population[i] for i in sorted(np.random.permutation(len(population))[:k])]


def rand_ndarray(shape: tuple[int, ...], stype: str = "default", density: Any = None, dtype: Any = None,
                 ctx: Context | None = None, **_sparse: Any) -> NDArray:  # fmt: skip
    """Return an NDArray of normal numbers.

    Raises
    ------
    MXNetError
        If it is to be sparse.
    """
    if stype != "default":
        raise MXNetError(f"rand_ndarray: stype={stype!r}; there are no sparse arrays, only 'default'")
    return array(random_arrays(shape), ctx or default_context(), dtype or "float32")


def rand_shape_nd(num_dim: int, dim: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Return a random shape."""
    return tuple(np.random.randint(0 if allow_zero_size else 1, dim + 1, size=num_dim).tolist())


def rand_shape_2d(dim0: int = 10, dim1: int = 10, allow_zero_size: bool = False) -> tuple[int, int]:
    """Return a random shape of two axes."""
    low = 0 if allow_zero_size else 1
    return np.random.randint(low, dim0 + 1), np.random.randint(low, dim1 + 1)


def rand_shape_3d(dim0: int = 10, dim1: int = 10, dim2: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Return a random shape of three axes."""
    return (*rand_shape_2d(dim0, dim1, allow_zero_size), *rand_shape_2d(dim2, 1, allow_zero_size)[:1])


def np_reduce(dat: np.ndarray, axis: Any, keepdims: bool, numpy_reduce_func: Callable[..., Any]) -> np.ndarray:
    """Reduce an array over axes, one after another."""
    axes = [axis] if isinstance(axis, int) else list(axis) if axis is not None else list(range(dat.ndim))
    result = dat
    for one in sorted(axes, reverse=True):
        result = numpy_reduce_func(result, axis=one)
    return result.reshape([1 if i in axes else size for i, size in enumerate(dat.shape)]) if keepdims else result


# ---- comparing


def _numpy(one: Any) -> np.ndarray:
    return one.asnumpy() if isinstance(one, NDArray) else np.asarray(one)


def _tolerance(given: float | None, table: Mapping[str, float], *arrays: np.ndarray) -> float:
    """Return what was given, else the most that a type among the arrays allows."""
    if given is not None:
        return given
    found = [table[one.dtype.name] for one in arrays if one.dtype.name in table]
    return max(found, default=0.0)


def get_rtol(rtol: float | None = None, dtype: Any = "float32") -> float:
    """Return the relative tolerance of a type, unless one is given."""
    return _RTOL.get(np.dtype(dtype).name, 0.0) if rtol is None else rtol


def get_atol(atol: float | None = None, dtype: Any = "float32") -> float:
    """Return the absolute tolerance of a type, unless one is given."""
    return _ATOL.get(np.dtype(dtype).name, 0.0) if atol is None else atol


def same(a: Any, b: Any) -> bool:
    """Return whether two arrays are equal."""
    return np.array_equal(_numpy(a), _numpy(b))


def same_array(array1: NDArray, array2: NDArray) -> bool:
    """Return whether two NDArrays share memory."""
    return np.shares_memory(array1._data, array2._data)


def almost_equal(a: Any, b: Any, rtol: float | None = None, atol: float | None = None, equal_nan: bool = False,
                 use_broadcast: bool = True) -> bool:  # fmt: skip
    """Return whether |a - b| <= atol + rtol |b| everywhere."""
    a, b = _numpy(a), _numpy(b)
    if not use_broadcast and a.shape != b.shape:
        return False
    return bool(np.allclose(a, b, _tolerance(rtol, _RTOL, a, b), _tolerance(atol, _ATOL, a, b), equal_nan))


def almost_equal_ignore_nan(a: Any, b: Any, rtol: float | None = None, atol: float | None = None) -> bool:
    """Return whether two arrays are almost equal where neither is NaN."""
    return almost_equal(*_without_nan(a, b), rtol, atol)


def _without_nan(a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.copy(_numpy(a)), np.copy(_numpy(b))
    either = np.isnan(a) | np.isnan(b)
    a[either] = b[either] = 0
    return a, b


def find_max_violation(a: Any, b: Any, rtol: float | None = None,
                       atol: float | None = None) -> tuple[tuple[int, ...], float]:  # fmt: skip
    """Return where two arrays differ most, and by how many times what is allowed."""
    a, b = np.broadcast_arrays(_numpy(a), _numpy(b))
    allowed = _tolerance(atol, _ATOL, a, b) + _tolerance(rtol, _RTOL, a, b) * np.abs(b)
    excess = np.where(a == b, 0, np.abs(a.astype(np.float64) - b)) / (allowed + 1e-20)
    place = int(np.argmax(excess))
    return tuple(map(int, np.unravel_index(place, excess.shape))), float(excess.reshape(-1)[place])


def assert_almost_equal(a: Any, b: Any, rtol: float | None = None, atol: float | None = None,
                        names: tuple[str, str] = ("a", "b"), equal_nan: bool = False, use_broadcast: bool = True,
                        mismatches: tuple[int, int] = (10, 10)) -> None:  # fmt: skip
    """Raise ``AssertionError`` unless two arrays are almost equal; it shows where they differ most.

    By default the tolerances are those of the coarser type: rtol 1e-4 and atol 1e-3 for float32.
    """
    first, second = _numpy(a), _numpy(b)
    if not use_broadcast and first.shape != second.shape:
        raise AssertionError(f"{names[0]} is {first.shape}, {names[1]} {second.shape}; needs one shape")
    if almost_equal(first, second, rtol, atol, equal_nan):
        return
    relative, absolute = _tolerance(rtol, _RTOL, first, second), _tolerance(atol, _ATOL, first, second)
    wide, other = np.broadcast_arrays(first, second)
    wrong = np.argwhere(~np.isclose(wide, other, relative, absolute, equal_nan))
    place, times = find_max_violation(wide, other, relative, absolute)
    rows = [f"  {tuple(map(int, at))}: {names[0]} {wide[tuple(at)]!r}, {names[1]} {other[tuple(at)]!r}"
            for at in wrong[: mismatches[1]]]  # fmt: skip
    raise AssertionError("\n".join([
        f"{names[0]} and {names[1]} differ by more than {absolute:g} + {relative:g} |{names[1]}| in {len(wrong)} of "
        f"{wide.size} elements, most at {place}: {wide[place]!r} and {other[place]!r}, "
        f"{times:.3g} times what is allowed",
        *rows,
    ]))  # fmt: skip


def assert_almost_equal_ignore_nan(a: Any, b: Any, rtol: float | None = None, atol: float | None = None,
                                   names: tuple[str, str] = ("a", "b")) -> None:  # fmt: skip
    """Raise ``AssertionError`` unless two arrays are almost equal where neither is NaN."""
    assert_almost_equal(*_without_nan(a, b), rtol, atol, names)


def assert_exception(f: Callable[..., Any], exception_type: type[BaseException], *args: Any, **kwargs: Any) -> None:
    """Raise ``AssertionError`` unless a call raises an exception of a type."""
    try:
        f(*args, **kwargs)
    except exception_type:
        return
    raise AssertionError(f"{getattr(f, '__name__', f)} raised no {exception_type.__name__}")


def retry(n: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a decorator that lets a check of random numbers fail up to ``n`` - 1 times."""

    def decorate(check: Callable[..., None]) -> Callable[..., None]:
        @wraps(check)
        def tried(*args: Any, **kwargs: Any) -> None:
            for _ in range(n - 1):
                try:
                    return check(*args, **kwargs)
                except AssertionError:
                    continue
            return check(*args, **kwargs)

        return tried

    return decorate


# ---- checking symbols


def _named(what: str, names: Sequence[str], given: Any, dtype: Any) -> dict[str, np.ndarray]:
    """Return arrays by name, from a list in the symbol's order or a dictionary with all names."""
    if isinstance(given, Mapping):
        if set(given) != set(names):
            raise ValueError(f"the {what} are {', '.join(given)}; the symbol has {', '.join(names) or 'none'}")
        pairs = dict(given)
    else:
        if len(given) != len(names):
            raise ValueError(f"there are {len(given)} {what}; the symbol has {len(names)}: {', '.join(names)}")
        pairs = dict(zip(names, given, strict=True))
    arrays = {name: _numpy(one) for name, one in pairs.items()}
    return arrays if dtype == "asnumpy" else {name: one.astype(dtype) for name, one in arrays.items()}


def _bound(symbol: Symbol, location: Any, aux_states: Any, requests: Mapping[str, str], ctx: Context | None, dtype: Any,
           grads: Mapping[str, np.ndarray] | None = None) -> Any:  # fmt: skip
    where = ctx or default_context()

    def arrays(given: Mapping[str, np.ndarray]) -> dict[str, NDArray]:
        return {name: array(one, where, one.dtype) for name, one in given.items()}

    arguments = _named("locations", symbol.list_arguments(), location, dtype)
    states = _named("auxiliary states", symbol.list_auxiliary_states(), aux_states or {}, dtype)
    return symbol.bind(where, arrays(arguments), arrays(grads or {}), dict(requests), arrays(states))


def simple_forward(sym: Symbol, ctx: Context | None = None, is_train: bool = False, **inputs: Any) -> Any:
    """Return the output of a symbol for arrays by name, as NumPy arrays; a list if there are several."""
    bound = sym.bind(ctx or default_context(), {name: array(one) for name, one in inputs.items()})
    outputs = [one.asnumpy() for one in bound.forward(is_train=is_train)]
    return outputs[0] if len(outputs) == 1 else outputs


def numeric_grad(executor: Any, location: Mapping[str, np.ndarray], aux_states: Mapping[str, Any] | None = None,
                 eps: float = 1e-4, use_forward_train: bool = True,
                 dtype: Any = np.float32) -> dict[str, Any]:  # fmt: skip
    """Return the gradient of the sum of an executor's first output by central differences, for each floating input."""

    def value() -> float:
        for name, one in (aux_states or {}).items():
            executor.aux_dict[name][:] = one
        executor.forward(is_train=use_forward_train)
        return executor.outputs[0].asnumpy().astype(np.float64).sum()

    found = {}
    for name, one in location.items():
        at = np.array(one)
        gradient = np.zeros(at.shape, dtype)
        if at.dtype.kind == "f":
            for i in np.ndindex(*at.shape):
                kept, sides = at[i], []
                for step in (eps / 2, -eps / 2):
                    at[i] = kept + step
                    executor.arg_dict[name][:] = at
                    sides.append(value())
                at[i] = kept
                gradient[i] = (sides[0] - sides[1]) / eps
            executor.arg_dict[name][:] = at
        found[name] = gradient
    return found


def check_numeric_gradient(sym: Symbol, location: Arrays, aux_states: Any = None, numeric_eps: float | None = None,
                           rtol: float | None = None, atol: float | None = None, grad_nodes: Any = None,
                           use_forward_train: bool = True, ctx: Context | None = None, grad_stype_dict: Any = None,
                           dtype: Any = np.float32) -> None:  # fmt: skip
    """Compare gradients with central differences of a random projection of the output.

    Parameters
    ----------
    sym : a symbol of one output.
    location : its arguments, as a list in their order or by name.
    grad_nodes : the arguments whose gradients are checked, as a list, or with their ``grad_req``; by default all.

    Raises
    ------
    AssertionError
        If one differs; the message names it.
    """
    place = _named("locations", sym.list_arguments(), location, dtype)
    states = _named("auxiliary states", sym.list_auxiliary_states(), aux_states or {}, dtype)
    names = sym.list_arguments() if grad_nodes is None else list(grad_nodes)
    requests = dict(grad_nodes) if isinstance(grad_nodes, Mapping) else dict.fromkeys(names, "write")
    shapes: Any = sym.infer_shape(**{name: one.shape for name, one in place.items()})[1]
    projected = _projected(sym)
    place["__random_proj"] = (np.random.rand(*shapes[0]) + 0.1).astype(dtype)
    grads = {name: np.random.normal(0, 0.01, place[name].shape).astype(dtype) for name in names}
    bound = _bound(projected, place, states, requests, ctx, "asnumpy", grads)
    bound.forward(is_train=True)
    bound.backward()
    made = {name: bound.grad_dict[name].asnumpy() for name in names}
    eps = numeric_eps if numeric_eps is not None else _EPS[np.dtype(dtype).name]
    checked = {name: place[name] for name in names}
    expected = numeric_grad(bound, checked, states, eps, use_forward_train, dtype)
    for name in names:
        begin, kind = grads[name], requests[name]
        pair = {"write": (expected[name], made[name]), "add": (expected[name], made[name] - begin),
                "null": (begin, made[name])}[kind]  # fmt: skip
        assert_almost_equal(*pair, rtol, atol, (f"NUMERICAL_{name}", f"BACKWARD_{name}"))


def _projected(symbol: Symbol) -> Symbol:
    return sym.make_loss(symbol * sym.Variable("__random_proj"))


def check_symbolic_forward(sym: Symbol, location: Arrays, expected: Arrays, rtol: float | None = None,
                           atol: float | None = None, aux_states: Any = None, ctx: Context | None = None,
                           equal_nan: bool = False, dtype: Any = np.float32) -> list[NDArray]:  # fmt: skip
    """Compare the outputs of a symbol with expected ones, and return them.

    Raises
    ------
    AssertionError
        If one differs; the message names it.
    """
    bound = _bound(sym, location, aux_states, dict.fromkeys(sym.list_arguments(), "null"), ctx, dtype)
    names = sym.list_outputs()
    wanted = [expected[name] for name in names] if isinstance(expected, Mapping) else list(expected)
    outputs = bound.forward(is_train=False)
    for name, one, output in zip(names, wanted, outputs, strict=True):
        assert_almost_equal(one, output, rtol, atol, (f"EXPECTED_{name}", f"FORWARD_{name}"), equal_nan)
    return outputs


def check_symbolic_backward(sym: Symbol, location: Arrays, out_grads: Any, expected: Arrays, rtol: float | None = None,
                            atol: float | None = None, aux_states: Any = None, grad_req: Any = "write",
                            ctx: Context | None = None, grad_stypes: Any = None, equal_nan: bool = False,
                            dtype: Any = np.float32) -> dict[str, NDArray]:  # fmt: skip
    """Compare the gradients of a symbol with expected ones, and return them; ``out_grads`` are those of the outputs.

    Raises
    ------
    AssertionError
        If one differs; the message names it.
    """
    names = sym.list_arguments()
    wanted = dict(expected) if isinstance(expected, Mapping) else dict(zip(names, expected, strict=True))
    place = _named("locations", names, location, dtype)
    if isinstance(grad_req, str):
        requests = {name: grad_req if name in wanted else "null" for name in names}
    else:
        requests = dict(grad_req) if isinstance(grad_req, Mapping) else dict(zip(names, grad_req, strict=True))
    grads = {name: np.random.normal(size=place[name].shape).astype(place[name].dtype) for name in wanted}
    bound = _bound(sym, place, aux_states, requests, ctx, "asnumpy", grads)
    bound.forward(is_train=True)
    if isinstance(out_grads, Mapping):
        out_grads = [out_grads.get(name) for name in sym.list_outputs()]
    heads = None if out_grads is None else [
        None if one is None else array(_numpy(one), dtype=output.dtype)
        for one, output in zip([out_grads] if isinstance(out_grads, np.ndarray | NDArray) else out_grads, bound.outputs,
                               strict=True)
    ]  # fmt: skip
    bound.backward(heads)
    for name, one in wanted.items():
        made, begin, kind = bound.grad_dict[name].asnumpy(), grads[name], requests.get(name, "null")
        pair = {"write": (_numpy(one), made), "add": (_numpy(one), made - begin), "null": (begin, made)}[kind]
        assert_almost_equal(*pair, rtol, atol, (f"EXPECTED_{name}", f"BACKWARD_{name}"), equal_nan)
    return {name: bound.grad_dict[name] for name in wanted}


def check_consistency(sym: Symbol | Sequence[Symbol], ctx_list: Sequence[Mapping[str, Any]], scale: float = 1.0,
                      grad_req: str = "write", arg_params: Mapping[str, Any] | None = None, rtol: float | None = None,
                      atol: float | None = None, **_others: Any) -> list[np.ndarray]:  # fmt: skip
    """Compare outputs and gradients of symbols, or of one on several devices and types; return those of the last.

    ``ctx_list`` holds for each a mapping of ``ctx``, shapes by input, and perhaps ``type_dict``.
    """
    symbols = [sym] * len(ctx_list) if isinstance(sym, Symbol) else list(sym)
    executors = [one.simple_bind(grad_req=grad_req, **options)
                 for one, options in zip(symbols, ctx_list, strict=True)]  # fmt: skip
    first = executors[0]
    values = {name: np.random.normal(size=one.shape, scale=scale) for name, one in first.arg_dict.items()}
    values |= {name: _numpy(one) for name, one in (arg_params or {}).items()}
    heads = [np.random.normal(size=one.shape) for one in first.forward(is_train=False)]
    results = []
    for one in executors:
        for name, value in values.items():
            one.arg_dict[name][:] = value
        one.forward(is_train=grad_req != "null")
        arrays = list(one.outputs)
        if grad_req != "null":
            one.backward([array(head, dtype=output.dtype) for head, output in zip(heads, one.outputs, strict=True)])
            arrays += [grad for grad in one.grad_arrays if grad is not None]
        results.append([made.asnumpy() for made in arrays])
    for found in results[:-1]:
        for a, b in zip(found, results[-1], strict=True):
            assert_almost_equal(a, b, rtol, atol, ("one device", "the last"), equal_nan=True)
    return results[-1]


def check_speed(sym: Symbol, location: Mapping[str, Any] | None = None, ctx: Context | None = None, N: int = 20,
                grad_req: str = "write", typ: str = "whole", **kwargs: Any) -> float:  # fmt: skip
    """Return the seconds of one forward and backward pass, or of one forward pass with ``typ="forward"``."""
    place = {name: _numpy(one) for name, one in (location or {}).items()}
    shapes = {name: one.shape for name, one in place.items()} or kwargs
    bound = sym.simple_bind(ctx or default_context(), grad_req, **shapes)
    for name, one in bound.arg_dict.items():
        one[:] = place.get(name, np.random.normal(size=one.shape))

    def step() -> None:
        outputs = bound.forward(is_train=typ == "whole")
        if typ == "whole":
            bound.backward(outputs)

    step()
    begin = time.perf_counter()
    for _ in range(N):
        step()
    return (time.perf_counter() - begin) / N
