"""Trial runs: what fills the variables, gradients of losses and others, files of arrays."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import DataError
from symcli.spec.shaped import load_shaped
from symcli.train.trial import read_arrays, statistics, trial


@pytest.fixture
def shaped(tmp_path):
    """Return a function that gives a symbol with shapes, as ``load_shaped`` reads it."""

    def make(symbol, **shapes):
        symbol.save(str(tmp_path / "net-symbol.json"))
        return load_shaped(str(tmp_path / "net-symbol.json"), shapes=shapes)

    return make


def layers():
    net = mx.sym.BatchNorm(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc"), name="bn")
    net = mx.sym.broadcast_mul(net, mx.sym.Variable("scale", shape=(1, 3), init=mx.init.Constant(5.0)))
    return mx.sym.SoftmaxOutput(net, name="softmax")


def filled(network, fill, seed=0):
    """Return what each variable is filled with."""
    symbol = network.network.symbol
    inside = symbol.get_internals()
    outputs = mx.sym.Group([inside[name] for name in symbol.list_inputs()])
    return trial(network, outputs, fill, seed).outputs


def test_initial_values_are_those_of_training(shaped):
    values = filled(shaped(layers(), data=(50, 40)), "initial")
    assert abs(values["data"].mean()) < 0.1 and abs(values["data"].std() - 1) < 0.1
    bound = np.sqrt(3 / ((40 + 3) / 2))
    assert np.abs(values["fc_weight"]).max() <= bound and np.abs(values["fc_weight"]).max() > bound / 2
    assert not values["fc_bias"].any() and not values["bn_beta"].any() and not values["bn_moving_mean"].any()
    assert (values["scale"] == 5).all() and (values["bn_moving_var"] == 1).all() and not values["softmax_label"].any()


@pytest.mark.parametrize("text", ['["mine", {"scale": 1}]', "[", "mine", "[]"])
def test_initializer_that_is_not_here_is_passed_over(shaped, text):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), mx.sym.Variable("w", init=text), num_hidden=3, no_bias=True)
    assert filled(shaped(net, data=(2, 4)), "initial")["w"].all()


@pytest.mark.parametrize(("fill", "value"), [("ones", 1), ("zeros", 0)])
def test_constant_fill_leaves_labels_and_states(shaped, fill, value):
    values = filled(shaped(layers(), data=(2, 4)), fill)
    for name in ("data", "fc_weight", "fc_bias", "bn_beta", "scale"):
        assert (values[name] == value).all()
    assert (values["bn_moving_var"] == 1).all() and not values["softmax_label"].any()


def test_normal_fill_is_for_parameters_too(shaped):
    values = filled(shaped(layers(), data=(50, 40)), "normal")
    assert abs(values["fc_weight"].std() - 1) < 0.2 and values["fc_bias"].all()


def test_seed_decides(shaped):
    network = shaped(layers(), data=(2, 4))
    first, again, other = (filled(network, "normal", seed)["fc_weight"] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_indices_and_lengths_are_valid(shaped):
    net = mx.sym.Embedding(mx.sym.Variable("words"), input_dim=10, output_dim=2)
    picked = mx.sym.take(mx.sym.Variable("table"), mx.sym.Variable("rows"))
    values = filled(shaped(mx.sym.Group([net, picked]), words=(2, 3), table=(4, 5), rows=(2,)), "normal")
    assert not values["words"].any() and not values["rows"].any() and values["table"].all()


def test_output_that_is_no_loss_gets_a_gradient_of_ones(shaped):
    a = mx.sym.Variable("a")
    found = trial(shaped(mx.sym.Group([a * 2, mx.sym.BlockGrad(a), mx.sym.MakeLoss(a * 5)]), a=(3,)), grad=True)
    np.testing.assert_array_equal(found.gradients["a"], [7, 7, 7])


def test_labels_get_no_gradient(shaped):
    found = trial(shaped(layers(), data=(2, 4)), grad=True)
    assert "softmax_label" not in found.gradients and "bn_moving_mean" not in found.gradients
    assert set(found.gradients) == {"data", "fc_weight", "fc_bias", "bn_gamma", "bn_beta", "scale"}


def test_backward_trains_with_statistics_of_the_batch(shaped):
    network = shaped(mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn"), data=(20, 3))
    assert abs(trial(network, grad=True).outputs["bn_output"].mean()) < 1e-6
    assert abs(trial(network).outputs["bn_output"].mean()) > 1e-6


def test_names_of_arrays_lose_their_prefixes(tmp_path):
    mx.nd.save(
        str(tmp_path / "a.params"), {"arg:x": mx.nd.ones((2,)), "aux:y": mx.nd.zeros((1,)), "z": mx.nd.ones((3,))}
    )
    assert {name: array.tolist() for name, array in read_arrays(str(tmp_path / "a.params")).items()} == {
        "x": [1, 1], "y": [0], "z": [1, 1, 1],
    }  # fmt: skip


def test_arrays_without_names_are_refused(tmp_path):
    mx.nd.save(str(tmp_path / "a.params"), [mx.nd.ones((2,))])
    with pytest.raises(DataError, match=r"its 1 arrays have no names; save a dictionary of them"):
        read_arrays(str(tmp_path / "a.params"))


def test_objects_are_never_loaded(tmp_path):
    np.savez(str(tmp_path / "a.npz"), a=np.array([{}], dtype=object))
    with pytest.raises(DataError, match=r"a\.npz: holds Python objects, which are not loaded; needs"):
        read_arrays(str(tmp_path / "a.npz"))


def test_statistics_leave_out_what_is_not_finite():
    one = statistics(np.array([1, 3, np.nan, np.inf], np.float32))
    assert (one.mean, one.deviation, one.smallest, one.largest, one.not_finite) == (2, 1, 1, 3, 2)
