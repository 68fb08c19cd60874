import numpy as np
import pytest

import symcli as mx
from symcli import nd
from symcli.errors import MXNetError, ShapeError


@pytest.mark.parametrize(
    ("source", "dtype", "expected"),
    [
        ([[1, 2]], None, "float32"), (5, None, "float32"), ([True, False], None, "float32"),
        (range(3), None, "float32"), (np.array([1.5]), None, "float32"), (np.array([1], "int8"), None, "float32"),
        (nd.ones((1,), dtype="int8"), None, "int8"), (nd.ones((1,), dtype="int8"), "float64", "float64"),
        ([1], int, "int64"), ([1], float, "float64"), ([1], bool, "bool"), ([1], np.float16, "float16"),
        ([nd.array([1, 2])], None, "float32"), ([1, None], None, "float32"),
    ],
    ids=repr,
)  # fmt: skip
def test_array_takes_its_type_from_ndarrays_only(source, dtype, expected):
    made = nd.array(source, dtype=dtype)
    assert np.dtype(made.dtype).name == expected
    plain = source.asnumpy() if isinstance(source, nd.NDArray) else np.array(np.array(source), "float64")
    np.testing.assert_array_equal(made.asnumpy().astype("float64"), plain)


@pytest.mark.parametrize(
    "source", ["abc", {}, [[1, 2], [3]], ["a"], object()], ids=["text", "dict", "ragged", "a", "object"]
)
def test_array_of_what_is_none_is_a_type_error(source):
    with pytest.raises(TypeError, match="is no array"):
        nd.array(source)


def test_array_is_a_copy():
    source = np.ones((2, 2), "float32")
    nd.array(source)[:] = 0
    assert source.sum() == 4


def test_unknown_type_is_an_error_that_lists_the_types():
    with pytest.raises(TypeError, match="float32, float64"):
        nd.zeros((2,), dtype="uint16")


def test_filled_arrays():
    assert nd.zeros(3).shape == (3,)
    assert nd.zeros([2, 3], "cpu(1)").context == mx.cpu(1)
    assert nd.ones((2, 3), dtype="int32").asnumpy().sum() == 6
    np.testing.assert_array_equal(nd.full((2,), 3.7, dtype="int32").asnumpy(), [3, 3])
    assert nd.empty((2, 3), dtype="float64").dtype is np.float64
    out = nd.empty((2,))
    assert nd.full((2,), 4, out=out) is out


@pytest.mark.parametrize("shape", [(), (2, -1), "x", 2.5, None])
def test_a_shape_that_is_none_is_an_error(shape):
    with pytest.raises(ShapeError, match="zeros: shape is"):
        nd.zeros(shape)


def test_arange():
    np.testing.assert_array_equal(nd.arange(3).asnumpy(), [0, 1, 2])
    np.testing.assert_array_equal(nd.arange(5, 0, -2).asnumpy(), [5, 3, 1])
    np.testing.assert_array_equal(nd.arange(2, repeat=2, dtype="int32").asnumpy(), [0, 0, 1, 1])
    np.testing.assert_array_equal(nd.arange(0, 1, 0.3).asnumpy(), np.float32([0, 1, 2, 3]) * np.float32(0.3))
    with pytest.raises(MXNetError, match="no numbers"):
        nd.arange(5, 2)


def test_eye_and_linspace():
    np.testing.assert_array_equal(nd.eye(2, 3, 1).asnumpy(), [[0, 1, 0], [0, 0, 1]])
    np.testing.assert_array_equal(nd.eye(2).asnumpy(), np.eye(2))
    np.testing.assert_array_equal(nd.linspace(0, 5, 3, dtype="int32").asnumpy(), [0, 2, 5])
    np.testing.assert_allclose(nd.linspace(0, 1, 5, endpoint=False).asnumpy(), [0, 0.2, 0.4, 0.6, 0.8], 1e-6)


def test_from_numpy_shares_and_locks_the_memory():
    source = np.ones((2, 2))
    array = nd.from_numpy(source)
    assert array.dtype is np.float64
    array[:] = 5
    assert source.sum() == 20
    with pytest.raises(ValueError, match="read-only"):
        source[:] = 1
    with pytest.raises(ValueError, match="zero_copy=False"):
        nd.from_numpy(np.ones((2, 2)).T)
    copied = np.ones((2, 3)).T
    nd.from_numpy(copied, zero_copy=False)[:] = 0
    assert copied.sum() == 6
    with pytest.raises(TypeError, match="list"):
        nd.from_numpy([1])


def test_concatenate():
    array = nd.array([[1, 2]])
    np.testing.assert_array_equal(nd.concatenate([array, array]).asnumpy(), [[1, 2], [1, 2]])
    assert nd.concatenate([array, array], axis=1).shape == (1, 4)
    assert nd.concatenate([array], always_copy=False) is array


def test_moveaxis():
    array = nd.zeros((2, 3, 4))
    assert nd.moveaxis(array, 0, 2).shape == (3, 4, 2)
    assert nd.moveaxis(array, [0, 1], [-1, 0]).shape == (3, 4, 2)
    for source, destination in ((5, 0), ([0, 1], 0), ([0, 0], [0, 1])):
        with pytest.raises(ValueError):
            nd.moveaxis(array, source, destination)


def test_split_v2():
    array = nd.array([[1, 2, 3]])
    assert [part.shape for part in nd.split_v2(array, 3, axis=1, squeeze_axis=True)] == [(1,)] * 3
    assert [part.shape for part in nd.split_v2(array, (1,), axis=1)] == [(1, 1), (1, 2)]


def test_onehot_encode():
    out = nd.empty((2, 3))
    assert nd.onehot_encode(nd.array([0, 2]), out) is out
    np.testing.assert_array_equal(out.asnumpy(), [[1, 0, 0], [0, 0, 1]])


def test_waiting_is_over_at_once():
    assert nd.waitall() is None
    assert nd.ones((1,)).wait_to_read() is None


def test_capsules_share_memory():
    given = mx.nd.array([1, 2, 3])
    other = mx.nd.from_dlpack(mx.nd.to_dlpack_for_write(given))
    other[:] = 7
    assert given.asnumpy().tolist() == [7, 7, 7]
    read = mx.nd.from_dlpack(given.to_dlpack_for_read())
    del given
    assert read.asnumpy().tolist() == [7, 7, 7] and read.dtype == np.float32


def test_empty_takes_mxnets_storage_type_and_refuses_sparse_ones():
    assert mx.nd.empty((2, 3), stype="default").shape == (2, 3)
    with pytest.raises(mx.MXNetError, match="empty: storage type 'csr': arrays are dense here"):
        mx.nd.empty((2, 3), stype="csr")
