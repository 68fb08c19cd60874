"""The same bytes: in each run with the same number of threads, and with any number if asked for."""

import numpy as np
import pytest

import symcli as mx
from symcli.engine import cores
from tests.engine.compare import bound
from tests.executor.test_plan import NETWORKS

S = mx.sym


@pytest.fixture
def fixed_shares():
    cores.make_deterministic(True)
    yield
    cores.make_deterministic(False)


def lenet():
    x = S.Variable("data")
    for filters in (8, 12):
        x = S.Activation(S.Convolution(x, num_filter=filters, kernel=(5, 5)), act_type="tanh")
        x = S.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max")
    x = S.BatchNorm(S.Convolution(x, num_filter=9, kernel=(3, 3), pad=(1, 1)))
    x = S.Activation(S.FullyConnected(x, num_hidden=50), act_type="relu")
    return S.SoftmaxOutput(S.FullyConnected(x, num_hidden=10), name="softmax")


def trained(threads, monkeypatch, steps=3):
    """Return all parameters after some steps of descent."""
    monkeypatch.setenv("SYMCLI_NUM_THREADS", str(threads))
    executor = lenet().simple_bind(mx.cpu(), data=(24, 1, 28, 28))
    rng = np.random.default_rng(0)
    for name, array in executor.arg_dict.items():
        array[:] = rng.integers(0, 10, array.shape) if "label" in name else rng.standard_normal(array.shape) * 0.1
    for _ in range(steps):
        executor.forward(is_train=True)
        executor.backward()
        for array, gradient in zip(executor.arg_arrays, executor.grad_arrays, strict=True):
            array -= gradient * 0.01
    assert executor._lowered is not None
    return b"".join(array.asnumpy().tobytes() for array in (*executor.arg_arrays, *executor.outputs))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_runs_with_the_same_threads_agree(threads, monkeypatch):
    assert trained(threads, monkeypatch) == trained(threads, monkeypatch)


def test_any_number_of_threads_agrees_if_asked_for(fixed_shares, monkeypatch):
    first = trained(1, monkeypatch)
    assert trained(2, monkeypatch) == first
    assert trained(3, monkeypatch) == first
    assert trained(12, monkeypatch) == first


@pytest.mark.parametrize("network", NETWORKS)
def test_any_number_of_threads_agrees_on_every_kind_of_layer(network, fixed_shares, monkeypatch):
    """Residual blocks, depthwise and strided convolutions, Dropout, an LSTM language model, several heads."""
    symbol, shapes = network()
    found = set()
    for threads in (1, 2, 3):
        monkeypatch.setenv("SYMCLI_NUM_THREADS", str(threads))
        one = bound(symbol, shapes, "engine", "add", {}, 4)
        for _ in range(2):
            one.forward(is_train=True)
            one.backward([mx.nd.ones(output.shape) for output in one.outputs])
        found.add(b"".join(array.asnumpy().tobytes() for array in (*one.grad_arrays, *one.outputs, *one.aux_arrays)))
    assert len(found) == 1


def test_numbers_of_threads_differ_otherwise(monkeypatch):
    assert trained(1, monkeypatch) != trained(3, monkeypatch), "this test shows nothing if sums are always the same"
