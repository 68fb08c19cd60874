"""Compiling the usual kernels ahead of time, so that the first training run need not."""

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from symcli.errors import MXNetError
from symcli.executor.machine import kernel_cache
from symcli.graph import symbol as sym
from symcli.graph.symbol import Symbol
from symcli.ndarray.context import cpu
from symcli.spec.shaped import load_shaped
from symcli.train import optimizer
from symcli.train.trial import filled, heads

__all__ = ["Warmed", "run_part", "warm"]

OPTIMIZERS: tuple[tuple[str, dict[str, float]], ...] = (
    ("sgd", {}), ("sgd", {"momentum": 0.9}), ("nag", {"momentum": 0.9}), ("adam", {}), ("rmsprop", {}), ("adagrad", {}),
)  # fmt: skip
# Networks that come with symcli, with sizes for which the engine chooses as it does for larger batches.
NETWORKS = Path(__file__).parent.parent / "configs" / "networks"
FILES = {
    "resnet20": {"batch": "32"}, "lenet": {"batch": "64"}, "mobilenet": {"batch": "2", "multiplier": "0.25"},
    "tiny_ssd": {"batch": "2", "objects": "3"}, "mlp": {"batch": "64"},
}  # fmt: skip


@dataclass(frozen=True)
class Warmed:
    """What was done: kernels compiled and kept, seconds it took."""

    compiled: int
    seconds: float


def warm(processes: int = 2) -> Warmed:
    """Run usual networks and small ones of the usual operators in float32, so that their kernels are compiled and kept.

    Parameters
    ----------
    processes : how many share the work: LLVM compiles one kernel at a time in each. What two need is compiled by one.

    Raises
    ------
    MXNetError
        If a process fails; the message is the end of what it said.
    """
    start, before = time.perf_counter(), kernel_cache().kernels
    program = "from symcli.train.warm import run_part; run_part({}, {})"
    started = [
        subprocess.Popen([sys.executable, "-c", program.format(part, processes)], stderr=subprocess.PIPE, text=True)
        for part in range(processes)
    ]
    for process in started:
        _, said = process.communicate()
        if process.returncode:
            raise MXNetError(f"warm: a process that compiles ended with {process.returncode}: {said.strip()[-500:]}")
    return Warmed(kernel_cache().kernels - before, time.perf_counter() - start)


def run_part(part: int, parts: int) -> None:
    """Run each parts-th network from number ``part`` on; some are trained a step with optimizers of their own."""
    runs = [partial(_train_file, name, sizes) for name, sizes in FILES.items()]
    small = _networks()
    runs += [partial(_train, *network, OPTIMIZERS[i :: len(small)]) for i, network in enumerate(small)]
    for run in runs[part::parts]:
        run()


def _train_file(name: str, sizes: Mapping[str, str]) -> None:
    """Predict once and train one step with a network that comes with symcli."""
    shaped = load_shaped(str(NETWORKS / f"{name}.yaml"), defines=sizes)
    bound, _ = filled(shaped, shaped.network.symbol, grad=True)
    bound.forward(is_train=False)
    bound.forward(is_train=True)
    bound.backward(heads(bound))


def _networks() -> list[tuple[Symbol, tuple[int, ...]]]:
    """Return networks with the shapes of their data: layers, images, a residual block, a regression, words."""
    data = sym.Variable("data")
    layers = sym.Dropout(sym.Activation(sym.FullyConnected(data, num_hidden=8), act_type="relu"), p=0.5)
    layers = sym.Activation(sym.FullyConnected(layers, num_hidden=8), act_type="sigmoid")
    layers = sym.LeakyReLU(sym.FullyConnected(layers, num_hidden=4))
    return [
        (sym.SoftmaxOutput(layers, name="softmax"), (4, 6)),
        (sym.SoftmaxOutput(sym.FullyConnected(_images(data), num_hidden=4), name="softmax"), (2, 3, 16, 16)),
        (sym.LinearRegressionOutput(_sums(data), name="regression"), (4, 6)),
        (sym.SoftmaxOutput(_words(data), name="softmax"), (2, 5)),
        *((_steps(data, mode), (3, 4)) for mode in ("lstm", "gru")),
    ]


def _images(data: Symbol) -> Symbol:
    def block(net: Symbol, stride: int = 1) -> Symbol:
        net = sym.Convolution(net, kernel=(3, 3), pad=(1, 1), stride=(stride, stride), num_filter=4, no_bias=True)
        return sym.BatchNorm(net, fix_gamma=False)

    net = sym.Pooling(sym.Activation(sym.Convolution(data, kernel=(3, 3), num_filter=4), act_type="tanh"),
                      kernel=(2, 2), stride=(2, 2), pool_type="max")  # fmt: skip
    net = sym.Activation(block(net), act_type="relu")
    net = sym.relu(block(net, 2) + block(net, 2))
    net = sym.Concat(net, net * 0.5, dim=1)
    return sym.Flatten(sym.Pooling(net, global_pool=True, kernel=(1, 1), pool_type="avg"))


def _sums(data: Symbol) -> Symbol:
    net = sym.broadcast_mul(sym.exp(data) - 1, sym.mean(sym.square(data), axis=1, keepdims=True))
    return sym.FullyConnected(sym.sqrt(sym.abs(net) + 1), num_hidden=1)


def _words(data: Symbol) -> Symbol:
    net = sym.Embedding(data, input_dim=10, output_dim=6)
    return sym.FullyConnected(sym.softmax(sym.LayerNorm(sym.transpose(net, axes=(0, 2, 1)))), num_hidden=3)


def _steps(data: Symbol, mode: str) -> Symbol:
    net = sym.RNN(sym.Embedding(data, input_dim=10, output_dim=6), state_size=8, num_layers=1, mode=mode, name=mode)
    return sym.SoftmaxOutput(sym.FullyConnected(sym.Reshape(net, shape=(-1, 8)), num_hidden=2048), name="softmax")


def _train(network: Symbol, shape: tuple[int, ...], optimizers: tuple) -> None:
    """Predict once and train one step, with each optimizer."""
    bound = network.simple_bind(cpu(), data=shape)
    for array in bound.arg_arrays:
        array[:] = 0.5
    bound.forward(is_train=False)
    bound.forward(is_train=True)
    bound.backward()
    for name, parameters in optimizers:
        update = optimizer.get_updater(optimizer.create(name, **parameters))
        for index, (weight, gradient) in enumerate(zip(bound.arg_arrays, bound.grad_arrays, strict=True)):
            update(index, gradient, weight)
