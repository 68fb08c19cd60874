"""Networks drawn at random: whatever the engine makes of them, it computes what the plain operators do."""

import numpy as np
import pytest

import symcli as mx
from tests.engine.compare import check, lowered


class Draw:
    """Draws layers behind a value of a known shape; remembers what may be added to what."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.batch, self.image = int(self.rng.integers(1, 5)), tuple(int(n) for n in self.rng.integers(5, 15, 2))
        self.channels = int(self.rng.integers(1, 12))
        self.shape = (self.batch, self.channels, *self.image)
        self.x, self.before = mx.sym.Variable("data"), []

    def one_of(self, *choices):
        return choices[int(self.rng.integers(len(choices)))]

    def network(self):
        for _ in range(int(self.rng.integers(2, 6))):
            self.before.append((self.x, self.channels, self.image))
            self.one_of(self.convolution, self.convolution, self.norm, self.relu, self.pooling, self.add, self.concat)()
        return self.x

    def convolution(self):
        groups = self.one_of(1, 1, 1, self.channels)
        filters = groups * int(self.rng.integers(1, 3)) if groups > 1 else int(self.rng.integers(1, 14))
        kernel, stride = (
            self.one_of((1, 1), (3, 3), (3, 3), (5, 3), (2, 2)),
            self.one_of((1, 1), (1, 1), (2, 2), (1, 2)),
        )
        dilate = self.one_of((1, 1), (1, 1), (2, 1))
        pad = tuple(d * (k // 2) for k, d in zip(kernel, dilate, strict=True)) if self.rng.random() < 0.8 else (0, 0)
        sizes = [(n + 2 * p - d * (k - 1) - 1) // s + 1
                 for n, k, s, d, p in zip(self.image, kernel, stride, dilate, pad, strict=True)]  # fmt: skip
        if min(sizes) < 1:
            return
        self.x = mx.sym.Convolution(self.x, num_filter=filters, kernel=kernel, stride=stride, dilate=dilate, pad=pad,
                                    num_group=groups, no_bias=bool(self.rng.random() < 0.5))  # fmt: skip
        self.channels, self.image = filters, tuple(sizes)

    def norm(self):
        self.x = mx.sym.BatchNorm(self.x, fix_gamma=self.one_of(True, False), use_global_stats=self.one_of(True, False))

    def relu(self):
        self.x = mx.sym.Activation(self.x, act_type=self.one_of("relu", "relu", "tanh"))

    def pooling(self):
        kernel = self.one_of((2, 2), (3, 3))
        if min(self.image) < 3:
            return
        self.x = mx.sym.Pooling(self.x, kernel=kernel, stride=(2, 2), pad=(1, 1), pool_type=self.one_of("max", "avg"))
        self.image = tuple((n + 2 - k) // 2 + 1 for n, k in zip(self.image, kernel, strict=True))

    def fitting(self, same_channels):
        return [x for x, channels, image in self.before
                if image == self.image and (channels == self.channels or not same_channels)]  # fmt: skip

    def add(self):
        found = self.fitting(True)
        if found:
            self.x = self.x + self.one_of(*found)

    def concat(self):
        found = [(x, channels) for x, channels, image in self.before if image == self.image]
        if found:
            other, channels = self.one_of(*found)
            self.x = mx.sym.Concat(self.x, other, dim=1)
            self.channels += channels


@pytest.mark.parametrize("seed", range(24))
def test_random_network(seed):
    draw = Draw(seed)
    symbol = draw.network()
    train, grad_req = bool(draw.rng.random() < 0.7), draw.one_of("write", "add", "null")
    # The bias before a BatchNorm has a gradient of zero, in which rounding alone is seen.
    executor = check(symbol, None, grad_req, rtol=1e-3, atol=2e-3, train=train, seed=seed, data=draw.shape)
    assert len(lowered(executor)) > 0 or symbol.name == "data"
