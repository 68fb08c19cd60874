"""mx.contrib.tensorboard with a package that writes, in the manner of tensorboardX and mxboard, and without one."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

import symcli as mx


@pytest.fixture
def written(monkeypatch):
    """Return the list of what is written, by a package of tensorboardX's name."""
    found = []

    class SummaryWriter:
        def __init__(self, folder):
            self.folder = folder

        def add_scalar(self, tag, value, global_step=None):
            found.append((self.folder, tag, value, global_step))

    package = ModuleType("tensorboardX")
    package.SummaryWriter = SummaryWriter
    monkeypatch.setitem(sys.modules, "tensorboardX", package)
    return found


def metric():
    made = mx.metric.create("acc")
    made.update([mx.nd.array([0, 1])], [mx.nd.array([[0.9, 0.1], [0.8, 0.2]])])
    return made


def test_metrics_are_written_under_their_names(written):
    callback = mx.contrib.tensorboard.LogMetricsCallback("logs", prefix="train")
    callback(SimpleNamespace(epoch=3, nbatch=0, eval_metric=metric()))
    callback(SimpleNamespace(epoch=4, nbatch=0, eval_metric=None))
    assert written == [("logs", "train-accuracy", 0.5, 3)]


def test_fit_calls_it_each_batch(written):
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2), name="softmax")
    data = mx.io.NDArrayIter(mx.nd.ones((4, 3)), mx.nd.zeros((4,)), batch_size=2)
    callback = mx.contrib.tensorboard.LogMetricsCallback("logs")
    mx.mod.Module(net).fit(data, num_epoch=2, batch_end_callback=callback)
    assert [(tag, step) for _, tag, _, step in written] == [("accuracy", 0)] * 2 + [("accuracy", 1)] * 2


def test_without_a_writer_it_says_what_to_install(monkeypatch):
    for name in ("tensorboardX", "mxboard"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="pip install tensorboardX"):
        mx.contrib.tensorboard.LogMetricsCallback("logs")
