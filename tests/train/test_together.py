"""Updates of all weights in one call: the same as one by one, with rates and decays of their own."""

from types import SimpleNamespace

import numpy as np
import pytest

import symcli as mx
from symcli import engine
from symcli.engine.update import CHUNK
from symcli.train.optimizer import together

SIZES = [(3,), (CHUNK + 5,), (1,), (33, 40), (2 * CHUNK,)]
OPTIMIZERS = [
    ("sgd", {}), ("sgd", {"momentum": 0.9}), ("nag", {"momentum": 0.9}), ("adam", {}), ("rmsprop", {}),
    ("rmsprop", {"clip_weights": 0.5}), ("rmsprop", {"centered": True}), ("lars", {"momentum": 0.9}),
]  # fmt: skip


def trained(name, parameters, monkeypatch, mode, threads=2, steps=3):
    """Return weights and states after some steps."""
    monkeypatch.setenv("SYMCLI_EXECUTOR", mode)
    names = {i: f"layer{i}_{'bias' if i % 2 else 'weight'}" for i in range(len(SIZES))}
    optimizer = mx.optimizer.create(name, param_idx2name=names, wd=0.01, rescale_grad=0.5, clip_gradient=0.8,
                                    **parameters)  # fmt: skip
    optimizer.set_lr_mult({"layer0_weight": 3.0, "layer3_bias": 0.0})
    draw, updater = np.random.default_rng(0), mx.optimizer.get_updater(optimizer)
    weights = [mx.nd.array(draw.standard_normal(shape)) for shape in SIZES]
    with engine.team.using(engine.team.get(threads)):
        for _ in range(steps):
            gradients = [mx.nd.array(2 * draw.standard_normal(shape)) for shape in SIZES]
            updater(list(range(len(SIZES))), gradients, weights)
    found = []
    for i in range(len(SIZES)):
        states = updater.states[i]
        found += [*(states if isinstance(states, tuple) else [states] if states is not None else []), weights[i]]
    return [array.asnumpy() for array in found]


@pytest.mark.parametrize(("name", "parameters"), OPTIMIZERS, ids=str)
def test_as_one_by_one(name, parameters, monkeypatch):
    together_, alone = (trained(name, parameters, monkeypatch, mode) for mode in ("engine", "replay"))
    for got, want in zip(together_, alone, strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-6, atol=2e-7)


def test_any_number_of_threads_gives_the_same_bytes(monkeypatch):
    one, three = (trained("adam", {}, monkeypatch, "engine", threads) for threads in (1, 3))
    assert all(np.array_equal(a, b) for a, b in zip(one, three, strict=True))


def test_it_is_one_call_and_weights_are_known_as_written(monkeypatch):
    ran = []
    monkeypatch.setattr(together._Prepared, "run", lambda self, calls: ran.append(len(calls)))
    trained("sgd", {}, monkeypatch, "engine", steps=2)
    assert ran == [5, 5]
    monkeypatch.undo()
    weight, updater = mx.nd.ones((2,)), mx.optimizer.get_updater(mx.optimizer.create("sgd", learning_rate=1.0))
    before = weight._buffer.version
    updater([0], [mx.nd.ones((2,))], [weight])
    assert weight._buffer.version == before + 1 and weight.asnumpy().tolist() == [0, 0]


def test_nan_goes_through(monkeypatch):
    updater, weight = mx.optimizer.get_updater(mx.optimizer.create("sgd", clip_gradient=1.0)), mx.nd.ones((3,))
    updater([0], [mx.nd.array([np.nan, np.inf, 0])], [weight])
    assert np.isnan(weight.asnumpy()[0]) and np.isfinite(weight.asnumpy()[1:]).all()


def test_other_types_and_classes_of_the_user_go_one_by_one(monkeypatch):
    monkeypatch.setattr(together.Together, "run", None)
    updater = mx.optimizer.get_updater(mx.optimizer.create("sgd"))
    weight = mx.nd.ones((3,), dtype="float64")
    updater([0], [mx.nd.ones((3,), dtype="float64")], [weight])
    assert weight.asnumpy().tolist() == [0.99] * 3

    class Noted(mx.optimizer.SGD):
        def update(self, index, weight, grad, state):
            super().update(index, weight, grad, state)
            self.seen = float(weight.asnumpy()[0])

    noted, weight = Noted(learning_rate=0.5), mx.nd.ones((3,))
    mx.optimizer.get_updater(noted)([0], [mx.nd.ones((3,))], [weight])
    assert noted.seen == 0.5


def _later(change, mode, monkeypatch):
    """Return weights and updates counted, of steps in whose midst something is changed; the arrays stay the same."""
    monkeypatch.setenv("SYMCLI_EXECUTOR", mode)
    names = {0: "a_weight", 1: "a_bias", 2: "b_weight", 3: "b_bias"}
    values = {"momentum": 0.9, "wd": 0.1, "rescale_grad": 0.5, "learning_rate": 0.2}
    if change is not lr_scheduler_set_later:
        values["lr_scheduler"] = mx.lr_scheduler.FactorScheduler(2, 0.5, base_lr=0.2)
    optimizer = mx.optimizer.create("sgd", param_idx2name=names, **values)
    updater = mx.optimizer.get_updater(optimizer)
    weights = tuple(mx.nd.array(np.linspace(-1, 1 + i, 3 + i)) for i in range(4))
    gradients = tuple(mx.nd.array(np.linspace(2, i, 3 + i)) for i in range(4))
    for step in range(6):
        if step == 3:
            weights, gradients = change(updater, weights, gradients) or (weights, gradients)
        updater(tuple(range(len(weights))), gradients, weights)
    return [one.asnumpy() for one in weights], updater.optimizer.num_update


def base_lr(updater, weights, gradients):
    updater.optimizer.lr_scheduler.base_lr = 0.7


def lr_scheduler_set_later(updater, weights, gradients):
    updater.optimizer.lr_scheduler = mx.lr_scheduler.PolyScheduler(10, 0.9)


def learning_rate(updater, weights, gradients):
    updater.optimizer.lr_scheduler = None
    updater.optimizer.set_learning_rate(0.01)


def lr_mult(updater, weights, gradients):
    updater.optimizer.set_lr_mult({"a_weight": 3.0, 2: 0.0})


def lr_mult_in_place(updater, weights, gradients):
    updater.optimizer.lr_mult["b_bias"] = 5.0


def wd_mult(updater, weights, gradients):
    updater.optimizer.set_wd_mult({"a_bias": 2.0, 2: 0.5})


def wd_mult_in_place(updater, weights, gradients):
    updater.optimizer.wd_mult[0] = 4.0


def param_dict(updater, weights, gradients):
    updater.optimizer.param_dict = {2: SimpleNamespace(lr_mult=0.25, wd_mult=8.0)}


def numbers_of_all(updater, weights, gradients):
    updater.optimizer.rescale_grad, updater.optimizer.wd = 0.125, 0.3
    updater.optimizer.clip_gradient, updater.optimizer.momentum = 0.1, 0.5


def another_optimizer(updater, weights, gradients):
    updater.optimizer = mx.optimizer.create("nag", learning_rate=0.05, momentum=0.3, begin_num_update=7)


def states(updater, weights, gradients):
    updater.set_states(mx.optimizer.get_updater(updater.optimizer).get_states())


def one_state(updater, weights, gradients):
    updater.states[1] = mx.nd.ones((4,))


def counts_apart(updater, weights, gradients):
    for _ in range(3):
        updater((2,), gradients[2:3], weights[2:3])


CHANGES = [base_lr, lr_scheduler_set_later, learning_rate, lr_mult, lr_mult_in_place, wd_mult, wd_mult_in_place,
           param_dict, numbers_of_all, another_optimizer, states, one_state, counts_apart]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_is_changed_between_steps_counts(change, monkeypatch):
    (got, counted), (want, wanted) = (_later(change, mode, monkeypatch) for mode in ("engine", "replay"))
    assert counted == wanted
    unchanged, _ = _later(lambda *_: None, "engine", monkeypatch)
    assert any(not np.allclose(a, b, 1e-3) for a, b in zip(want, unchanged, strict=True))
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-6, atol=2e-7)


def test_other_weights_in_the_same_list():
    updater = mx.optimizer.get_updater(mx.optimizer.create("sgd", learning_rate=1.0))
    weights, gradients = [mx.nd.ones((2,))], [mx.nd.ones((2,))]
    for one in (first := weights[0], second := mx.nd.ones((2,)), third := mx.nd.ones((2,), dtype="float64")):
        weights[0], gradients[0] = one, mx.nd.ones((2,), dtype=one.dtype)
        updater([0], gradients, weights)
    assert [one.asnumpy().tolist() for one in (first, second, third)] == [[0, 0]] * 3


def test_a_schedule_is_asked_once_a_step():
    asked = []

    def schedule(num_update):
        asked.append(num_update)
        return 0.5

    schedule.base_lr = 0.5
    optimizer = mx.optimizer.create("sgd", learning_rate=0.5, lr_scheduler=schedule)
    weights = tuple(mx.nd.ones((2,)) for _ in range(3))
    for _ in range(2):
        mx.optimizer.get_updater(optimizer)((0, 1, 2), weights, weights)
    assert asked == [1, 2]
