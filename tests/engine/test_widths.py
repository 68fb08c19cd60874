"""Narrower vectors than this processor's own: some of every family, in a process that compiles for fewer lanes.

Everything else in this directory runs at the width of the machine it runs on; most users' machines have 8 lanes. What
each case checks against is the interpreter, whose kernels hold no vectors of their own.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from llvmlite import binding

import symcli as mx
from symcli.executor.lower import chain
from symcli.kernels import processor
from tests.engine import random_networks
from tests.engine.compare import check, lowered
from tests.train.test_together import OPTIMIZERS, trained

ROOT = Path(__file__).parents[2]
S = mx.sym
DATA = S.Variable("data")
FEATURES = dict(binding.get_host_cpu_features())
WIDTHS = [name for name in ("avx2", "baseline") if processor.ISAS[name][1] <= processor.own_width(FEATURES)]


def agrees(symbol, *arguments, **parameters):
    assert lowered(check(symbol, *arguments, **parameters)), "it is the engine that is to be checked"


def convolution(filters, kernel=(3, 3), **attrs):
    return S.Convolution(DATA, num_filter=filters, kernel=kernel, **{"pad": (1, 1), "no_bias": True} | attrs)


def convolutions():
    """Shifted products, with stride and in groups, with all joined; depthwise; without padding."""
    agrees(convolution(9, no_bias=False), data=(2, 4, 7, 9))
    agrees(convolution(6, stride=(2, 2), num_group=2), data=(2, 4, 9, 8))
    joined = S.relu(S.BatchNorm(convolution(11, name="c"), fix_gamma=False) + S.Variable("other"))
    for train in (True, False):
        agrees(joined, train=train, data=(2, 5, 9, 7), other=(2, 11, 9, 7))
    agrees(convolution(6, num_group=6), data=(2, 6, 13, 15))
    agrees(convolution(6, stride=(2, 2), num_group=6), data=(2, 6, 13, 22))
    agrees(convolution(9, (5, 3), stride=(2, 2), pad=(2, 2)), data=(2, 3, 13, 71))
    agrees(convolution(7, pad=(0, 0)), data=(1, 3, 10, 18))
    agrees(convolution(40, (1, 1), pad=(0, 0)), data=(1, 70, 4, 4))


def winograd():
    """3x3 with many tiles, with few and with the fewest; 5x5."""
    agrees(convolution(11), rtol=5e-4, data=(40, 8, 7, 7))
    for shape in ((1, 16, 14, 14), (1, 9, 8, 8)):
        agrees(convolution(11), grad_req="null", train=False, rtol=5e-4, data=shape)
    agrees(convolution(9, (5, 5), pad=(0, 0)), rtol=5e-5, data=(3, 5, 12, 20))


def separable():
    for stride, shape in ((1, (2, 9, 19, 13)), (2, (1, 6, 30, 40))):
        depthwise = S.relu(convolution(shape[1], stride=(stride, stride), num_group=shape[1]))
        layer = S.Convolution(depthwise, num_filter=11, kernel=(1, 1))
        agrees(layer, ["ToPlanes", "Separable", "FromPlanes"], "null", train=False, data=shape)


def batch_norm():
    for train in (True, False):
        agrees(S.BatchNorm(DATA, fix_gamma=False), train=train, data=(4, 3, 9, 7))


def pooling():
    for kind in ("max", "avg"):
        for kernel, stride, pad in (((2, 2), (2, 2), (0, 0)), ((3, 3), (2, 2), (1, 1)), ((5, 3), (3, 4), (2, 1))):
            agrees(S.Pooling(DATA, pool_type=kind, kernel=kernel, stride=stride, pad=pad), data=(2, 3, 17, 23))
        agrees(S.Pooling(DATA, pool_type=kind, global_pool=True), data=(3, 17, 10, 9))
    x = S.Activation(convolution(5), act_type="relu")
    agrees(S.Pooling(x, pool_type="max", kernel=(2, 2), stride=(2, 2)), data=(2, 3, 8, 20))


def dense():
    for n, k, h in ((33, 100, 70), (9, 65, 3), (3, 5, 100)):
        layer = S.FullyConnected(DATA, num_hidden=h, name="fc")
        agrees(S.Activation(layer, act_type="tanh"), grad_req="add", rtol=2e-5, data=(n, k))


def softmax():
    label = np.random.default_rng(0).integers(0, 3, 37)
    agrees(S.SoftmaxOutput(DATA, name="softmax"), rtol=3e-6, values={"softmax_label": label}, data=(37, 3))
    decoder = S.SoftmaxOutput(S.FullyConnected(DATA, num_hidden=2051, name="fc"), name="softmax")
    agrees(decoder, ["Decoder"], values={"softmax_label": label}, data=(37, 33))


def recurrent():
    for mode in ("lstm", "gru", "rnn_tanh"):
        symbol = S.RNN(DATA, state_size=18, num_layers=2, mode=mode, state_outputs=True, name="rnn")
        agrees(symbol, data=(3, 5, 7))
    agrees(S.Embedding(DATA, input_dim=10, output_dim=33, name="embed"), ["Lookup"], {"embed_weight": "write"},
          values={"data": np.arange(21).reshape(7, 3) % 10}, data=(7, 3))  # fmt: skip


def elementwise():
    for act in ("relu", "sigmoid", "softrelu", "tanh"):
        agrees(S.Activation(DATA, act_type=act) * DATA + 1.5, rtol=2e-6, data=(3, 37))
    x = convolution(5)
    agrees(S.Dropout(S.Concat(x, S.tanh(x), DATA, dim=1) * 0.3, p=0.3), data=(3, 4, 5, 7))


def chains():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chain, "LEAST", 1)
        other = S.Variable("other")
        gelu = 0.5 * DATA * (1 + S.erf(DATA / np.sqrt(2)))
        agrees(
            S.clip(gelu + S.LeakyReLU(other, act_type="elu"), 0, 6), ["Chain"], rtol=2e-6, data=(3, 37), other=(3, 37)
        )
        scaled = S.tanh(S.broadcast_mul(S.negative(DATA), other))
        agrees(scaled, ["Chain"], rtol=2e-5, data=(2, 3, 5, 7), other=(1, 3, 1, 1))
        agrees(DATA**3 * S.sigmoid(DATA) - S.maximum(DATA, other), rtol=2e-6, data=(9, 5), other=(9, 5))


def update():
    """All weights in one call against one by one."""
    with pytest.MonkeyPatch.context() as patch:
        for name, parameters in OPTIMIZERS[1:5]:
            together, alone = (trained(name, parameters, patch, mode) for mode in ("engine", "replay"))
            for got, want in zip(together, alone, strict=True):
                np.testing.assert_allclose(got, want, rtol=2e-6, atol=2e-7)


def drawn():
    for seed in range(100, 108):
        random_networks.agrees(seed)


FAMILIES = [convolutions, separable, winograd, batch_norm, pooling, dense, softmax, recurrent, elementwise, chains,
            update, drawn]  # fmt: skip


def narrow(width):
    """Check all families at a width that ``SYMCLI_ISA`` has set for this process; return their names."""
    from symcli.engine import jit

    assert processor.ISAS[width][1] == jit.LANES
    for family in FAMILIES:
        family()
    return " ".join(family.__name__ for family in FAMILIES)


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_every_family_at_a_narrower_width(width):
    program = f"from tests.engine.test_widths import narrow; print(narrow({width!r}))"
    done = subprocess.run([sys.executable, "-c", program], env={**os.environ, "SYMCLI_ISA": width}, cwd=ROOT,
                          text=True, capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == [family.__name__ for family in FAMILIES]


class Config:
    """What ``numba.config`` is before anything is set."""

    CPU_NAME = None
    CPU_FEATURES = None


@pytest.mark.parametrize(("has", "lanes"), [((), 4), (("avx2",), 4), (("avx2", "fma"), 8)])
@pytest.mark.parametrize("name", [None, *processor.ISAS])
def test_instructions_that_the_processor_lacks_are_not_compiled_for(name, has, lanes, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setenv("SYMCLI_ISA", name or "")
    features, config = dict.fromkeys(has, True), Config()
    processor.configure(config, features)
    forced = name is not None and processor.ISAS[name][1] <= lanes
    assert (processor.ISAS[name][0] if forced else None) == config.CPU_NAME
    assert processor.width(features) == (processor.ISAS[name][1] if forced else lanes)
