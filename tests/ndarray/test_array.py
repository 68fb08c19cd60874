import copy
import pickle

import numpy as np
import pytest

import symcli as mx
from symcli import nd
from symcli.errors import MXNetError, ShapeError


def matrix():
    return nd.array([[1, 2, 3], [4, 5, 6]])


def test_properties():
    array = matrix()
    assert (array.shape, array.size, array.ndim, len(array)) == ((2, 3), 6, 2, 2)
    assert array.dtype is np.float32
    assert array.context == array.ctx == mx.cpu(0)
    assert array.stype == "default"


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (nd.array([[1, 2]]), "\n[[1. 2.]]\n<NDArray 1x2 @cpu(0)>"),
        (nd.array([1, 2], dtype="int32"), "\n[1 2]\n<NDArray 2 @cpu(0)>"),
        (nd.array([]), "\n[]\n<NDArray 0 @cpu(0)>"),
        (nd.array(5), "\n5.0\n<NDArray  @cpu(0)>"),
        (nd.ones((1,), mx.cpu(1)), "\n[1.]\n<NDArray 1 @cpu(1)>"),
    ],
)
def test_repr_is_mxnets(array, text):
    assert repr(array) == str(array) == text


def test_numbers_and_truth():
    assert nd.array([2.7]).asscalar() == np.float32(2.7)
    assert (int(nd.array([2.7])), float(nd.array([2.5]))) == (2, 2.5)
    assert bool(nd.array([2])) and not bool(nd.array([0])) and not bool(nd.array([]))
    with pytest.raises(ValueError, match="truth"):
        bool(matrix())
    with pytest.raises(ValueError, match="asscalar"):
        matrix().asscalar()


def test_iteration_yields_views():
    array = matrix()
    for row in array:
        row[:] = 0
    assert array.asnumpy().sum() == 0
    assert [one.shape for one in nd.array([1, 2])] == [(1,), (1,)]


def test_numpy_gets_copies():
    array = matrix()
    for made in (array.asnumpy(), np.asarray(array), np.array(array)):
        made[:] = 0
    assert array.asnumpy().sum() == 21
    assert np.asarray(array, np.int64).dtype == np.int64
    np.testing.assert_array_equal(np.exp(nd.zeros((2,))), [1, 1])
    np.testing.assert_array_equal(np.concatenate([np.ones((1, 3)), array])[1:], array.asnumpy())
    with pytest.raises(ValueError, match="copy"):
        np.array(array, copy=False)


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a)), nd.NDArray.copy])
def test_copies_stand_alone(make):
    array = nd.array([[1, 2], [3, 4]], mx.cpu(2), "int32")
    made = make(array[1])
    made[:] = 0
    assert (made.shape, made.dtype, made.context) == ((2,), np.int32, mx.cpu(2))
    assert array.asnumpy().sum() == 10


def test_views_share_memory_and_version():
    array = matrix()
    for view in (
        array.reshape((3, 2)),
        array.detach(),
        array.flatten(inplace=True),
        array.expand_dims(0, inplace=True),
    ):
        assert np.shares_memory(view._data, array._data)
        version = array._buffer.version
        view[:] = 1
        assert array._buffer.version > version
    for other in (array.T, array.flatten(), array.expand_dims(0), array.squeeze(), array.reshape_like(array)):
        assert not np.shares_memory(other._data, array._data)
        assert other._data.flags.c_contiguous


def test_astype():
    array = nd.array([1.7, -1.7, 300])
    np.testing.assert_array_equal(array.astype("int32").asnumpy(), [1, -1, 300])
    assert array.astype(bool).dtype is np.bool_
    assert array.astype("float32", copy=False) is array
    assert array.astype("float32") is not array
    with pytest.raises(TypeError, match="nope"):
        array.astype("nope")


def test_copyto():
    array, other = matrix(), nd.zeros((2, 3), dtype="int32")
    assert array.copyto(other) is other
    np.testing.assert_array_equal(other.asnumpy(), array.asnumpy())
    assert array.copyto(mx.cpu(1)).context == mx.cpu(1)
    with pytest.raises(MXNetError, match=r"\(3, 2\)"):
        array.copyto(nd.zeros((3, 2)))
    with pytest.raises(TypeError, match="int"):
        array.copyto(5)
    with pytest.warns(RuntimeWarning, match="itself"):
        assert array.copyto(array) is False


def test_as_in_context_copies_to_another_device_only():
    array = matrix()
    assert array.as_in_context(mx.cpu()) is array
    assert array.as_in_context(mx.cpu(1)).context == mx.cpu(1)


@pytest.mark.parametrize(
    ("shape", "reverse", "expected"),
    [
        ((6, 4), False, (6, 4)), ((-1,), False, (24,)), ((0, -1), False, (2, 12)), ((-3, 0), False, (6, 4)),
        ((-2,), False, (2, 3, 4)), ((0, -2), False, (2, 3, 4)), ((-4, 1, 2, -2), False, (1, 2, 3, 4)),
        ((0, -4, -1, 3, 0), False, (2, 1, 3, 4)), ((-1, 0), True, (6, 4)), ((2, -3), True, (2, 12)),
        ((-2, 1), False, (2, 3, 4, 1)),
    ],
)  # fmt: skip
def test_reshape_codes(shape, reverse, expected):
    assert nd.arange(24).reshape((2, 3, 4)).reshape(shape, reverse=reverse).shape == expected


def test_reshape_takes_sizes_one_by_one_or_by_name():
    assert matrix().reshape(3, 2).shape == matrix().reshape([3, 2]).shape == matrix().reshape(shape=(3, 2)).shape
    assert matrix().reshape(-1).shape == (6,)
    assert nd.array([5]).reshape(()).shape == ()
    with pytest.raises(TypeError, match="foo"):
        matrix().reshape(3, 2, foo=1)
    with pytest.raises(TypeError, match="no shape"):
        matrix().reshape()


@pytest.mark.parametrize("shape", [(4, 2), (7,), (-1, 4), (-1, -1), (), (3, 1), (0, 0, 0), (-5,)])
def test_reshape_that_changes_the_size_is_an_error(shape):
    with pytest.raises(MXNetError):
        matrix().reshape(shape)


def test_axes_of_size_one_come_and_go():
    assert matrix().expand_dims(-1).shape == (2, 3, 1)
    assert nd.zeros((1, 3, 1)).squeeze().shape == (3,)
    assert nd.zeros((1, 3, 1)).squeeze(axis=(0,)).shape == (3, 1)
    assert nd.zeros((1, 1)).squeeze().shape == (1,)
    with pytest.raises(ShapeError, match="size 3; needs 1"):
        matrix().squeeze(axis=1)


def test_broadcast_to():
    np.testing.assert_array_equal(nd.array([1, 2]).broadcast_to((2, 2)).asnumpy(), [[1, 2], [1, 2]])
    assert nd.ones((2, 1)).broadcast_like(matrix()).shape == (2, 3)
    for shape in ((2, 3), (0, 2), (2,)):
        with pytest.raises(ValueError, match="broadcast"):
            nd.ones((2, 2)).broadcast_to(shape)


def test_storage_is_dense():
    assert matrix().tostype("default").shape == (2, 3)
    with pytest.raises(MXNetError, match="dense"):
        matrix().tostype("csr")


def test_operators_are_methods():
    np.testing.assert_array_equal(matrix().slice_axis(axis=1, begin=0, end=2).asnumpy(), [[1, 2], [4, 5]])
    np.testing.assert_array_equal(matrix().transpose().asnumpy(), matrix().asnumpy().T)
    np.testing.assert_array_equal(matrix().take(nd.array([1])).asnumpy(), [[4, 5, 6]])
    assert [part.shape for part in matrix().split_v2(3, axis=1)] == [(2, 1)] * 3
    with pytest.raises(AttributeError, match="nope"):
        _ = matrix().nope


def test_operators_are_methods_of_the_class_too():
    array = mx.nd.array([[3, 1, 2]])
    assert mx.nd.NDArray.argmin(array, axis=1).asnumpy().tolist() == [1]
    assert {"abs", "split_v2", "zeros_like"} <= set(dir(mx.nd.NDArray)) & set(dir(mx.sym.Symbol))
    symbol = mx.sym.Symbol.sum(mx.sym.Variable("a"), axis=1, name="s")
    assert symbol.list_outputs() == ["s_output"] and not hasattr(symbol, "sumsum") and not hasattr(array, "sumsum")
    parts = mx.sym.Variable("a").split_v2(2, axis=1)
    assert parts.infer_shape(a=(1, 4))[1] == [(1, 2), (1, 2)]
