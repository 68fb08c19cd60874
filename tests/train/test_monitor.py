"""Monitors see outputs, parameters and states."""

import logging

import numpy as np
import pytest

import symcli as mx


def fit(monitor):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    module = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
    module.fit(
        mx.io.NDArrayIter(np.ones((8, 3)), np.zeros(8), 2), num_epoch=1, monitor=monitor, initializer=mx.init.One()
    )


def test_monitor_logs_every_other_batch(caplog):
    with caplog.at_level(logging.INFO):
        fit(mx.mon.Monitor(2, pattern="fc_.*", sort=True))
    lines = [record.getMessage().split() for record in caplog.records if record.getMessage().startswith("Batch")]
    assert [line[1:3] for line in lines] == [
        [batch, name] for batch in "13" for name in ("fc_bias", "fc_output", "fc_weight")
    ]
    assert float(lines[1][3]) == pytest.approx(3.0) and float(lines[2][3]) == pytest.approx(1.0, abs=0.01)


def test_numbers_have_the_digits_of_their_type():
    monitor = mx.mon.Monitor(1, lambda a: a, pattern="data$")
    executor = mx.sym.Variable("data").bind(mx.cpu(), {"data": mx.nd.array([0.1])})
    monitor.install(executor)
    monitor.tic()
    executor.forward()
    assert [row[2] for row in monitor.toc()] == ["0.1\t"]  # as MXNet; a Python number would have 17 digits


def test_own_statistics_may_be_lists():
    monitor = mx.mon.Monitor(1, lambda a: [a.reshape((-1,))[:1], a.reshape((-1,))[:2]], pattern="data$")
    executor = mx.sym.Variable("data").simple_bind(mx.cpu(), data=(3,))
    monitor.install(executor)
    monitor.tic()
    executor.forward()
    assert ("data", "0.0\t[0. 0.]\t") in [row[1:] for row in monitor.toc()]
    assert monitor.toc() == []
