"""First layers: stride 2 and few channels, of plain values and of planes, against the interpreter."""

import numpy as np
import pytest

import symcli as mx
from tests.engine.compare import check

S = mx.sym
KERNELS = [(3, 3), (7, 7), (2, 2), (5, 4), (3, 8)]
SHAPES = [(1, 3, 32, 32), (1, 1, 8, 8), (3, 4, 13, 10), (2, 2, 9, 121), (1, 3, 60, 15)]


def network(filters, kernel, pad, relu=True):
    y = S.Convolution(S.Variable("data"), num_filter=filters, kernel=kernel, stride=(2, 2), pad=pad, name="conv")
    return S.relu(y) if relu else y


@pytest.mark.parametrize("kernel", KERNELS, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_plain_values(shape, kernel):
    for pad, filters in (((kernel[0] // 2, kernel[1] // 2), 9), ((0, 0), 8), ((2, 8), 33)):
        if min(shape[2] + 2 * pad[0] - kernel[0], shape[3] + 2 * pad[1] - kernel[1]) >= 0:
            check(network(filters, kernel, pad), ["Block", "FromPlanes"], grad_req="null", train=False, rtol=1e-5,
                  data=shape)  # fmt: skip


@pytest.mark.parametrize("threads", ["1", "2", "3"])
def test_threads_and_gradients(threads, monkeypatch):
    monkeypatch.setenv("SYMCLI_NUM_THREADS", threads)
    for shape in SHAPES:
        check(network(9, (3, 3), (1, 1)), ["ToPlanes", "Block", "FromPlanes"], rtol=1e-4, data=shape)
        first, again = (check(network(9, (3, 3), (1, 1)), grad_req="null", train=False, data=shape) for _ in range(2))
        assert first.outputs[0].asnumpy().tobytes() == again.outputs[0].asnumpy().tobytes()


def test_nan_and_residual():
    x = np.random.default_rng(0).standard_normal((2, 3, 12, 14)).astype(np.float32)
    x[0, 1, 3, 13], x[1, 2, 11, 0] = np.nan, np.inf
    y = network(5, (3, 3), (1, 1), relu=False) + S.Variable("other")
    check(y, ["ToPlanes", "Block", "FromPlanes"], grad_req="null", train=False, rtol=1e-5, values={"data": x},
          data=x.shape, other=(2, 5, 6, 7))  # fmt: skip


def test_statistics_of_the_batch():
    y = S.relu(S.BatchNorm(network(6, (3, 3), (1, 1), relu=False)))
    check(y, ["Block", "FromPlanes"], grad_req="null", train=True, data=(3, 3, 10, 12))
