"""Depthwise and 1x1 convolutions that are computed together, against the interpreter."""

import numpy as np
import pytest

import symcli as mx
from tests.engine.compare import check

S = mx.sym
SHAPES = [(1, 2, 12, 10), (1, 8, 112, 112), (3, 16, 14, 14), (2, 5, 17, 9), (1, 130, 14, 14), (1, 33, 28, 28),
          (7, 3, 4, 6), (1, 1024, 10, 10), (1, 4, 3, 480), (1, 4, 3, 700), (1, 24, 56, 56)]  # fmt: skip


WHOLE = ["ToPlanes", "Separable", "FromPlanes"]


def normed(data, name, relu, normalises=True, **attrs):
    y = S.Convolution(data, name=name, **attrs)
    if normalises:
        y = S.BatchNorm(y, fix_gamma=False, name=f"{name}_bn")
    return S.Activation(y, act_type="relu") if relu else y


def network(shape, filters, stride=1, joined=False, normalises=True):
    x = normed(S.Variable("data"), "depth", True, normalises, num_filter=shape[1], num_group=shape[1], kernel=(3, 3),
               pad=(1, 1), stride=(stride, stride), no_bias=normalises)  # fmt: skip
    y = normed(x, "point", False, normalises, num_filter=filters, kernel=(1, 1), no_bias=normalises)
    return S.relu(y + S.Variable("other")) if joined else y


def predicts(symbol, expected, **given):
    return check(symbol, expected, grad_req="null", train=False, rtol=2e-5, **given)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("stride", [1, 2])
def test_separable(shape, stride):
    expected = [
        "ToPlanes",
        "Separable" if shape[3] <= 480 and (stride == 1 or shape[3] % 2 == 0) else "Block",
        "FromPlanes",
    ]
    expected[2:2] = ["Block"] if expected[1] == "Block" else []
    predicts(network(shape, 21, stride), expected, data=shape)


@pytest.mark.parametrize("normalises", [True, False])
@pytest.mark.parametrize("filters", [1, 8, 40])
def test_what_is_joined(filters, normalises):
    shapes = {"data": (2, 6, 15, 11), "other": (2, filters, 15, 11)}
    predicts(network(shapes["data"], filters, 1, True, normalises), ["ToPlanes", *WHOLE], **shapes)


@pytest.mark.parametrize("threads", ["1", "2", "3", "5"])
def test_threads_share_pixels(threads, monkeypatch):
    monkeypatch.setenv("SYMCLI_NUM_THREADS", threads)
    for shape, stride in (((1, 8, 40, 40), 1), ((2, 6, 38, 36), 2), ((1, 130, 14, 14), 1), ((1, 8, 4, 4), 1)):
        first, again = (predicts(network(shape, 9, stride), WHOLE, data=shape) for _ in range(2))
        assert first.outputs[0].asnumpy().tobytes() == again.outputs[0].asnumpy().tobytes()


def test_statistics_of_the_batch_are_taken_in_training():
    check(network((2, 6, 9, 8), 7, 2), WHOLE, grad_req="null", train=True, data=(2, 6, 9, 8))


def test_gradients_keep_the_layers_apart():
    check(network((2, 6, 9, 8), 7), ["ToPlanes", "Block", "Block", "FromPlanes"], rtol=1e-3, data=(2, 6, 9, 8))


def test_nan_shows_where_it_is_seen_alone():
    x = np.zeros((1, 2, 20, 20), np.float32)
    x[0, 1, 7, 19] = np.nan
    predicts(network(x.shape, 5), WHOLE, values={"data": x}, data=x.shape)


@pytest.mark.parametrize("pixels", [(1, 17), (4, 5), (7, 7), (1, 16), (14, 14), (3, 1)])
@pytest.mark.parametrize("joined", [True, False])
def test_last_pixels_of_a_pointwise_convolution(pixels, joined):
    symbol = normed(S.Variable("data"), "point", False, num_filter=21, kernel=(1, 1))
    shapes = {"data": (1, 13, *pixels)} | ({"other": (1, 21, *pixels)} if joined else {})
    check(symbol + S.Variable("other") if joined else symbol, grad_req="null", train=False, rtol=1e-5, **shapes)


@pytest.mark.parametrize("shape, stride", [((1, 24, 14, 14), 1), ((2, 5, 17, 10), 2)], ids=str)
def test_both_may_be_clipped(shape, stride):
    x = S.Convolution(S.Variable("data"), num_filter=shape[1], num_group=shape[1], kernel=(3, 3), pad=(1, 1),
                      stride=(stride, stride), no_bias=True)  # fmt: skip
    x = S.clip(S.BatchNorm(x, fix_gamma=False), a_min=0, a_max=1)
    x = S.BatchNorm(S.Convolution(x, num_filter=21, kernel=(1, 1), no_bias=True), fix_gamma=False)
    predicts(x, WHOLE, data=shape)
    predicts(S.clip(x, a_min=-1, a_max=1), WHOLE, data=shape)
