"""Updates of all weights in one call: the same as one by one, with rates and decays of their own."""

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
