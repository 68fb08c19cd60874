"""The loops as generators."""

import numpy as np
import pytest

import symcli as mx
from symcli.train import loop

X, Y = np.random.RandomState(0).randn(12, 3), np.arange(12) % 2


@pytest.fixture
def module():
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), name="softmax")
    made = mx.mod.Module(net)
    made.bind([("data", (4, 3))], [("softmax_label", (4,))])
    made.init_params()
    made.init_optimizer()
    return made


def data():
    return mx.io.NDArrayIter(X, Y, 4)


def test_fit_yields_batches_epochs_and_evaluations(module):
    steps = list(loop.fit(module, data(), 3, begin_epoch=1, eval_data=data()))
    one = [("batch", 0), ("batch", 1), ("batch", 2), ("epoch", 3), ("evaluation batch", 0), ("evaluation batch", 1),
           ("evaluation batch", 2), ("evaluation", 3)]  # fmt: skip
    assert [(step.event, step.nbatch) for step in steps] == one * 2
    assert [step.epoch for step in steps] == [1] * 8 + [2] * 8
    assert [name for name, _ in steps[3].values] == ["accuracy"] and steps[3].seconds > 0


def test_fit_stops_when_it_is_left(module):
    steps = loop.fit(module, data(), 100)
    next(steps)
    steps.close()
    assert module._optimizer.num_update == 1


def test_epochs_value_does_not_depend_on_reset_local(module):
    for step in loop.fit(module, data(), 1):
        if step.event == "batch":
            step.metric.reset_local()
    assert 0 <= step.values[0][1] <= 1


def test_evaluate_takes_the_first_batches(module):
    steps = list(loop.evaluate(module, data(), ["acc", "ce"], num_batch=2))
    assert [step.nbatch for step in steps] == [0, 1, 2] and [name for name, _ in steps[-1].values] == [
        "accuracy",
        "cross-entropy",
    ]


def test_no_batch_is_an_error(module):
    with pytest.raises(mx.MXNetError, match="fit: epoch 0 has no batch"):
        list(loop.fit(module, mx.io.NDArrayIter(X, Y, 20, last_batch_handle="discard"), 1))


def test_speed_is_that_of_the_batches_that_were_timed(module):
    steps = list(loop.fit(module, data(), 1, begin_batch=2))
    assert {step.first for step in steps} == {2}
    within, end = (loop.Progress(event, 0, nbatch, None, seconds=2.0, first=6)
                   for event, nbatch in (("batch", 9), ("epoch", 10)))  # fmt: skip
    assert within.batches_a_second == end.batches_a_second == 2.0
    assert loop.Progress("batch", 0, 0, None).batches_a_second == 0.0
