"""Callbacks: what they log and save."""

import logging
import re

import numpy as np
import pytest

import symcli as mx
from symcli.train.checkpoint import BatchEndParam


@pytest.fixture
def metric():
    made = mx.metric.create("acc")
    made.update([mx.nd.array([1, 0])], [mx.nd.array([1, 1])])
    return made


def logged(caplog, callback, params):
    caplog.clear()
    with caplog.at_level(logging.INFO):
        for param in params:
            callback(param)
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(("auto_reset", "wanted"), [(True, ["[0-2]", "[2-4]"]), (False, ["[0-2]", "[0-4]"])])
def test_speedometer_logs_every_few_batches(caplog, metric, auto_reset, wanted):
    callback = mx.callback.Speedometer(10, 2, auto_reset)
    lines = logged(caplog, callback, [BatchEndParam(1, i, metric, None) for i in range(5)])
    assert [re.search(r"\[\d-\d\]", line)[0] for line in lines] == wanted
    assert lines[0].startswith("Epoch[1] Batch [0-2]\tSpeed: ") and lines[0].endswith("accuracy=0.500000")
    assert lines[1].endswith("accuracy=nan") == auto_reset


def test_speedometer_without_metric(caplog):
    lines = logged(caplog, mx.callback.Speedometer(1, 1), [BatchEndParam(0, i, None, None) for i in (0, 1, 0)])
    assert len(lines) == 1 and lines[0].startswith("Iter[0] Batch [1]\tSpeed: ")


def test_log_train_metric_and_validation(caplog, metric):
    lines = logged(
        caplog, mx.callback.log_train_metric(2, auto_reset=True), [BatchEndParam(0, i, metric, None) for i in (1, 2)]
    )
    assert lines == ["Iter[0] Batch[2] Train-accuracy=0.500000"] and np.isnan(metric.get()[1])
    metric.update([mx.nd.array([1])], [mx.nd.array([1])])
    lines = logged(caplog, mx.callback.LogValidationMetricsCallback(), [BatchEndParam(3, 0, metric, None)])
    assert lines == ["Epoch[3] Validation-accuracy=1.000000"]


def test_progress_bar(caplog):
    assert logged(caplog, mx.callback.ProgressBar(4, 8), [BatchEndParam(0, 1, None, None)]) == ["[==------] 25%\r"]


def test_checkpoints_every_other_epoch(tmp_path):
    module = mx.mod.Module(
        mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), name="softmax")
    )
    data = mx.io.NDArrayIter(np.ones((4, 3)), np.zeros(4), 2)
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    module.fit(data, num_epoch=4, epoch_end_callback=[mx.callback.do_checkpoint(one, 2),
                                                      mx.callback.module_checkpoint(module, two, 2, True)])  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "one-0002.params", "one-0004.params", "one-symbol.json",
        "two-0002.params", "two-0002.states", "two-0004.params", "two-0004.states", "two-symbol.json",
    ]  # fmt: skip


def test_callbacks_see_the_loop():
    seen = []
    module = mx.mod.Module(
        mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), name="softmax")
    )
    data = mx.io.NDArrayIter(np.ones((4, 3)), np.zeros(4), 2)
    module.fit(
        data, eval_data=data.__class__(np.ones((2, 3)), np.zeros(2), 2), num_epoch=1,
        batch_end_callback=lambda p: seen.append(("batch", p.epoch, p.nbatch, p.locals["self"] is module)),
        epoch_end_callback=lambda n, symbol, arg, aux: seen.append(("epoch", n, symbol is module.symbol, sorted(arg))),
        eval_batch_end_callback=lambda p: seen.append(("eval batch", p.nbatch, p.locals["eval_batch"].pad)),
        eval_end_callback=lambda p: seen.append(("eval", p.nbatch, p.eval_metric.get()[0])),
    )  # fmt: skip
    names = sorted(module._param_names)
    assert seen == [("batch", 0, 0, True), ("batch", 0, 1, True), ("epoch", 0, True, names), ("eval batch", 0, 0),
                    ("eval", 1, "accuracy")]  # fmt: skip
