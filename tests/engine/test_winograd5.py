"""Winograd's 5x5 convolution without padding: forward and gradients against the definition in float64."""

import numpy as np
import pytest

from symcli.engine import planes, team, winograd5
from symcli.engine.tape import limits

RELU = limits(0, np.inf)
CASES = [(1, 8, 8, 1, 1), (3, 8, 8, 5, 7), (2, 16, 8, 4, 9), (5, 8, 24, 20, 50), (4, 16, 16, 17, 12)]


def to_planes(x):
    y = planes.empty(x.shape)
    y.fill(np.nan)
    y[:, : planes.pixels(x.shape)] = x.transpose(1, 0, 2, 3).reshape(x.shape[1], -1)
    return y


def from_planes(y, shape):
    return y[:, : planes.pixels(shape)].reshape(shape[1], shape[0], *shape[2:]).transpose(1, 0, 2, 3)


def windows(x, height, width):
    """Return (n, c, 5, 5, height, width): what each tap reads."""
    return np.stack([np.stack([x[:, :, i : i + height, j : j + width] for j in range(5)], 2) for i in range(5)], 2)


@pytest.fixture(params=CASES, ids=str)
def case(request):
    n, height, width, channels, filters = request.param
    rng = np.random.default_rng(sum(request.param))
    x = rng.standard_normal((n, channels, height + 4, width + 4)).astype(np.float32)
    w = rng.standard_normal((filters, channels, 5, 5)).astype(np.float32)
    gy = rng.standard_normal((n, filters, height, width)).astype(np.float32)
    return x, w, gy, (n, height, width), (channels, filters)


def scratch(threads, size):
    return planes.guarded((threads, size)), size


def transformed(w, channels, filters, threads):
    u = planes.guarded((winograd5.weights_size(channels, filters),))
    winograd5.weights(w, u, channels * filters, *scratch(threads, winograd5.forward_scratch(channels, filters)))
    return u


@pytest.mark.parametrize("threads", [1, 3])
def test_forward(case, threads):
    x, w, _, images, (channels, filters) = case
    n, height, width = images
    bias = np.linspace(-1, 1, filters).astype(np.float32)
    shape = (n, filters, height, width)
    with team.using(team.get(threads)):
        u, source, y = transformed(w, channels, filters, threads), to_planes(x), planes.empty(shape)
        memory, size = scratch(threads, winograd5.forward_scratch(channels, filters))
        winograd5.forward(
            source, u, bias, y, *images, source.shape[1], y.shape[1], channels, filters, memory, size, RELU
        )
    want = np.einsum("ncijyx,fcij->nfyx", windows(x.astype(np.float64), height, width), w) + bias[:, None, None]
    np.testing.assert_allclose(from_planes(y, shape), np.maximum(want, 0), 0, 3e-5 * np.abs(want).max())


@pytest.mark.parametrize("add", [0, 1])
@pytest.mark.parametrize("threads", [1, 2])
def test_data_gradient(case, threads, add):
    x, w, gy, images, (channels, filters) = case
    _, height, width = images
    with team.using(team.get(threads)):
        u, g, gx = transformed(w, channels, filters, threads), to_planes(gy), to_planes(np.ones_like(x))
        memory, size = scratch(threads, winograd5.forward_scratch(channels, filters))
        winograd5.data_gradient(g, u, gx, add, *images, gx.shape[1], g.shape[1], channels, filters, memory, size)
    want = np.full(x.shape, float(add))
    for i in range(5):
        for j in range(5):
            want[:, :, i : i + height, j : j + width] += np.einsum(
                "nfyx,fc->ncyx", gy.astype(np.float64), w[:, :, i, j]
            )
    np.testing.assert_allclose(from_planes(gx, x.shape), want, 0, 3e-5 * np.abs(want).max())


@pytest.mark.parametrize("add", [0, 1])
@pytest.mark.parametrize("threads", [1, 3])
def test_weight_gradient(case, threads, add):
    x, w, gy, images, (channels, filters) = case
    _, height, width = images
    dw = np.ones_like(w)
    with team.using(team.get(threads)):
        source, g = to_planes(x), to_planes(gy)
        memory, size = scratch(threads, winograd5.forward_scratch(channels, filters))
        parts, part = scratch(threads, winograd5.part_size(channels, filters))
        winograd5.weight_gradient(source, g, parts, part, *images, source.shape[1], g.shape[1], channels, filters,
                                  memory, size)  # fmt: skip
        winograd5.sum_weight_gradient(parts, part, dw, channels * filters, add, memory, size)
    want = np.einsum("ncijyx,nfyx->fcij", windows(x.astype(np.float64), height, width), gy) + add
    np.testing.assert_allclose(dw, want, 0, 3e-5 * np.abs(want).max())
