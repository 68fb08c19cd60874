"""Small networks drawn at random: the engine gives what the interpreter gives, forward and backward.

Examples are the same in each run. What is drawn are the shapes and parameters at which fusions, storages and tails
meet: odd sizes, values used twice, heads in the middle, residuals, gradients written, added or not asked for.
"""

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symcli as mx
from symcli.shapes import prod
from tests.engine.compare import check, lowered

S = mx.sym


@st.composite
def convolutions(draw: Any, x: Any, shape: tuple[int, ...]) -> Any:
    kernel = tuple(min(draw(st.sampled_from([1, 2, 3, 5])), size) for size in shape[2:])
    groups = draw(st.sampled_from([1, 1, 1, shape[1]]))
    return S.Convolution(x, kernel=kernel, num_filter=groups * draw(st.sampled_from([1, 2, 5, 9])), num_group=groups,
                         stride=tuple(draw(st.sampled_from([1, 1, 2])) for _ in kernel),
                         pad=tuple(draw(st.integers(0, k // 2)) for k in kernel),
                         no_bias=draw(st.booleans()))  # fmt: skip


@st.composite
def poolings(draw: Any, x: Any, shape: tuple[int, ...]) -> Any:
    if draw(st.booleans()):
        return S.Pooling(x, global_pool=True, kernel=(1, 1), pool_type=draw(st.sampled_from(["avg", "max"])))
    kernel = tuple(min(draw(st.sampled_from([2, 2, 3])), size) for size in shape[2:])
    return S.Pooling(x, kernel=kernel, pool_type=draw(st.sampled_from(["avg", "max", "max"])),
                     stride=tuple(draw(st.sampled_from([1, 2, 2])) for _ in kernel),
                     pad=tuple(draw(st.integers(0, k - 1)) for k in kernel) if draw(st.booleans()) else (0, 0),
                     pooling_convention=draw(st.sampled_from(["valid", "full"])))  # fmt: skip


def image_layers(draw: Any, x: Any, shape: tuple[int, ...]) -> list[Any]:
    """Return what can follow a value of four axes."""
    return [
        lambda: draw(convolutions(x, shape)),
        lambda: draw(convolutions(x, shape)),
        lambda: draw(poolings(x, shape)),
        lambda: S.BatchNorm(x, fix_gamma=draw(st.booleans()), use_global_stats=draw(st.booleans())),
    ]


def any_layers(draw: Any, x: Any, shape: tuple[int, ...]) -> list[Any]:
    """Return what can follow any value."""
    return [
        lambda: S.Activation(x, act_type=draw(st.sampled_from(["relu", "relu", "sigmoid", "softrelu", "tanh"]))),
        lambda: S.FullyConnected(x, num_hidden=draw(st.sampled_from([1, 7, 33])), no_bias=draw(st.booleans())),
        lambda: S.LeakyReLU(x, act_type="leaky", slope=0.1),
        lambda: S.Dropout(x, p=0.4),
        lambda: x * 0.5 + 1.0,
        lambda: x + S.tanh(x),
        lambda: S.Concat(x, x * 2.0, dim=1),
        lambda: S.Flatten(x),
        lambda: S.slice_axis(x, axis=1, begin=0, end=max(1, shape[1] // 2)),
    ]


@st.composite
def networks(draw: Any) -> tuple[Any, tuple[int, ...]]:
    """Return a symbol and the shape of its data."""
    batch = draw(st.sampled_from([1, 2, 5, 16]))
    shape = draw(st.sampled_from([(batch, 7), (batch, 70), (batch, 1, 12, 12), (batch, 3, 9, 7), (batch, 8, 6, 16)]))
    values = [S.Variable("data")]
    for _ in range(draw(st.integers(1, 6))):
        x = values[-1] if draw(st.integers(0, 4)) else draw(st.sampled_from(values))
        _, (found,), _ = x.infer_shape(data=shape)
        layers = any_layers(draw, x, found) + (image_layers(draw, x, found) if len(found) == 4 else [])
        y = draw(st.sampled_from(layers))()
        _, (made,), _ = y.infer_shape(data=shape)
        if made == found and draw(st.booleans()):
            y = y + x
        if prod(made) <= 20_000:
            values.append(y)
    heads = [values[-1]]
    if len(values) > 1 and draw(st.booleans()):
        heads.append(draw(st.sampled_from(values[:-1])))
    elif draw(st.booleans()):
        heads = [S.SoftmaxOutput(S.Flatten(values[-1]), name="softmax")]
    return (heads[0] if len(heads) == 1 else S.Group(heads)), shape


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(networks(), st.sampled_from(["write", "write", "add", "null", "mixed"]), st.booleans(), st.integers(0, 99))
def test_random_networks(network, request, train, seed):
    symbol, shape = network
    names = [name for name in symbol.list_arguments() if name != "softmax_label"]
    choice = np.random.default_rng(seed).choice(["write", "add", "null"], len(names))
    requests = dict(zip(names, choice, strict=True)) if request == "mixed" else dict.fromkeys(names, request)
    check(symbol, None, requests, rtol=2e-3, train=train, seed=seed, data=shape)


def test_the_drawn_networks_reach_the_engine():
    symbol = S.Convolution(S.Variable("data"), kernel=(3, 3), num_filter=2)
    assert lowered(symbol.simple_bind(mx.cpu(), data=(1, 1, 5, 5)))


def test_infinity_takes_no_part_in_a_batch_norm_by_moving_statistics():
    """A pooling window that lies in the padding alone holds -3.4e38, which a scale makes infinite."""
    x = S.Pooling(
        S.Variable("data"), kernel=(2, 2), stride=(2, 2), pad=(1, 1), pool_type="max", pooling_convention="full"
    )
    first = S.Flatten(S.BatchNorm(x, use_global_stats=True, name="first"))
    second = S.BatchNorm(first, use_global_stats=True, fix_gamma=False, name="second")
    executor = check(second, None, {"first_beta": "write", "second_beta": "write"}, data=(3, 4, 5, 5))
    assert np.isfinite(executor.grad_dict["first_beta"].asnumpy()).all()
