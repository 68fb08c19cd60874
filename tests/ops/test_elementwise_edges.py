"""Ties, NaN, infinities, integers and errors of elementwise operators and reductions, as MXNet 1.9.1 has them."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import DTypeError, ShapeError

nan, inf = float("nan"), float("inf")


def run(name, attrs, *arrays, dtype="float32"):
    """Return the first output of an operator, and the gradients of its inputs under heads of ones."""
    names = ["a", "b", "c"][: len(arrays)]
    symbol = getattr(mx.sym, name)(*(mx.sym.Variable(key) for key in names), **attrs)
    args = {key: mx.nd.array(array, dtype=dtype) for key, array in zip(names, arrays, strict=True)}
    grads = {key: mx.nd.zeros(array.shape, dtype=dtype) for key, array in args.items()}
    bound = symbol.bind(mx.cpu(), args, grads)
    bound.forward(is_train=True)
    bound.backward([mx.nd.ones(output.shape, dtype=output.dtype) for output in bound.outputs])
    return bound.outputs[0].asnumpy(), [bound.grad_dict[key].asnumpy() for key in names]


TWO_VALUES = [
    ("maximum", [1, 2, nan, 1], [1, 1, 1, nan], [1, 2, nan, nan], [1, 1, 0, 0], [0, 0, 0, 0]),
    ("minimum", [1, 2, nan, 1], [1, 1, 1, nan], [1, 1, nan, nan], [1, 0, 0, 0], [0, 1, 0, 0]),
    ("mod", [-3, 3, 5.5, inf], [2, -2, 0, 2], [1, -1, 0, nan], [1, 1, 1, 1], [2, 2, -inf, -inf]),
    ("power", [1, 0, -3, -2], [2, 0, 2, 3], [1, 1, 9, -8], [2, nan, -6, 12], [0, -inf, nan, nan]),
    ("hypot", [0, 3, inf], [0, -4, nan], [0, 5, inf], [nan, 0.6, nan], [nan, -0.8, nan]),
    ("equal", [1, nan, inf], [1, nan, -inf], [1, 0, 0], [0, 0, 0], [0, 0, 0]),
    ("lesser_equal", [1, nan, 3], [1, 1, 1], [1, 0, 0], [0, 0, 0], [0, 0, 0]),
    ("logical_and", [nan, 0, 2], [1, nan, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]),
]


@pytest.mark.parametrize("family", ["_{}", "broadcast_{}"])
@pytest.mark.parametrize("name, a, b, y, ga, gb", TWO_VALUES, ids=lambda value: value if isinstance(value, str) else "")
def test_two_arrays_at_ties_and_nan(family, name, a, b, y, ga, gb):
    output, gradients = run(family.format(name), {}, a, b)
    for got, want in zip((output, *gradients), (y, ga, gb), strict=True):
        np.testing.assert_allclose(got, want, 1e-6)


ONE_VALUE = [
    ("abs", {}, [0, nan, -inf], [0, nan, inf], [0, 0, -1]),
    ("sign", {}, [0, nan, -inf], [0, 0, -1], [0, 0, 0]),
    ("relu", {}, [0, nan, -inf, inf], [0, nan, 0, inf], [0, nan, 0, 1]),
    ("sigmoid", {}, [-104, 90, nan], [0, 1, nan], [0, 0, nan]),
    ("sqrt", {}, [0, -1, inf], [0, nan, inf], [inf, nan, 0]),
    ("log", {}, [0, -1, inf], [-inf, nan, inf], [inf, -1, 0]),
    ("reciprocal", {}, [0, inf], [inf, 0], [-inf, 0]),
    ("rint", {}, [0.5, 1.5, -0.5, nan, inf], [0, 1, -1, nan, inf], [0, 0, 0, 0, 0]),
    ("round", {}, [0.5, -2.5, 0.49999997, nan, inf], [1, -3, 0, nan, inf], [0, 0, 0, 0, 0]),
    ("clip", {"a_min": -1, "a_max": 0.1}, [-1, 0.1, nan, 2], [-1, 0.1, nan, 0.1], [1, 1, 1, 0]),
    ("clip", {"a_min": 2.5, "a_max": -1}, [-1, -2, 3], [2.5, 2.5, -1], [0, 0, 0]),
    ("_maximum_scalar", {"scalar": 2}, [2, nan, 1], [2, nan, 2], [1, 0, 0]),
    ("_mod_scalar", {"scalar": 0}, [2, nan], [0, 0], [1, 1]),
    ("_rmod_scalar", {"scalar": 2}, [0, -inf, 3], [0, -inf, 2], [-inf, 0, 0]),
    ("_power_scalar", {"scalar": 0}, [nan, 0], [1, 1], [nan, nan]),
    ("_rpower_scalar", {"scalar": -2}, [2, 2.5], [4, nan], [nan, nan]),
    ("_div_scalar", {"scalar": 0}, [1, -1, 0], [inf, -inf, nan], [inf, inf, inf]),
    ("_equal_scalar", {"scalar": 0.1}, [0.1, nan], [1, 0], [0, 0]),
    ("smooth_l1", {"scalar": 2}, [0.25, -0.25, inf, nan], [0.125, 0.125, inf, nan], [1, -1, 1, nan]),
    ("smooth_l1", {"scalar": 0}, [1, inf], [0, nan], [0, nan]),
]


@pytest.mark.parametrize("name, attrs, x, y, g", ONE_VALUE, ids=lambda value: value if isinstance(value, str) else "")
def test_one_array_at_edges_and_nan(name, attrs, x, y, g):
    output, (gradient,) = run(name, attrs, x)
    assert output.dtype == np.float32
    np.testing.assert_allclose(output, y, 1e-6)
    np.testing.assert_allclose(gradient, g, 1e-6)


INTEGERS = [
    ("_plus_scalar", {"scalar": 1.5}, [3, 0, -6, 8]),
    ("_div_scalar", {"scalar": 2}, [1, 0, -3, 3]),
    ("_mod_scalar", {"scalar": -2}, [0, -1, -1, -1]),
    ("_power_scalar", {"scalar": -2}, [0, 1, 0, 0]),
    ("_rdiv_scalar", {"scalar": 2}, [1, -2, 0, 0]),
    ("_equal_scalar", {"scalar": 2.5}, [1, 0, 0, 0]),
    ("exp", {}, [7, 0, 0, 1096]),
    ("clip", {"a_min": 0, "a_max": 2.5}, [2, 0, 0, 2]),
]


@pytest.mark.parametrize("name, attrs, y", INTEGERS, ids=lambda value: value if isinstance(value, str) else "")
def test_integers_stay_integers(name, attrs, y):
    output, _ = run(name, attrs, [2, -1, -7, 7], dtype="int32")
    assert output.dtype == np.int32
    np.testing.assert_array_equal(output, y)


@pytest.mark.parametrize("dtype", ["int32", "uint8", "int64"])
def test_erfinv_of_integers_without_one_is_0(dtype):
    y = mx.nd.erfinv(mx.nd.array([0, 2, 100], dtype=dtype))  # MXNet 1.9.1
    assert y.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(y.asnumpy(), [0, 0, 0])


def test_erfinv_of_floats_at_its_ends_and_beyond():
    y = mx.nd.erfinv(mx.nd.array([-2, -1, 0, 1, 2, np.nan])).asnumpy()  # MXNet 1.9.1
    np.testing.assert_array_equal(y, [np.nan, -np.inf, 0, np.inf, np.nan, np.nan])


def test_hard_sigmoid_refuses_integers():
    with pytest.raises(DTypeError, match="hard_sigmoid: data is int32; needs one of float16, float32, float64"):
        mx.nd.hard_sigmoid(mx.nd.array([1], dtype="int32"))


def test_scalar_out_of_the_range_of_an_integer_type_wraps_around():
    output, _ = run("_plus_scalar", {"scalar": -2}, [1, 5], dtype="uint8")
    np.testing.assert_array_equal(output, np.array([255, 3], np.uint8))


def test_integer_data_and_a_scalar_that_is_none_give_float64():
    output, _ = run("_plus_scalar", {"scalar": 1.5, "is_int": False}, [1, 2], dtype="int32")
    assert output.dtype == np.float64
    np.testing.assert_array_equal(output, [2.5, 3.5])


ROWS_WITH_NAN = [[1, nan, 3], [0, 0, 3]]
REDUCTIONS = [
    ("max", ROWS_WITH_NAN, [nan, 3], [[0, 0, 0], [0, 0, 1]]),
    ("min", ROWS_WITH_NAN, [nan, 0], [[0, 0, 0], [1, 1, 0]]),
    ("max", [[-inf, -inf], [2, 2]], [-inf, 2], [[1, 1], [1, 1]]),
    ("prod", ROWS_WITH_NAN, [nan, 0], [[nan, nan, nan], [nan, nan, 0]]),
    ("nansum", ROWS_WITH_NAN, [4, 3], [[1, 0, 1], [1, 1, 1]]),
    ("nanprod", ROWS_WITH_NAN, [3, 0], [[3, 0, 1], [nan, nan, 0]]),
    ("norm", [[0, 0], [1e20, 0]], [0, 1e20], [[nan, nan], [1, 0]]),
]


@pytest.mark.parametrize("name, x, y, g", REDUCTIONS, ids=lambda value: value if isinstance(value, str) else "")
def test_reductions_at_ties_and_nan(name, x, y, g):
    output, (gradient,) = run(name, {"axis": 1}, x)
    np.testing.assert_allclose(output, y, 1e-6)
    np.testing.assert_allclose(gradient, g, 1e-6)


def test_long_sum_keeps_its_digits():
    output, _ = run("sum", {"axis": 0}, np.full((200_000, 2), 0.1))
    np.testing.assert_allclose(output, [20_000, 20_000], 1e-6)


def test_float16_is_computed():
    for name in ("exp", "_plus", "sum", "sqrt"):
        arrays = [[1, 2], [3, 4]] if name == "_plus" else [[1, 2]]
        assert run(name, {}, *arrays, dtype="float16")[0].dtype == np.float16


@pytest.mark.parametrize("a, b, y", [((2, 3), (3,), (2, 3)), ((0, 3), (2, 1), (0, 3)), ((2, 0), (0, 1), (0, 0))])
def test_broadcast_leaves_unknown_sizes_unknown(a, b, y):
    symbol = mx.sym.broadcast_add(mx.sym.Variable("a"), mx.sym.Variable("b"))
    assert symbol.infer_shape_partial(a=a, b=b)[1] == [y]


def test_broadcast_of_different_sizes_names_the_node_and_both_shapes():
    symbol = mx.sym.broadcast_add(mx.sym.Variable("a"), mx.sym.Variable("b"), name="join")
    with pytest.raises(ShapeError, match=r"join \(broadcast_add\): \(2, 3\) and \(2, 4\) do not broadcast"):
        symbol.infer_shape(a=(2, 3), b=(2, 4))


@pytest.mark.parametrize("attrs, known, y", [
    ({}, (0, 3), (1,)), ({"axis": 1}, (0, 3), (0,)), ({"axis": 1}, (2, 0), (2,)), ({"keepdims": True}, (0, 3), (1, 1)),
])  # fmt: skip
def test_reduction_tells_what_it_can_of_unknown_sizes(attrs, known, y):
    assert mx.sym.sum(mx.sym.Variable("a"), **attrs).infer_shape_partial(a=known)[1] == [y]


@pytest.mark.parametrize("attrs, message", [
    ({"axis": 2}, r"total \(sum\): axis=2 is outside a shape of rank 2: needs -2 to 1"),
    ({"axis": (0, -2)}, r"total \(sum\): axis=\(0, -2\) names an axis twice"),
])  # fmt: skip
def test_reduction_over_a_wrong_axis_says_so(attrs, message):
    with pytest.raises(ShapeError, match=message):
        mx.sym.sum(mx.sym.Variable("a"), name="total", **attrs).infer_shape(a=(2, 3))


def test_moments_without_axes_says_what_to_name():
    with pytest.raises(ShapeError, match=r"axes=\(0, 1\) for all"):
        mx.sym.moments(mx.sym.Variable("a")).infer_shape(a=(2, 3))
