"""Optimizers against the same steps in plain NumPy, and what all of them share."""

import inspect
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError, ShapeError
from symcli.params import declared, from_texts
from tests.naive.update import RULES

ROWS = [
    ("sgd", {}),
    ("sgd", {"momentum": 0.9}),
    ("nag", {}),
    ("nag", {"momentum": 0.9}),
    ("signum", {}),
    ("signum", {"momentum": 0.8, "wd_lh": 0.1}),
    ("signum", {"momentum": 0.0}),
    ("dcasgd", {"momentum": 0.9}),
    ("lars", {"momentum": 0.9}),
    ("lars", {"eta": 0.1, "eps": 0.01}),
    ("adam", {}),
    ("adam", {"beta1": 0.5, "epsilon": 0.1}),
    ("adamax", {}),
    ("nadam", {}),
    ("rmsprop", {}),
    ("rmsprop", {"clip_weights": 0.5}),
    ("rmsprop", {"centered": True, "gamma2": 0.8}),
    ("adagrad", {}),
    ("adadelta", {}),
    ("ftrl", {"learning_rate": 0.1}),
    ("ftml", {}),
    ("lamb", {}),
    ("lamb", {"bias_correction": False, "lower_bound": 0.1, "upper_bound": 1.5}),
]
COMMON = {"learning_rate": 0.05, "wd": 0.01, "rescale_grad": 0.5}


def steps(optimizer, weight, gradients):
    """Return the weight after updates by the optimizer."""
    array = mx.nd.array(weight, dtype=weight.dtype)
    update = mx.optimizer.get_updater(optimizer)
    for gradient in gradients:
        update(0, mx.nd.array(gradient, dtype=weight.dtype), array)
    return array.asnumpy()


def problem(dtype):
    rng = np.random.RandomState(0)
    return rng.randn(4, 3).astype(dtype), rng.randn(5, 4, 3).astype(dtype)


@pytest.mark.parametrize("clip", [None, 0.4], ids=["", "clip"])
@pytest.mark.parametrize(("name", "kwargs"), ROWS, ids=lambda one: str(one))
def test_optimizer_takes_the_same_steps_as_plain_numpy(name, kwargs, clip):
    weight, gradients = problem(np.float64)
    made = mx.optimizer.create(name, **{**COMMON, "clip_gradient": clip, **kwargs})
    wanted, state = weight, {}
    for t, gradient in enumerate(gradients, 1):
        wanted = RULES[name](made, gradient, wanted, state, t)
    np.testing.assert_allclose(steps(made, weight, gradients), wanted, 1e-12)
    single = mx.optimizer.create(name, **{**COMMON, "clip_gradient": clip, **kwargs})
    got = steps(single, weight.astype(np.float32), gradients.astype(np.float32))
    np.testing.assert_allclose(got, wanted, 2e-4, 1e-5)


def test_every_optimizer_has_a_row():
    untested = {"ccsgd", "sgld", "test"}  # the first is sgd, the second random, the third for tests
    recorded = {case["optimizer"] for case in RECORDED}
    assert set(mx.optimizer.Optimizer.opt_registry) - untested == {name for name, _ in ROWS} | recorded


@pytest.mark.parametrize("name", ["sgd", "adam", "rmsprop"])
def test_float16_weights_with_float32_copies(name):
    weight, gradients = problem(np.float16)
    precise = steps(mx.optimizer.create(name, **COMMON), weight.astype(np.float32), gradients.astype(np.float32))
    copied = steps(mx.optimizer.create(name, multi_precision=True, **COMMON), weight, gradients)
    np.testing.assert_array_equal(copied, precise.astype(np.float16))
    plain = steps(mx.optimizer.create(name, **COMMON), weight, gradients)
    assert plain.dtype == np.float16
    np.testing.assert_allclose(plain, precise, 0.01, 0.01)


def test_nan_and_infinity_go_through():
    got = steps(mx.optimizer.SGD(learning_rate=1.0), np.zeros(3, np.float32), [np.array([np.nan, np.inf, 1.0])])
    np.testing.assert_array_equal(got, [np.nan, -np.inf, -1.0])


def test_sgld_adds_noise_of_the_learning_rate():
    mx.random.seed(1)
    weight = np.zeros((100, 100), np.float32)
    got = steps(mx.optimizer.create("sgld", learning_rate=0.04), weight, [weight])
    assert abs(got.mean()) < 0.01 and abs(got.std() - 0.2) < 0.01


def test_constructors_take_arguments_in_mxnets_order():
    names = list(inspect.signature(mx.optimizer.Ftrl).parameters)
    assert names[:5] == ["lamda1", "learning_rate", "beta", "rescale_grad", "param_idx2name"]
    made = mx.optimizer.RMSProp(0.1, 0.8, 0.7, 1e-4, True, 2.0, wd=0.5)
    assert (made.lr, made.gamma1, made.gamma2, made.epsilon, made.centered) == (0.1, 0.8, 0.7, 1e-4, True)
    assert (made.clip_weights, made.wd) == (2.0, 0.5)


def test_optimizer_is_made_from_texts():
    made = from_texts(mx.optimizer.SGD, {"learning_rate": "1e-1", "momentum": "0.9", "clip_gradient": "None"}, "sgd")
    assert (made.learning_rate, made.momentum, made.clip_gradient) == (0.1, 0.9, None)
    assert declared(mx.optimizer.Adam)["learning_rate"].default == 0.001
    with pytest.raises(mx.MXNetError, match=r"sgd: momentum=-1 is out of bounds; needs >= 0"):
        from_texts(mx.optimizer.SGD, {"momentum": -1}, "sgd")


def test_unknown_optimizer_is_a_value_error_with_a_suggestion():
    with pytest.raises(ValueError, match="there is no optimizer 'adm'; did you mean 'adam'"):
        mx.optimizer.create("adm")
    with pytest.raises(TypeError, match="SGD: no parameter 'momentun'; did you mean 'momentum'"):
        mx.optimizer.create("SGD", momentun=0.9)


def test_own_optimizer_is_registered_and_used():
    @mx.optimizer.register
    class Halving(mx.optimizer.Optimizer):
        def __init__(self, factor=0.5, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def update(self, index, weight, grad, state):
            self._update_count(index)
            weight[:] = weight * self.factor - self._get_lr(index) * grad

    try:
        made = mx.optimizer.create("halving", learning_rate=1.0)
        np.testing.assert_array_equal(steps(made, np.ones(2), [np.ones(2)]), [-0.5, -0.5])
        assert made.num_update == 1
    finally:
        del mx.optimizer.Optimizer.opt_registry["halving"]


def test_decay_and_rates_follow_names_and_variables():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), weight=mx.sym.Variable("fc_weight", lr_mult=0.1), num_hidden=2,
                                bias=mx.sym.Variable("fc_bias", wd_mult=3.0), name="fc")  # fmt: skip
    names = {0: "fc_weight", 1: "fc_bias", 2: "bn_gamma", 3: "bn_beta"}
    made = mx.optimizer.SGD(learning_rate=1.0, wd=0.5, sym=net, param_idx2name=names)
    assert [made._get_lr(i) for i in range(4)] == pytest.approx([0.1, 1.0, 1.0, 1.0])
    assert [made._get_wd(i) for i in range(4)] == [0.5, 1.5, 0.5, 0.0]
    made.set_lr_mult({"bn_beta": 4.0, 2: 7.0})
    assert [made._get_lr(i) for i in range(4)] == pytest.approx([0.1, 1.0, 7.0, 4.0])


def test_learning_rate_of_adadelta_is_the_schedules_too():
    made = mx.optimizer.AdaDelta(lr_scheduler=mx.lr_scheduler.FactorScheduler(step=1, factor=0.5, base_lr=0.4))
    updater, weight, rates = mx.optimizer.get_updater(made), mx.nd.ones(2), [made.learning_rate]
    for _ in range(4):
        updater(0, mx.nd.ones(2), weight)
        rates.append(made.learning_rate)
    assert rates == pytest.approx([0.4, 0.4, 0.2, 0.1, 0.05]) and made.lr is None  # MXNet 1.9.1
    np.testing.assert_allclose(weight.asnumpy(), 0.9587278, rtol=1e-6)  # it steps as without one


def test_learning_rate_is_the_schedules():
    schedule = mx.lr_scheduler.FactorScheduler(2, 0.5, base_lr=0.3)
    made = mx.optimizer.SGD(learning_rate=1.0, lr_scheduler=schedule)
    assert schedule.base_lr == 1.0
    steps(made, np.ones(2), np.ones((5, 2)))
    assert made.num_update == 5 and made.learning_rate == 0.25
    with pytest.raises(UserWarning, match="lr_scheduler"):
        made.set_learning_rate(0.1)
    plain = mx.optimizer.SGD()
    plain.set_learning_rate(0.7)
    assert plain.learning_rate == plain.lr == 0.7 and mx.optimizer.SGD().lr == 0.01


class Waiting(mx.lr_scheduler.LRScheduler):
    """A schedule without a learning rate of its own, as programs write them."""

    def __init__(self):
        super().__init__()
        self.base_lr = None

    def __call__(self, num_update):
        return self.base_lr / num_update


def test_learning_rate_is_handed_to_a_schedule_that_has_none(capsys):
    made = mx.optimizer.SGD(learning_rate=0.5, lr_scheduler=Waiting())
    weight = mx.nd.zeros((1,))
    made.update(0, weight, mx.nd.ones((1,)), None)
    assert weight.asscalar() == -0.5 and "Traceback" not in capsys.readouterr().err


def test_updates_are_counted_from_begin_num_update():
    made = mx.optimizer.Adam(begin_num_update=10)
    steps(made, np.ones(2), np.ones((3, 2)))
    assert made.num_update == 13


@pytest.mark.parametrize("whole", [False, True])
def test_states_survive_bytes(whole):
    weight, gradients = problem(np.float32)
    array = mx.nd.array(weight)
    update = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.1, momentum=0.9))
    for gradient in gradients[:2]:
        update(0, mx.nd.array(gradient), array)
    other = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.1, momentum=0.9))
    other.set_states(update.get_states(dump_optimizer=whole))
    assert other.optimizer.num_update == (2 if whole else 0)
    copy = array.copy()
    update(0, mx.nd.array(gradients[2]), array)
    other(0, mx.nd.array(gradients[2]), copy)
    np.testing.assert_array_equal(array.asnumpy(), copy.asnumpy())


def test_pickle_leaves_param_dict_out():
    made = pickle.loads(pickle.dumps(mx.optimizer.Adam(param_dict={0: object()}, wd=0.5)))
    assert made.param_dict == {} and made.wd == 0.5


@pytest.mark.parametrize(("joined", "wanted"), [(True, [0.4] * 4 + [0.8] * 2), (False, [0.4] + [0.8] * 5)])
def test_lars_corrects_the_momentum_of_the_first_call_after_a_new_rate(joined, wanted):
    schedule = mx.lr_scheduler.FactorScheduler(1, 0.5, base_lr=1.0)
    update = mx.optimizer.get_updater(mx.optimizer.LARS(momentum=0.8, eta=1.0, lr_scheduler=schedule))
    names, weights = range(6), [mx.nd.ones((2,)) for _ in range(6)]
    for step in range(2):
        gradients = [mx.nd.ones((2,)) if step == 0 else mx.nd.zeros((2,)) for _ in names]
        before = [update.states[name].asnumpy().copy() for name in names] if step else []
        if joined:
            update(list(names), gradients, weights)
        else:
            for name in names:
                update(name, gradients[name], weights[name])
    kept = [(update.states[name].asnumpy() / before[name])[0] for name in names]
    np.testing.assert_allclose(kept, wanted, 1e-6)


RECORDED = json.loads((Path(__file__).parent / "samples/optimizers.json").read_text())


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case["optimizer"])
def test_weights_after_each_update_are_mxnets(case):
    """What MXNet 1.9.1 made of a weight (3, 2) and of six gradients, drawn from RandomState(5)."""
    random = np.random.RandomState(5)
    updater = mx.optimizer.get_updater(mx.optimizer.create(case["optimizer"], **case["options"]))
    weight = mx.nd.array(random.uniform(-1, 1, (3, 2)))
    for want in case["weights"]:
        updater(0, mx.nd.array(random.normal(0, 1, (3, 2))), weight)
        np.testing.assert_allclose(weight.asnumpy().ravel(), want, 1e-5, 1e-6)


def test_group_adagrad_says_what_it_needs():
    weight, grad = mx.nd.ones((2, 2)), mx.nd.ones((2, 2))
    with pytest.raises(MXNetError, match=r"has a decay of 0\.1"):
        mx.optimizer.get_updater(mx.optimizer.create("groupadagrad", wd=0.1))(0, grad, weight)
    with pytest.raises(ShapeError, match="needs two axes"):
        mx.optimizer.create("groupadagrad").create_state(0, mx.nd.ones(3))
