"""Convolutions of the engine, and what is joined with them, against the interpreter."""

import numpy as np
import pytest

import symcli as mx
from tests.engine.compare import check, lowered

WINOGRAD = 5e-5


def convolution(data, filters, kernel=(3, 3), stride=(1, 1), pad=(1, 1), **attrs):
    attrs.setdefault("no_bias", True)
    return mx.sym.Convolution(data, num_filter=filters, kernel=kernel, stride=stride, pad=pad, **attrs)


def norm(data, **attrs):
    attrs.setdefault("fix_gamma", False)
    return mx.sym.BatchNorm(data, **attrs)


def data(name="data"):
    return mx.sym.Variable(name)


# batch, channels, image | filters, kernel, stride, pad, dilate, groups
SHAPES = [
    ((1, 1, 1, 1), 1, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((2, 3, 8, 8), 5, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((1, 4, 7, 9), 9, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((3, 6, 11, 5), 10, (5, 5), (1, 1), (2, 2), (1, 1), 1),
    ((2, 17, 9, 9), 13, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((2, 4, 10, 12), 6, (3, 3), (1, 1), (2, 2), (2, 2), 1),  # dilated
    ((2, 4, 10, 12), 6, (3, 5), (1, 1), (1, 4), (1, 2), 1),
    ((2, 4, 9, 9), 8, (3, 3), (2, 2), (1, 1), (1, 1), 1),  # strided: odd and even images
    ((2, 4, 8, 8), 8, (3, 3), (2, 2), (1, 1), (1, 1), 1),
    ((2, 4, 8, 8), 8, (3, 3), (2, 2), (0, 0), (1, 1), 1),
    ((2, 4, 9, 9), 8, (2, 2), (2, 2), (0, 0), (1, 1), 1),
    ((2, 4, 8, 8), 8, (1, 1), (2, 2), (0, 0), (1, 1), 1),
    ((2, 4, 8, 7), 8, (1, 1), (3, 2), (0, 0), (1, 1), 1),
    ((1, 3, 30, 30), 4, (7, 7), (2, 2), (3, 3), (1, 1), 1),
    ((1, 3, 30, 31), 4, (7, 5), (3, 2), (3, 1), (1, 2), 1),
    ((2, 3, 28, 28), 20, (5, 5), (1, 1), (0, 0), (1, 1), 1),  # 'valid'
    ((2, 3, 5, 5), 4, (3, 3), (1, 1), (3, 3), (1, 1), 1),  # 'full' and beyond
    ((2, 3, 4, 4), 4, (4, 4), (1, 1), (0, 0), (1, 1), 1),  # one output pixel
    ((2, 4, 10, 12), 6, (3, 3), (1, 1), (1, 1), (1, 1), 2),  # groups
    ((2, 12, 9, 6), 18, (3, 3), (2, 2), (1, 1), (1, 1), 3),
    ((1, 8, 6, 6), 8, (3, 3), (1, 1), (1, 1), (1, 1), 8),  # depthwise
    ((3, 10, 40, 37), 10, (5, 3), (1, 1), (2, 1), (1, 1), 10),
    ((2, 6, 30, 31), 6, (3, 3), (2, 2), (1, 1), (1, 1), 6),
    ((2, 6, 9, 11), 6, (3, 3), (1, 1), (0, 0), (2, 2), 6),
    ((2, 20, 9, 7), 40, (3, 3), (2, 2), (1, 1), (1, 1), 20),
    ((1, 64, 5, 5), 70, (3, 3), (1, 1), (1, 1), (1, 1), 1),  # gradient by products
    ((2, 65, 9, 9), 30, (3, 3), (2, 2), (1, 1), (1, 1), 1),
    ((1, 70, 4, 4), 40, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((1, 600, 3, 3), 50, (3, 3), (1, 1), (1, 1), (1, 1), 1),  # weights that are read once
    ((1, 2, 3, 700), 3, (3, 3), (1, 1), (1, 1), (1, 1), 1),  # shifts beyond the margins of a value
]


@pytest.mark.parametrize("shape, filters, kernel, stride, pad, dilate, groups", SHAPES, ids=str)
def test_convolution(shape, filters, kernel, stride, pad, dilate, groups):
    symbol = convolution(data(), filters, kernel, stride, pad, dilate=dilate, num_group=groups, no_bias=False)
    check(symbol, ["ToPlanes", "Block", "FromPlanes"], data=shape)


@pytest.mark.parametrize("shape", [(40, 8, 7, 7), (4, 16, 33, 21), (101, 9, 3, 4), (1, 8, 41, 100)], ids=str)
def test_winograd(shape):
    """With a ReLU only forward: rounding across 0 would change the gradients behind it."""
    symbol, steps = convolution(data(), 11, no_bias=False), ["ToPlanes", "Block", "FromPlanes"]
    check(symbol, steps, rtol=WINOGRAD, data=shape)
    check(mx.sym.relu(symbol), steps, grad_req="null", rtol=WINOGRAD, data=shape)


def test_winograd_can_be_switched_off(monkeypatch):
    monkeypatch.setenv("SYMCLI_WINOGRAD", "off")
    check(convolution(data(), 11), data=(40, 8, 7, 7))  # to the rounding of a direct convolution
    check(convolution(data(), 11), grad_req="null", train=False, data=(1, 16, 14, 14))


@pytest.mark.parametrize("shape", [(1, 16, 14, 14), (1, 8, 32, 32), (2, 9, 17, 9), (3, 33, 11, 9), (1, 64, 7, 7),
                                   (1, 9, 8, 8), (2, 10, 5, 8), (1, 8, 6, 3), (3, 40, 8, 7)], ids=str)  # fmt: skip
@pytest.mark.parametrize("joined, threads", [(True, 1), (False, 2), (True, 4)])
def test_winograd_of_few_tiles(shape, joined, threads, monkeypatch):
    monkeypatch.setenv("SYMCLI_NUM_THREADS", str(threads))
    y = norm(convolution(data(), 11))
    other = {"other": (shape[0], 11, *shape[2:])} if joined else {}
    symbol = mx.sym.relu(y + data("other")) if joined else y
    check(symbol, grad_req="null", train=False, rtol=WINOGRAD, data=shape, **other)


@pytest.mark.parametrize("shape", [(1, 2, 1, 1), (3, 2, 1, 9), (2, 3, 5, 1), (1, 2, 4, 16), (2, 2, 7, 7), (5, 2, 3, 4),
                                   (2, 3, 33, 31), (1, 2, 3, 700), (1, 2, 70, 34), (9, 2, 8, 6)], ids=str)  # fmt: skip
@pytest.mark.parametrize("stride", [(1, 1), (2, 2)])
def test_depthwise_by_3x3(shape, stride):
    symbol = convolution(data(), shape[1], stride=stride, num_group=shape[1], no_bias=False)
    check(mx.sym.relu(symbol), ["ToPlanes", "Block", "FromPlanes"], rtol=1e-5, data=shape)


def test_depthwise_by_3x3_passes_nan_to_its_neighbours_alone():
    x = np.zeros((2, 2, 5, 6), np.float32)
    x[0, 0, 0, 0], x[0, 1, 4, 5], x[1, 1, 2, 3], x[1, 1, 4, 0] = np.nan, np.inf, -np.inf, np.nan
    for stride in ((1, 1), (2, 2)):
        check(convolution(data(), 2, stride=stride, num_group=2), grad_req="null", train=False, values={"data": x},
              data=x.shape)  # fmt: skip


def test_depthwise_with_all_joined():
    symbol = mx.sym.relu(norm(convolution(data(), 6, num_group=6)) + data("other"))
    for train in (True, False):
        check(symbol, grad_req="add", train=train, data=(2, 6, 13, 15), other=(2, 6, 13, 15))


def test_one_image_axis():
    symbol = convolution(data(), 6, (3,), (2,), (1,), no_bias=False)
    check(symbol, ["ToPlanes", "Block", "FromPlanes"], data=(3, 4, 17))


def test_three_image_axes_and_channels_last_stay_plain():
    check(convolution(data(), 2, (2, 2, 2), (1, 1, 1), (0, 0, 0)), [], data=(1, 2, 3, 3, 3))


@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("kind", ["bn", "bn relu", "bn add", "bn add relu", "add", "add relu", "relu"])
def test_what_is_joined(kind, train, grad_req):
    y = convolution(data(), 5)
    y = norm(y) if "bn" in kind else y
    y = y + data("other") if "add" in kind else y
    y = mx.sym.Activation(y, act_type="relu") if "relu" in kind else y
    planes = ["ToPlanes"] * (2 if "add" in kind else 1)
    shapes = {"data": (2, 3, 9, 7)} | ({"other": (2, 5, 9, 7)} if "add" in kind else {})
    check(y, [*planes, "Block", "FromPlanes"], grad_req, train=train, **shapes)


@pytest.mark.parametrize("train", [True, False])
def test_strided_valid_with_all_joined(train):
    symbol = mx.sym.relu(norm(convolution(data(), 5, (3, 3), (2, 2), (0, 0))) + data("other"))
    check(symbol, train=train, data=(2, 3, 10, 9), other=(2, 5, 4, 4))


def test_bias_before_batch_norm():
    symbol = norm(convolution(data(), 5, no_bias=False))
    for train in (True, False):
        check(symbol, ["ToPlanes", "Block", "FromPlanes"], atol=1e-4, train=train, data=(2, 3, 9, 7))


@pytest.mark.parametrize("attrs", [{"fix_gamma": True}, {"use_global_stats": True}, {"momentum": 0.5, "eps": 0.1},
                                   {"axis": -3}], ids=str)  # fmt: skip
@pytest.mark.parametrize("before", [True, False])
def test_batch_norm(attrs, before):
    symbol = mx.sym.relu(norm(convolution(data(), 5) if before else data(), **attrs))
    for train in (True, False):
        check(symbol, ["ToPlanes", "Block", "FromPlanes"], "write", train=train, data=(4, 3, 9, 7))


@pytest.mark.parametrize("shape", [(3, 4), (64, 3), (1, 2, 1), (2, 3, 100, 90), (2, 3, 2, 3, 4)], ids=str)
def test_batch_norm_alone(shape):
    check(norm(data()), ["ToPlanes", "Block", "FromPlanes"], data=shape)


def test_batch_norm_far_from_zero():
    rng = np.random.default_rng(5)
    x = (rng.standard_normal((4, 3, 20, 20)) + 1000).astype(np.float32)
    check(norm(data()), values={"data": x}, rtol=2e-3, steps=1, data=x.shape)


def test_another_axis_and_shown_statistics_stay_plain():
    check(norm(data(), axis=2), [], data=(2, 3, 4))
    check(mx.sym.Group(list(norm(data(), output_mean_var=True))), [], data=(2, 3, 4))


@pytest.mark.parametrize("grad_req", ["write", "add"])
def test_residual_network(grad_req):
    x = mx.sym.relu(norm(convolution(data(), 8)))
    x = mx.sym.relu(norm(convolution(mx.sym.relu(norm(convolution(x, 8))), 8)) + x)
    skip = norm(convolution(x, 12, (1, 1), (2, 2), (0, 0)))
    x = mx.sym.relu(norm(convolution(mx.sym.relu(norm(convolution(x, 12, stride=(2, 2)))), 12)) + skip)
    x = mx.sym.relu(norm(x) + x)  # an input that is used twice
    check(x, grad_req=grad_req, rtol=WINOGRAD, data=(2, 3, 9, 9))


def test_nothing_is_joined_over_a_head_or_a_second_consumer():
    y = convolution(data(), 4)
    check(mx.sym.Group([y, mx.sym.relu(y)]), data=(2, 3, 5, 5))
    z = norm(y)
    check(z * 2 + mx.sym.relu(z), data=(2, 3, 5, 5))


def test_prediction_sees_new_weights_and_statistics():
    symbol = mx.sym.relu(norm(convolution(data(), 4)))
    executor = symbol.simple_bind(mx.cpu(), grad_req="null", data=(1, 3, 6, 6))
    rng = np.random.default_rng(0)
    for array in (*executor.arg_arrays, *executor.aux_arrays):
        array[:] = rng.uniform(0.5, 1.5, array.shape)
    first = executor.forward()[0].asnumpy()
    again = executor.forward()[0].asnumpy()
    assert np.array_equal(first, again)
    for name in ("moving_mean", "moving_var", "gamma", "beta", "weight"):
        known = executor.arg_dict | executor.aux_dict
        array = next(known[key] for key in known if key.endswith(name))
        array[:] = array * 1.5
        following = executor.forward()[0].asnumpy()
        assert not np.allclose(first, following), name
        first = following


def test_prediction_packs_weights_once():
    symbol = norm(convolution(data(), 4))
    executor = symbol.simple_bind(mx.cpu(), grad_req="null", data=(1, 3, 6, 6))
    executor.forward()
    (record,) = executor._lowered.records()
    prepared = record._prepared
    executor.forward()
    executor.forward()
    assert record._prepared == prepared


# data | filters, kernel, stride, pad, groups: one of each way to compute it
LIMITED = [
    ((40, 8, 7, 7), 11, (3, 3), (1, 1), (1, 1), 1),
    ((1, 8, 8, 7), 11, (3, 3), (1, 1), (1, 1), 1),
    ((1, 3, 30, 30), 9, (7, 7), (2, 2), (3, 3), 1),
    ((2, 12, 9, 6), 18, (3, 3), (2, 2), (1, 1), 3),
    ((2, 9, 7, 7), 18, (1, 1), (1, 1), (0, 0), 1),
    ((2, 4, 12, 12), 9, (5, 5), (1, 1), (0, 0), 1),
    ((2, 4, 10, 10), 9, (3, 3), (1, 1), (0, 0), 1),
    ((2, 6, 9, 8), 6, (3, 3), (1, 1), (1, 1), 6),
    ((2, 6, 9, 8), 6, (3, 3), (2, 2), (1, 1), 6),
    ((3, 10, 20, 17), 10, (5, 3), (1, 1), (2, 1), 10),
]


@pytest.mark.parametrize("shape, filters, kernel, stride, pad, groups", LIMITED, ids=str)
def test_clip_is_joined(shape, filters, kernel, stride, pad, groups):
    y = convolution(data(), filters, kernel, stride, pad, num_group=groups)
    limited = mx.sym.clip(norm(y), a_min=-0.25, a_max=1.5)
    for train in (True, False):
        check(limited, ["ToPlanes", "Block", "FromPlanes"], rtol=WINOGRAD, train=train, data=shape)
    executor = check(mx.sym.clip(y, a_min=0, a_max=6), grad_req="null", train=False, rtol=WINOGRAD, data=shape)
    assert lowered(executor)[-2:] == ["Block", "FromPlanes"]


def test_clip_passes_gradients_on_its_bounds_and_nan():
    x = np.zeros((2, 3, 5, 6), np.float32)
    limited = mx.sym.clip(norm(convolution(data(), 4)), a_min=0, a_max=6)
    zeros = {"data": x, "batchnorm0_beta": np.zeros(4, np.float32)}
    check(limited, ["ToPlanes", "Block", "FromPlanes"], values=zeros, steps=1, data=x.shape)
    x[1, 0, 2, 2] = np.nan
    check(mx.sym.clip(convolution(data(), 4), a_min=0, a_max=6), grad_req="null", train=False, values={"data": x},
          data=x.shape)  # fmt: skip


def test_clip_without_a_normalisation_stays_apart_where_gradients_are_asked_for():
    symbol = mx.sym.clip(convolution(data(), 16), a_min=0, a_max=1)
    check(symbol, ["ToPlanes", "Block", "Chain", "FromPlanes"], data=(2, 6, 20, 20))
    joined = mx.sym.clip(norm(convolution(data(), 16)) + data("other"), a_min=0, a_max=1)
    check(joined, ["ToPlanes", "ToPlanes", "Block", "Chain", "FromPlanes"], data=(2, 6, 20, 20), other=(2, 16, 20, 20))
