"""Checks of operators and programs: MXNet's ``mx.test_utils`` (``python/mxnet/test_utils.py``)."""

import contextlib
import io
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from symcli.errors import MXNetError
from symcli.graph import symbol as sym
from symcli.graph.symbol import Symbol
from symcli.ndarray import NDArray, array
from symcli.ndarray.context import Context, current_context
from symcli.train.distribution_checks import (
    chi_square_check,
    gen_buckets_probs_with_ppf,
    mean_check,
    var_check,
    verify_generator,
)
from symcli.train.testing_arrays import (
    assign_each,
    assign_each2,
    collapse_sum_like,
    create_2d_tensor,
    create_sparse_array,
    create_sparse_array_zd,
    create_vector,
    get_identity_mat,
    get_identity_mat_batch,
    new_matrix_with_real_eigvals_2d,
    new_matrix_with_real_eigvals_nd,
    new_orthonormal_matrix_2d,
    new_sym_matrix_with_real_eigvals_2d,
    new_sym_matrix_with_real_eigvals_nd,
    rand_coord_2d,
    rand_sparse_ndarray,
    random_uniform_arrays,
    shuffle_csr_column_indices,
)
from symcli.train.testing_comparisons import (
    almost_equal,
    almost_equal_ignore_nan,
    assert_almost_equal,
    assert_almost_equal_ignore_nan,
    assert_almost_equal_with_err,
    assert_exception,
    compare_ndarray_tuple,
    default_atols,
    default_rtols,
    effective_dtype,
    find_max_violation,
    get_atol,
    get_etol,
    get_rtol,
    get_tolerance,
    get_tols,
    plain,
    retry,
    same,
    same_array,
)
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
    "assert_almost_equal_ignore_nan", "assert_almost_equal_with_err", "assert_exception", "assign_each", "assign_each2",
    "check_consistency", "check_numeric_gradient", "check_speed", "check_symbolic_backward", "check_symbolic_forward",
    "chi_square_check", "collapse_sum_like", "compare_ndarray_tuple", "compare_optimizer", "create_2d_tensor",
    "create_sparse_array", "create_sparse_array_zd", "create_vector", "default_atols", "default_context",
    "default_dtype", "default_numeric_eps", "default_rtols", "discard_stderr", "download", "effective_dtype",
    "environment", "find_max_violation", "gen_buckets_probs_with_ppf", "get_atol", "get_etol", "get_identity_mat",
    "get_identity_mat_batch", "get_mnist", "get_mnist_iterator", "get_mnist_ubyte", "get_rtol", "get_tolerance",
    "get_tols", "has_tvm_ops", "is_aarch64_run", "is_cd_run", "is_op_runnable", "list_gpus", "mean_check",
    "new_matrix_with_real_eigvals_2d", "new_matrix_with_real_eigvals_nd", "new_orthonormal_matrix_2d",
    "new_sym_matrix_with_real_eigvals_2d", "new_sym_matrix_with_real_eigvals_nd", "np_reduce", "numeric_grad",
    "rand_coord_2d", "rand_ndarray", "rand_shape_2d", "rand_shape_3d", "rand_shape_nd", "rand_sparse_ndarray",
    "random_arrays", "random_sample", "random_uniform_arrays", "retry", "same", "same_array", "same_symbol_structure",
    "set_default_context", "shuffle_csr_column_indices", "simple_forward", "var_check", "verify_generator",
]  # fmt: skip

Arrays = Sequence[Any] | Mapping[str, Any]

# The step of a finite difference.
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


def is_cd_run() -> bool:
    """Whether this runs in MXNet's own deployment: never."""
    return False


def is_aarch64_run() -> bool:
    """Whether this runs in MXNet's own tests of ARM: never."""
    return False


def has_tvm_ops() -> bool:
    """Whether there are operators made by TVM: none."""
    return False


def is_op_runnable() -> bool:
    """Whether operators run on this device."""
    return True


@contextlib.contextmanager
def environment(*args: Any) -> Iterator[None]:
    """Set environment variables for the body of a ``with``: a name and a value, or a mapping; None takes one away."""
    if len(args) not in (1, 2):
        raise TypeError(f"environment takes a name and a value, or a mapping of them; got {len(args)} arguments")
    wanted: Mapping[str, str | None] = args[0] if len(args) == 1 else {args[0]: args[1]}
    before = {name: os.environ.get(name) for name in wanted}
    try:
        _set_environment(wanted)
        yield
    finally:
        _set_environment(before)


def _set_environment(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextlib.contextmanager
def discard_stderr() -> Iterator[None]:
    """Drop what the body of a ``with`` writes to ``sys.stderr``."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield


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
    arrays = {name: plain(one) for name, one in pairs.items()}
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
        None if one is None else array(plain(one), dtype=output.dtype)
        for one, output in zip([out_grads] if isinstance(out_grads, np.ndarray | NDArray) else out_grads, bound.outputs,
                               strict=True)
    ]  # fmt: skip
    bound.backward(heads)
    for name, one in wanted.items():
        made, begin, kind = bound.grad_dict[name].asnumpy(), grads[name], requests.get(name, "null")
        pair = {"write": (plain(one), made), "add": (plain(one), made - begin), "null": (begin, made)}[kind]
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
    values |= {name: plain(one) for name, one in (arg_params or {}).items()}
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
    place = {name: plain(one) for name, one in (location or {}).items()}
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


# ---- comparing symbols and optimizers


def same_symbol_structure(sym1: Symbol, sym2: Symbol) -> bool:
    """Return whether two symbols have the same operators in the same order, as far as the shorter one goes."""
    first, second = ([node["op"] for node in json.loads(one.tojson())["nodes"]] for one in (sym1, sym2))
    return all(one == other for one, other in zip(first, second, strict=False))


def compare_optimizer(opt1: Any, opt2: Any, shape: tuple[int, ...], dtype: Any, w_stype: str = "default",
                      g_stype: str = "default", rtol: float = 1e-4, atol: float = 1e-5,
                      compare_states: bool = True) -> None:  # fmt: skip
    """Raise ``AssertionError`` unless two optimizers make the same of a random weight and gradient, in one update."""
    for stype in (w_stype, g_stype):
        rand_ndarray((1,), stype)  # says that there are no sparse ones
    weight, gradient = (array(np.random.uniform(size=shape), default_context(), dtype) for _ in range(2))
    weights = weight.copy(), weight.copy()
    states = [opt.create_state_multi_precision(0, one) for opt, one in zip((opt1, opt2), weights, strict=True)]
    if compare_states:
        compare_ndarray_tuple(states[0], states[1], rtol, atol)
    for opt, one, state in zip((opt1, opt2), weights, states, strict=True):
        opt.update_multi_precision(0, one, gradient.copy(), state)
    if compare_states:
        compare_ndarray_tuple(states[0], states[1], rtol, atol)
    assert_almost_equal(*weights, rtol, atol)
