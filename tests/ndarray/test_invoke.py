import inspect

import numpy as np
import pytest

import symcli as mx
from symcli import nd
from symcli.errors import DTypeError, MXNetError, ShapeError


def matrix():
    return nd.array([[1, 2, 3], [4, 5, 6]])


def test_inputs_and_parameters_by_position_and_by_name():
    ones = nd.ones((2, 3))
    wanted = [[6, 6], [15, 15]]
    for result in (
        nd.FullyConnected(matrix(), ones, None, 2, True),
        nd.FullyConnected(matrix(), ones, num_hidden=2, no_bias=True),
        nd.FullyConnected(data=matrix(), weight=ones, num_hidden="2", no_bias="True", name="fc"),
    ):
        np.testing.assert_array_equal(result.asnumpy(), wanted)


def test_several_outputs_are_a_list():
    parts = nd.SliceChannel(matrix(), num_outputs=3, axis=1)
    assert [part.shape for part in parts] == [(2, 1)] * 3
    assert isinstance(nd.split(matrix(), num_outputs=1), nd.NDArray)


def test_out_is_written_and_returned():
    out = nd.zeros((2, 2))
    version = out._buffer.version
    assert nd.dot(matrix(), matrix().T, out=out) is out
    np.testing.assert_array_equal(out.asnumpy(), [[14, 32], [32, 77]])
    assert out._buffer.version > version


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_out_tells_an_operator_without_inputs_its_shape(dtype):
    out = nd.ones((2, 3), dtype=dtype)
    assert nd._internal._zeros_without_dtype(out=out) is out
    assert not out.asnumpy().any()
    nd._internal._random_uniform(low=1.0, high=2.0, dtype=dtype, out=out)
    assert out.asnumpy().all()
    with pytest.raises(ShapeError, match=r"_zeros: \(3, 3\) and \(2, 3\) are different shapes"):
        nd._internal._zeros(shape=(3, 3), out=out)


def test_legacy_functions_replace_an_entry_of_each_row():
    a = matrix()
    filled = nd.fill_element_0index(a, nd.array([9, 8]), nd.array([0, 5]))
    np.testing.assert_array_equal(filled.asnumpy(), [[9, 2, 3], [4, 5, 6]])
    assert nd._internal._onehot_encode(nd.array([0, 2]), a, out=a) is a
    np.testing.assert_array_equal(a.asnumpy(), [[1, 0, 0], [0, 0, 1]])
    with pytest.raises(ShapeError, match="lhs is"):
        nd.fill_element_0index(nd.ones((2,)), nd.ones((2,)), nd.ones((2,)))


def test_out_may_be_an_input():
    square = nd.array([[0, 1], [2, 0]])
    nd.dot(square, square, out=square)
    np.testing.assert_array_equal(square.asnumpy(), [[2, 0], [0, 2]])
    nd.transpose(square[0:1].reshape((2, 1)), out=square[1:2])
    np.testing.assert_array_equal(square.asnumpy(), [[2, 0], [2, 0]])


@pytest.mark.parametrize(
    ("out", "error"),
    [
        (nd.zeros((2, 3)), ShapeError),
        (nd.zeros((2, 2), dtype="int32"), DTypeError),
        (np.zeros((2, 2)), TypeError),
        ([nd.zeros((2, 2))] * 2, MXNetError),
    ],
    ids=["shape", "dtype", "numpy", "two"],
)
def test_out_that_does_not_fit_is_an_error(out, error):
    with pytest.raises(error, match="dot: out"):
        nd.dot(matrix(), matrix().T, out=out)


def test_contradiction_names_operator_inputs_and_parameters():
    with pytest.raises(ShapeError) as caught:
        nd.FullyConnected(matrix(), nd.ones((2, 4)), num_hidden=2, no_bias=True)
    assert str(caught.value) == (
        "FullyConnected: weight is (2, 4), needs (2, 3)\n  data: (2, 3)\n  weight: (2, 4)\n"
        "  parameters: num_hidden=2, no_bias=True"
    )
    with pytest.raises(ShapeError, match=r"elemwise_add: .*\(2, 3\) and \(3,\)"):
        nd.elemwise_add(matrix(), nd.ones((3,)))


def test_arrays_without_axes_are_an_error():
    with pytest.raises(ShapeError, match="cannot be told"):
        nd.array(5) + 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nd.dot(matrix()), MXNetError, "dot lacks rhs; inputs: lhs, rhs"),
        (lambda: nd.dot(matrix(), 5), TypeError, "rhs is a int 5; needs an NDArray"),
        (lambda: nd.dot(matrix(), np.ones((3, 2))), TypeError, "rhs is a ndarray of shape"),
        (lambda: nd.dot(matrix(), lhs=matrix()), TypeError, "lhs twice"),
        (lambda: nd.FullyConnected(matrix(), matrix(), matrix(), 2, True, True, 3), TypeError, "6 positional"),
        (lambda: nd.FullyConnected(matrix(), matrix(), num_hidden=2), MXNetError, "lacks bias"),
        (lambda: nd.FullyConnected(matrix(), matrix(), matrix(), num_hidden=2, no_bias=True), MXNetError, "no bias"),
        (lambda: nd.FullyConnected(matrix(), matrix(), no_bias=True), MXNetError, "num_hidden"),
        (lambda: nd.FullyConnected(matrix(), matrix(), num_hiden=2), MXNetError, "did you mean 'num_hidden'"),
        (lambda: nd.FulyConnected, AttributeError, "did you mean 'FullyConnected'"),
        (lambda: nd.contrib.nope, AttributeError, "nope"),
    ],
)
def test_wrong_calls_say_what_is_needed(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_none_for_an_unknown_parameter_is_ignored():
    assert nd.transpose(matrix(), dtype=None).shape == (3, 2)


def test_variadic_operators_take_any_number():
    assert nd.concat(matrix(), matrix(), dim=0).shape == (4, 3)
    assert nd.concat(matrix(), matrix(), matrix()).shape == (2, 9)


def test_namespaces_and_aliases_lead_to_the_same_operator():
    for function in (nd.elemwise_add, nd.op.elemwise_add, nd._internal._plus):
        np.testing.assert_array_equal(function(matrix(), matrix()).asnumpy(), 2 * matrix().asnumpy())
    assert "FullyConnected" in dir(nd)


def test_functions_carry_their_page_and_signature():
    assert "Linear transformation" in nd.FullyConnected.__doc__
    assert list(inspect.signature(nd.FullyConnected).parameters)[:4] == ["data", "weight", "bias", "num_hidden"]
    assert "out" in inspect.signature(nd.FullyConnected).parameters


def test_result_is_on_the_device_of_the_inputs():
    array = nd.ones((2,), mx.cpu(1))
    with mx.cpu(2):
        assert (array + 1).context == mx.cpu(1)


def test_no_warning_where_numbers_leave_their_range():
    with np.errstate(all="raise"):
        np.testing.assert_array_equal((nd.array([1, -1, 0]) / 0).asnumpy(), [np.inf, -np.inf, np.nan])


def test_what_follows_the_parameters_by_position_is_out():
    out = mx.nd.zeros((2,))
    assert mx.nd.exp(mx.nd.zeros((2,)), out) is out and out.asnumpy().tolist() == [1, 1]
    mx.nd.clip(mx.nd.array([-5, 5]), -1, 2, out, "name")
    assert out.asnumpy().tolist() == [-1, 2]
    with pytest.raises(TypeError, match="clip takes 3 positional arguments: data, a_min, a_max; got 4"):
        mx.nd.clip(mx.nd.array([-5, 5]), -1, 2, 3)


@pytest.mark.parametrize(("name", "order"), [
    ("PSROIPooling", ["data", "rois", "spatial_scale", "output_dim", "pooled_size", "group_size"]),
    ("DeformableConvolution", ["data", "offset", "weight", "bias", "kernel", "stride", "dilate", "pad", "num_filter",
                               "num_group", "num_deformable_group", "workspace", "no_bias"]),
])  # fmt: skip
def test_parameters_by_position_are_in_mxnets_order(name, order):
    for of in (mx.nd, mx.sym):
        assert list(inspect.signature(getattr(of.contrib, name)).parameters)[: len(order)] == order
