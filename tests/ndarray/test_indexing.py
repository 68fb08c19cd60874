"""Parts of arrays: what MXNet 1.9.1 gives for a key; where it agrees with NumPy, NumPy says what is right."""

import numpy as np
import pytest

from symcli import nd
from symcli.errors import MXNetError


def cube():
    return nd.arange(24).reshape((2, 3, 4))


BASIC = [
    np.s_[0], np.s_[-1], np.s_[0, 1], np.s_[0:1, :2], np.s_[0, :2], np.s_[...], np.s_[..., 0], np.s_[..., 1:3],
    np.s_[0, ..., 1], np.s_[None], np.s_[:, None, 1], np.s_[None, 0, None, :, 1], np.s_[::-1], np.s_[:, ::2],
    np.s_[:, ::-1, 1], np.s_[5:7], np.s_[1:10], np.s_[-10:1], np.s_[1:0:-1], np.s_[np.int64(1)], np.s_[:, 1:3, ::-2],
]  # fmt: skip
ADVANCED = [
    np.s_[[1, 0]], np.s_[[1]], np.s_[[-1]], np.s_[:, [0, 2]], np.s_[[0, 1], [1, 2]], np.s_[np.array([[1, 0], [0, 0]])],
    np.s_[[0, 1], :, [1, 2]], np.s_[:, [0, 1], [1, 2]], np.s_[:, [0, 1], 1], np.s_[1, [0, 1]], np.s_[1, :, [0, 1]],
    np.s_[[[0], [1]], [0, 1]], np.s_[None, [0, 1]], np.s_[:, None, [0, 1]], np.s_[[0, 1], None, :, [1, 2]],
    np.s_[[0, 1], 1:3, 0], np.s_[[0, 1, 0], 1:3], np.s_[((0, 1),)],
]  # fmt: skip


@pytest.mark.parametrize("key", BASIC + ADVANCED, ids=repr)
def test_part_is_numpys(key):
    np.testing.assert_array_equal(cube()[key].asnumpy(), cube().asnumpy()[key])


@pytest.mark.parametrize("key", BASIC + ADVANCED, ids=repr)
def test_writing_a_part_is_numpys(key):
    array, expected = cube(), cube().asnumpy()
    values = -1 - np.arange(expected[key].size, dtype=np.float32).reshape(expected[key].shape)
    expected[key] = values
    version = array._buffer.version
    array[key] = nd.array(values)
    np.testing.assert_array_equal(array.asnumpy(), expected)
    assert array._buffer.version > version


@pytest.mark.parametrize("key", BASIC, ids=repr)
def test_basic_part_is_a_view_where_it_is_contiguous(key):
    array = cube()
    part, shares = array[key], array.asnumpy()[key].flags.c_contiguous and array.asnumpy()[key].size > 0
    assert part._data.flags.c_contiguous
    assert np.shares_memory(part._data, array._data) == shares
    if shares:
        assert part._buffer is array._buffer
        part[:] = 100
        assert (array.asnumpy() == 100).sum() == part.size


def test_single_element_has_one_axis_and_shares_memory():
    array = cube()
    element = array[0, 1, 2]
    assert element.shape == (1,)
    element[:] = 50
    assert array.asnumpy()[0, 1, 2] == 50
    assert nd.array([1, 2, 3])[1].shape == (1,)


def test_whole_array_is_itself():
    array = cube()
    assert array[:] is array
    assert array[()] is array
    assert array[...] is not array


def test_advanced_part_is_a_copy():
    array = cube()
    array[[0, 1]][:] = 0
    assert array.asnumpy().sum() == 276


def test_index_arrays_may_be_ndarrays_of_any_number_type():
    array = cube()
    for dtype in ("float32", "int32", "int64"):
        np.testing.assert_array_equal(array[nd.array([1, 0], dtype=dtype)].asnumpy(), array.asnumpy()[[1, 0]])
    assert array[[1.7]].shape == (1, 3, 4)
    assert array[range(2)].shape == (2, 3, 4)


def test_booleans_count_as_numbers():
    np.testing.assert_array_equal(nd.array([1, 2, 3])[[True, False, True]].asnumpy(), [2, 1, 2])
    np.testing.assert_array_equal(nd.array([1, 2, 3])[np.array([False, True])].asnumpy(), [1, 2])


@pytest.mark.parametrize("key", [2, -3, (0, 3), (0, 0, 9), (0, 0, 0, 0), [5], [-3], (..., ...)], ids=repr)
def test_key_outside_the_array_is_an_index_error(key):
    with pytest.raises(IndexError):
        cube()[key]
    with pytest.raises(IndexError):
        cube()[key] = 1


@pytest.mark.parametrize("key", ["x", 1.0, np.float32(1), slice(0, 2, 0)], ids=repr)
def test_what_is_no_key_is_a_value_error(key):
    with pytest.raises(ValueError):
        cube()[key]
    with pytest.raises(ValueError):
        cube()[key] = 1


def test_bool_ndarray_is_refused_with_the_way_out():
    with pytest.raises(ValueError, match="boolean_mask"):
        cube()[nd.array([1, 0], dtype="bool")]


def test_slice_that_runs_backwards_is_an_error():
    with pytest.raises(MXNetError, match=r"from 2 to 1 of axis 1, of size 3"):
        cube()[:, 2:1]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (np.s_[:], 5, [[5, 5, 5], [5, 5, 5]]),
        (np.s_[:], [7, 8, 9], [[7, 8, 9], [7, 8, 9]]),
        (np.s_[:], [[7], [8]], [[7, 7, 7], [8, 8, 8]]),
        (np.s_[:], np.ones((1, 1, 2, 3)), [[1, 1, 1], [1, 1, 1]]),
        (np.s_[:], True, [[1, 1, 1], [1, 1, 1]]),
        (np.s_[0], np.ones((1, 1, 3)), [[1, 1, 1], [4, 5, 6]]),
        (np.s_[0, 1:3], [7, 8], [[1, 7, 8], [4, 5, 6]]),
        (np.s_[0, 1], [9], [[1, 9, 3], [4, 5, 6]]),
        (np.s_[0, 1], np.array(9), [[1, 9, 3], [4, 5, 6]]),
        (np.s_[:, 1], [9, 8], [[1, 9, 3], [4, 8, 6]]),
        (np.s_[::-1, 0:2:2], [6], [[6, 2, 3], [6, 5, 6]]),
        (np.s_[[0], [1, 2]], 5, [[1, 5, 5], [4, 5, 6]]),
        (np.s_[[0, 0], [0, 0]], [3, 4], [[4, 2, 3], [4, 5, 6]]),
        (np.s_[[1, 0]], [1, 2, 3], [[1, 2, 3], [1, 2, 3]]),
        (np.s_[0:0], 1, [[1, 2, 3], [4, 5, 6]]),
        (np.s_[5:7], 1, [[1, 2, 3], [4, 5, 6]]),
    ],
)
def test_written_value_is_broadcast(key, value, expected):
    array = nd.array([[1, 2, 3], [4, 5, 6]])
    array[key] = value
    np.testing.assert_array_equal(array.asnumpy(), expected)


@pytest.mark.parametrize("value", [[7, 8], np.arange(6), nd.arange(6), np.ones((2, 2, 3))], ids=str)
def test_value_that_does_not_broadcast_is_a_value_error(value):
    with pytest.raises(ValueError):
        nd.zeros((2, 3))[:] = value


@pytest.mark.parametrize("value", ["x", {}, object()], ids=["text", "dict", "object"])
def test_value_that_is_no_array_is_a_type_error(value):
    with pytest.raises(TypeError, match="needs a number"):
        nd.zeros((2, 3))[:] = value


def test_fractions_are_cut_off_and_integers_wrap_around():
    whole = nd.zeros((3,), dtype="int32")
    whole[:] = [2.7, -2.7, 1e3]
    np.testing.assert_array_equal(whole.asnumpy(), [2, -2, 1000])
    small = nd.zeros((2,), dtype="uint8")
    small[:] = [300, -1]
    np.testing.assert_array_equal(small.asnumpy(), [44, 255])


def test_writing_an_array_onto_itself_backwards_reads_first():
    array = nd.array([1, 2, 3])
    array[::-1] = array
    np.testing.assert_array_equal(array.asnumpy(), [3, 2, 1])


def test_array_without_axes_takes_whole_keys_only():
    array = nd.array(5)
    array[:] = 3
    assert array.asscalar() == 3
    with pytest.raises(IndexError, match=r"shape \(\)"):
        array[0]


def test_parts_are_assigned_by_method():
    array = nd.ones((2, 2, 2))
    begin, end, step = (0, 0, None), (1, 1, None), (None, None, None)
    assert array.slice_assign(nd.zeros((1, 1, 2)), begin, end, step) is array
    assert array.slice_assign_scalar(5, (1, 0, None), (2, 1, None), step) is array
    assert array.asnumpy().tolist() == [[[0, 0], [1, 1]], [[5, 5], [1, 1]]]
