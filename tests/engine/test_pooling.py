"""Pooling of the engine, against the interpreter."""

import numpy as np
import pytest

import symcli as mx
from tests.engine.compare import check, lowered

# kernel, stride, pad | image
WINDOWS = [
    ((2, 2), (2, 2), (0, 0), (8, 8)),
    ((2, 2), (2, 2), (0, 0), (7, 7)),
    ((3, 3), (2, 2), (1, 1), (9, 8)),
    ((3, 3), (2, 2), (1, 1), (40, 47)),
    ((3, 3), (2, 2), (0, 0), (12, 13)),
    ((3, 3), (1, 1), (1, 1), (7, 35)),
    ((5, 3), (3, 4), (2, 1), (17, 23)),
    ((1, 2), (1, 2), (0, 0), (1, 70)),
]


def pooling(kind, kernel=(2, 2), stride=(2, 2), pad=(0, 0), data=None, **attrs):
    data = mx.sym.Variable("data") if data is None else data
    return mx.sym.Pooling(data, pool_type=kind, kernel=kernel, stride=stride, pad=pad, **attrs)


@pytest.mark.parametrize("convention", ["valid", "full"])
@pytest.mark.parametrize("kernel, stride, pad, image", WINDOWS, ids=str)
@pytest.mark.parametrize("kind", ["max", "avg", "sum"])
def test_windows(kind, kernel, stride, pad, image, convention):
    symbol = pooling(kind, kernel, stride, pad, pooling_convention=convention)
    assert len(lowered(check(symbol, data=(2, 3, *image)))) == 3  # the pooling, and there and back
    if kind == "avg":
        check(
            pooling(kind, kernel, stride, pad, pooling_convention=convention, count_include_pad=False),
            data=(1, 2, *image),
        )


@pytest.mark.parametrize("kind", ["max", "avg", "sum"])
@pytest.mark.parametrize("shape", [(2, 3, 5, 7), (1, 1, 1, 1), (3, 17, 40, 40), (2, 3, 9)], ids=str)
def test_global(kind, shape):
    symbol = mx.sym.Pooling(mx.sym.Variable("data"), pool_type=kind, global_pool=True)
    check(symbol, ["ToPlanes", "GlobalPool", "FromPlanes"], "add", data=shape)


def test_one_image_axis():
    check(pooling("max", (3,), (2,), (1,)) + 0, data=(2, 3, 9))
    check(pooling("avg", (3,), (2,), (0,), pooling_convention="same") + 0, data=(2, 3, 9))


def test_two_consumers_add_their_gradients():
    x = mx.sym.Variable("data")
    for grad_req in ("write", "add"):
        check(pooling("max", data=x) + pooling("avg", data=x), grad_req=grad_req, data=(2, 3, 9, 8))


def test_equal_elements_nan_and_infinity():
    rng = np.random.default_rng(3)
    x = rng.integers(0, 2, (2, 3, 8, 9)).astype(np.float32)
    x[0, 0, 2, 2:6] = np.nan
    x[0, 1, :4, :4] = -np.inf
    x[1, 1, :4, :4] = np.inf
    for kernel, stride, pad in (((2, 2), (2, 2), (0, 0)), ((3, 3), (2, 2), (1, 1)), ((2, 3), (3, 1), (0, 1))):
        check(pooling("max", kernel, stride, pad), values={"data": x}, steps=1, data=x.shape)


def test_lp_and_channels_last_stay_plain():
    check(pooling("lp", p_value=2), [], data=(2, 3, 4, 4))
    check(pooling("max", layout="NHWC"), [], data=(2, 4, 4, 3))
