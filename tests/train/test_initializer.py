"""Initial values: by name, by attribute, and their distributions."""

import json
import math

import numpy as np
import pytest

import symcli as mx

init = mx.init


def filled(initializer, name, shape, attrs=None):
    array = mx.nd.array(np.full(shape, 9.0))
    initializer(init.InitDesc(name, attrs), array)
    return array.asnumpy()


@pytest.mark.parametrize(("name", "value"), [("fc_bias", 0), ("bn_gamma", 1), ("bn_beta", 0), ("a_min", 0),
                                             ("a_max", 1), ("fc_weight", 2.5)])  # fmt: skip
def test_the_ending_of_the_name_decides(name, value):
    np.testing.assert_array_equal(filled(init.Constant(2.5), name, (2, 3)), np.full((2, 3), value))


def test_the_variables_attribute_comes_first():
    got = filled(init.Zero(), "anything", (2,), {"__init__": init.Constant(3).dumps()})
    np.testing.assert_array_equal(got, [3, 3])


def test_unknown_name_is_refused():
    with pytest.raises(ValueError, match="the name 'moving' does not say how it is filled"):
        filled(init.Xavier(), "moving", (2, 3))


@pytest.mark.parametrize(("made", "scale"), [
    (init.Uniform(0.3), 0.3),
    (init.Xavier(), math.sqrt(3 / ((60 * 9 + 40 * 9) / 2))),
    (init.Xavier(factor_type="in", magnitude=2), math.sqrt(2 / (60 * 9))),
    (init.Xavier("uniform", "out", 2), math.sqrt(2 / (40 * 9))),
])  # fmt: skip
def test_uniform_values_fill_their_range(made, scale):
    mx.random.seed(0)
    got = filled(made, "c_weight", (40, 60, 3, 3))
    assert abs(got).max() <= scale and abs(got).max() > 0.99 * scale
    assert abs(got.std() * math.sqrt(3) / scale - 1) < 0.02 and abs(got.mean()) < 0.02 * scale


@pytest.mark.parametrize(("made", "sigma"), [
    (init.Normal(0.2), 0.2),
    (init.Xavier("gaussian"), math.sqrt(3 / (50 * 9))),
    (init.MSRAPrelu(), math.sqrt(2 / (1 + 0.25**2) / (50 * 9))),
    (init.MSRAPrelu("in", 0.0), math.sqrt(2 / (60 * 9))),
])  # fmt: skip
def test_normal_values_have_their_deviation(made, sigma):
    mx.random.seed(0)
    got = filled(made, "c_weight", (40, 60, 3, 3))
    assert abs(got.std() / sigma - 1) < 0.02 and abs(got.mean()) < 0.02 * sigma and abs(got).max() > 3 * sigma


@pytest.mark.parametrize("kind", ["uniform", "normal"])
@pytest.mark.parametrize("shape", [(4, 9), (9, 4), (4, 3, 2)])
def test_orthogonal_has_orthonormal_rows_or_columns(kind, shape):
    got = filled(init.Orthogonal(2.0, kind), "w_weight", shape).reshape(shape[0], -1) / 2
    square = got @ got.T if got.shape[0] <= got.shape[1] else got.T @ got
    np.testing.assert_allclose(square, np.eye(len(square)), atol=1e-6)


def test_bilinear_interpolates():
    got = filled(init.Bilinear(), "up_weight", (2, 1, 4, 4))
    line = np.array([0.25, 0.75, 0.75, 0.25])
    np.testing.assert_allclose(got, np.broadcast_to(np.outer(line, line), (2, 1, 4, 4)))


def test_lstm_bias_sets_the_forget_gate():
    np.testing.assert_array_equal(filled(init.LSTMBias(2.0), "x", (8,), {"__init__": '["lstmbias", {}]'}),
                                  [0, 0, 1, 1, 0, 0, 0, 0])  # fmt: skip


def test_seed_repeats_the_values():
    mx.random.seed(4)
    one = filled(init.Xavier(), "a_weight", (3, 4))
    other = filled(init.Xavier(), "a_weight", (3, 4))
    mx.random.seed(4)
    np.testing.assert_array_equal(filled(init.Xavier(), "a_weight", (3, 4)), one)
    assert (one != other).all()


def test_mixed_takes_the_first_pattern_that_matches():
    mixed = init.Mixed(["fc.*", ".*"], [init.One(), init.Constant(2)])
    assert filled(mixed, "fc_weight", (1,))[0] == 1 and filled(mixed, "conv_weight", (1,))[0] == 2
    with pytest.raises(ValueError, match="conv_weight matches none of fc"):
        filled(init.Mixed(["fc"], [init.One()]), "conv_weight", (1,))


def test_load_takes_saved_arrays(tmp_path):
    path = str(tmp_path / "a.params")
    mx.nd.save(path, {"arg:fc_weight": mx.nd.array([1, 2]), "aux:mean": mx.nd.array([3])})
    load = init.Load(path, init.Constant(7))
    assert filled(load, "fc_weight", (2,)).tolist() == [1, 2] and filled(load, "mean", (1,)).tolist() == [3]
    assert filled(load, "other_weight", (1,)).tolist() == [7]
    with pytest.raises(ValueError, match=r"fc_weight is \(2,\) in the file; the network needs \(3,\)"):
        filled(load, "fc_weight", (3,))
    with pytest.raises(ValueError, match="other is not among the loaded arrays"):
        filled(init.Load(path), "other", (1,))


@pytest.mark.parametrize("made", [init.Zero(), init.Uniform(0.5), init.Xavier("gaussian", "in", 2), init.MSRAPrelu(),
                                  init.Constant(3), init.Orthogonal()])  # fmt: skip
def test_dumps_is_read_back(made):
    text = made.dumps()
    assert json.loads(text)[0] == type(made).__name__.lower()
    assert init.create(text) == made and init.create(text).dumps() == text


def test_own_initializer_is_found_by_its_names():
    @init.register
    @init.alias("filling_of_tests")
    class Filling(init.Initializer):
        def __init__(self, value=1):
            super().__init__(value=value)
            self.value = value

        def _init_weight(self, name, array):
            array[:] = self.value

    assert filled(init.create("filling_of_tests", value=4), "a_weight", (1,))[0] == 4
    assert init.create("Filling", 5).dumps() == '["filling", {"value": 5}]'


def test_bare_text_is_deprecated_but_works():
    array = mx.nd.zeros((2,))
    with pytest.warns(DeprecationWarning, match="InitDesc"):
        init.Zero()("bn_moving_var", array)
    assert array.asnumpy().tolist() == [1, 1]


def test_xavier_refuses_vectors():
    with pytest.raises(ValueError, match=r"Xavier: v_weight is \(3,\); needs two axes"):
        filled(init.Xavier(), "v_weight", (3,))
