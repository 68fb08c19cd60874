"""The tutorials' programs give the tutorials' values."""

import numpy as np

import symcli as mx
from tests.tutorials import symbol


def test_composition():
    with mx.name.NameManager():
        kind, outputs, arguments = symbol.composition()
    assert kind is mx.sym.Symbol
    assert outputs == ["activation0_output"]
    assert arguments == ["data", "fc1_weight", "fc1_bias"]


def test_shapes_of_an_expression():
    assert symbol.expression() == ([(10, 2), (10, 2)], [(10, 2)], [])


def test_network_of_two_inputs():
    names = ["data1", "fc1_weight", "fc1_bias", "data2", "fc2_weight", "fc2_bias", "head_weight", "head_bias"]
    assert symbol.several_inputs() == names


def test_composed_network():
    assert symbol.composed() == ["data", "fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"]


def test_bound_expression():
    names, first, second = symbol.bound()
    assert names == ["A", "B", "D"]
    np.testing.assert_array_equal(first, [[3, 5], [7, 9]])
    np.testing.assert_array_equal(second, [[2, 4], [6, 8]])


def test_group():
    E, C = symbol.grouped()
    np.testing.assert_array_equal(E, [[3, 5], [7, 9]])
    np.testing.assert_array_equal(C, [[2, 4], [6, 8]])


def test_gradients():
    grads = symbol.gradients()
    np.testing.assert_array_equal(grads["A"], [[2, 0], [4, 2]])
    np.testing.assert_array_equal(grads["B"], [[1, 0], [6, 4]])
    np.testing.assert_array_equal(grads["D"], [[1, 0], [2, 1]])


def test_simple_bind():
    shapes, output, gradient = symbol.simply_bound()
    assert shapes == {"data": (5, 4), "fc1_weight": (128, 4), "fc1_bias": (128,), "fc2_weight": (10, 128),
                      "fc2_bias": (10,), "softmax_label": (5,)}  # fmt: skip
    np.testing.assert_allclose(output, np.full((5, 10), 0.1), 1e-6)
    np.testing.assert_allclose(gradient, [-4.5, *[0.5] * 9], 1e-6)  # all five labels are 0


def test_auxiliary_states():
    names, before, after = symbol.auxiliary_states()
    assert names == ["bn_moving_mean", "bn_moving_var"]
    np.testing.assert_array_equal(before, [0, 0])
    np.testing.assert_allclose(after, [1, 2])  # half of the batch's mean (2, 4)


def test_saved_symbol(tmp_path):
    same, arguments = symbol.saved(tmp_path)
    assert same and arguments == symbol.mlp().list_arguments()
