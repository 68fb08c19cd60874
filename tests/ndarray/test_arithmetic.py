"""Arithmetic on arrays and numbers: NumPy's values in the arrays' own type."""

import operator

import numpy as np
import pytest

from symcli import nd
from symcli.errors import MXNetError, ShapeError

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.mod, operator.pow]
COMPARISONS = [operator.eq, operator.ne, operator.gt, operator.ge, operator.lt, operator.le]


def matrix():
    return nd.array([[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize("operate", OPERATORS + COMPARISONS)
@pytest.mark.parametrize(
    "right", [np.full((2, 3), 3), np.array([1, 2, 3]), np.array([[2], [3]])], ids=["=", "row", "col"]
)
def test_two_arrays(operate, right):
    result = operate(matrix(), nd.array(right))
    assert result.dtype is np.float32
    np.testing.assert_allclose(result.asnumpy(), operate(matrix().asnumpy(), right), 1e-6)


@pytest.mark.parametrize("operate", OPERATORS + COMPARISONS)
@pytest.mark.parametrize("number", [2, 2.5, np.float32(2), np.int64(2), True])
def test_array_and_number(operate, number):
    plain = matrix().asnumpy()
    np.testing.assert_allclose(operate(matrix(), number).asnumpy(), operate(plain, float(number)), 1e-6)
    np.testing.assert_allclose(operate(number, matrix()).asnumpy(), operate(float(number), plain), 1e-6)
    assert operate(matrix(), number).dtype is np.float32


@pytest.mark.parametrize("operate", [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.imod])
@pytest.mark.parametrize("right", [2, nd.array([1, 2, 3])], ids=["number", "array"])
def test_in_place_keeps_the_memory(operate, right):
    array, expected = matrix(), matrix()
    plain = right.asnumpy() if isinstance(right, nd.NDArray) else right
    expected = operate(matrix().asnumpy(), plain)
    data, version = array._data, array._buffer.version
    assert operate(array, right) is array
    assert array._data is data and array._buffer.version > version
    np.testing.assert_allclose(array.asnumpy(), expected, 1e-6)


def test_in_place_through_a_part():
    array = matrix()
    array[0] += 1
    array[:, 1] *= 10
    np.testing.assert_array_equal(array.asnumpy(), [[2, 30, 4], [4, 50, 6]])


def test_in_place_never_grows():
    row = nd.array([1, 2, 3])
    with pytest.raises(ShapeError, match=r"out is \(3,\); needs \(2, 3\)"):
        row += matrix()


def test_power_in_place_makes_a_new_array():
    array = kept = matrix()
    array **= 2
    assert array is not kept
    assert kept.asnumpy().sum() == 21


@pytest.mark.parametrize(
    ("operate", "expected"),
    [
        (lambda i: i + 1, [2, 3, 4, 5]), (lambda i: i * 2.5, [2, 4, 6, 8]), (lambda i: i / 2, [0, 1, 1, 2]),
        (lambda i: 7 / i, [7, 3, 2, 1]), (lambda i: -i, [-1, -2, -3, -4]), (lambda i: i == 2, [0, 1, 0, 0]),
        (lambda i: i**i, [1, 4, 27, 256]), (lambda i: i % 2, [1, 0, 1, 0]),
    ],
)  # fmt: skip
def test_integers_stay_integers(operate, expected):
    result = operate(nd.array([1, 2, 3, 4], dtype="int32"))
    assert result.dtype is np.int32
    np.testing.assert_array_equal(result.asnumpy(), expected)


def test_contradicting_arrays_are_errors():
    with pytest.raises(ShapeError, match=r"broadcast_add.*\n.*\(2, 3\).*\n.*\(2,\)"):
        matrix() + nd.array([1, 2])
    with pytest.raises(MXNetError, match="int32"):
        matrix() + nd.ones((2, 3), dtype="int32")


@pytest.mark.parametrize("other", [None, "x", [1, 2, 3], np.ones((2, 3))], ids=["None", "text", "list", "numpy"])
@pytest.mark.parametrize("operate", [operator.add, operator.eq, operator.iadd])
def test_what_is_neither_array_nor_number_is_a_type_error(operate, other):
    with pytest.raises(TypeError, match="needs an NDArray or a number"):
        operate(matrix(), other)


def test_numpy_array_on_the_left_gives_way():
    with pytest.raises(TypeError, match=r"nd\.array"):
        np.ones((2, 3)) * matrix()
    assert isinstance(np.float64(2) * matrix(), nd.NDArray)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("add", 3), ("subtract", -1), ("multiply", 2), ("divide", 0.5), ("modulo", 1), ("power", 1), ("maximum", 2),
        ("minimum", 1), ("equal", 0), ("not_equal", 1), ("greater", 0), ("greater_equal", 0), ("lesser", 1),
        ("lesser_equal", 1), ("logical_and", 1), ("logical_or", 1), ("logical_xor", 0),
    ],
)  # fmt: skip
def test_functions_take_arrays_and_numbers(name, numbers):
    function = getattr(nd, name)
    assert function(1, 2) == numbers
    ones, twos = nd.ones((2, 3)), nd.full((3,), 2)
    for left, right in ((ones, twos), (ones, 2), (1, twos)):
        result = function(left, right).asnumpy()
        np.testing.assert_array_equal(result, np.full_like(result, numbers))


def test_arrays_are_hashable_by_identity():
    array = matrix()
    assert {array: 1}[array] == 1
