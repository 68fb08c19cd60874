"""How far each way of computing a layer in float32 is from float64, and how far MXNet 1.9.1 is.

    python tests/benchmarks/exactness.py [MXNET_PYTHON] [--only TEXT ...] [--rms]

The layers are of VGG, ResNet, Inception-v3 and MobileNet, and such that each of the engine's algorithms has its turn;
weights and heads are normal, data is what a ReLU lets through. The truth is symcli's interpreter in float64 on the same
numbers. Printed for each: the largest error of an output, in training and in prediction, and of the gradients of data
and parameters, in parts of the largest element of what is compared (``--rms``: roots of mean squares of both, which
vary less). MXNET_PYTHON is a Python with MXNet 1.9.1: its own kernels and oneDNN then stand beside.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np


def convolution(filters, kernel=3, pad=1, num_group=1, no_bias=False, **sides):
    sides = {"kernel": kernel, "pad": pad, **sides}
    sides = {key: (value,) * 2 if isinstance(value, int) else value for key, value in sides.items()}
    given = {"num_filter": filters, "num_group": num_group, "no_bias": no_bias, "name": "layer", **sides}
    return lambda sym: sym.Convolution(sym.Variable("data"), **given)


def layer(operator, **attrs):
    return lambda sym: getattr(sym, operator)(sym.Variable("data"), name="layer", **attrs)


def normalised(filters):
    """A convolution whose BatchNorm prediction folds into its weights."""
    return lambda sym: sym.BatchNorm(convolution(filters, no_bias=True)(sym), fix_gamma=False, eps=1e-5, name="norm")


LAYERS = {
    "first layer, 3x3": (convolution(64), (1, 3, 150, 150)),
    "first layer, 7x7/2": (convolution(64, 7, 3, stride=2), (2, 3, 224, 224)),
    "3x3, 16 channels": (convolution(16), (16, 16, 32, 32)),
    "3x3, 64 channels": (convolution(64), (1, 64, 150, 150)),
    "3x3, 128 channels": (convolution(128), (1, 128, 75, 75)),
    "3x3, 256 channels": (convolution(256), (1, 256, 38, 38)),
    "3x3, 512 channels, 38x38": (convolution(512), (1, 512, 38, 38)),
    "3x3, 512 channels, 19x19": (convolution(512), (1, 512, 19, 19)),
    "3x3, 512 channels, 7x7": (convolution(512), (1, 512, 7, 7)),
    "3x3, 512 channels, 7x7, batch 8": (convolution(512), (8, 512, 7, 7)),
    "3x3, 512 channels, dilated": (convolution(512, 3, 6, dilate=6), (1, 512, 19, 19)),
    "3x3/2, 128 channels": (convolution(128, stride=2), (4, 128, 28, 28)),
    "1x1, 1024 channels": (convolution(512, 1, 0), (1, 1024, 19, 19)),
    "1x1, 64 channels": (convolution(256, 1, 0), (4, 64, 56, 56)),
    "7x1, 192 channels": (convolution(192, (7, 1), (3, 0)), (1, 192, 30, 30)),
    "5x5 valid, 20 channels": (convolution(50, 5, 0), (16, 20, 12, 12)),
    "3x3 valid, 32 channels": (convolution(32, 3, 0), (1, 32, 66, 66)),
    "3x3 depthwise": (convolution(64, num_group=64), (4, 64, 56, 56)),
    "3x3 and BatchNorm": (normalised(128), (4, 128, 28, 28)),
    "BatchNorm, 25,088 elements": (layer("BatchNorm", fix_gamma=False), (8, 64, 56, 56)),
    "BatchNorm, 1,568 elements": (layer("BatchNorm", fix_gamma=False), (8, 256, 14, 14)),
    "FullyConnected, 784": (layer("FullyConnected", num_hidden=256), (64, 784)),
    "FullyConnected, 4096": (layer("FullyConnected", num_hidden=1000), (8, 4096)),
    "Deconvolution 4x4/2": (
        layer("Deconvolution", kernel=(4, 4), stride=(2, 2), pad=(1, 1), num_filter=64), (2, 128, 28, 28)),
    "average pooling 8x8": (layer("Pooling", kernel=(8, 8), pool_type="avg"), (4, 64, 32, 32)),
    "L2Normalization, channels": (layer("L2Normalization", mode="channel"), (1, 512, 38, 38)),
    "softmax, 1,000 classes": (layer("softmax"), (64, 1000)),
}  # fmt: skip


def inputs_of(name):
    """Data and parameters by name, and the head."""
    from symcli import sym

    build, shape = LAYERS[name]
    symbol, random = build(sym), np.random.default_rng(7)
    shapes, outputs, _ = symbol.infer_shape(data=shape)
    values = {}
    for argument, size in zip(symbol.list_arguments(), shapes, strict=True):
        value = random.standard_normal(size)
        if argument == "data":
            value = np.maximum(value, 0)
        elif argument.endswith("weight"):
            value *= np.sqrt(2 / np.prod(size[1:]))
        values[argument] = value.astype(np.float32)
    return values, random.standard_normal(outputs[0]).astype(np.float32)


def run(mx, name, values, head, dtype="float32", mode=None):
    """Return output in training, output in prediction, gradients of data and of parameters."""
    symbol = LAYERS[name][0](mx.sym)
    states = symbol.list_auxiliary_states()
    args = {key: mx.nd.array(value, dtype=dtype) for key, value in values.items()}
    grads = {key: mx.nd.zeros(value.shape, dtype=dtype) for key, value in values.items()}
    sizes = symbol.infer_shape(data=values["data"].shape)[2]
    aux = {key: mx.nd.ones(size) * 0.5 for key, size in zip(states, sizes, strict=True)}
    executor = symbol.bind(mx.cpu(), args, args_grad=grads, aux_states={k: v.astype(dtype) for k, v in aux.items()})
    if mode:
        executor.mode = mode
    found = {"predict": executor.forward(is_train=False)[0].asnumpy()}
    found["output"] = executor.forward(is_train=True)[0].asnumpy()
    executor.backward(mx.nd.array(head, dtype=dtype))
    return found | {f"grad of {key}": grad.asnumpy() for key, grad in grads.items()}


def errors(found, truth, rms):
    """Return four figures: output, prediction, gradient of data, the worst gradient of a parameter."""
    size = (lambda x: float(np.sqrt(np.mean(np.square(x))))) if rms else (lambda x: float(np.abs(x).max()))
    parts = {key: size(found[key].astype(np.float64) - value) / size(value) for key, value in truth.items()}
    parameters = [part for key, part in parts.items() if key not in ("output", "predict", "grad of data")]
    return parts["output"], parts["predict"], parts["grad of data"], max(parameters, default=0.0)


def by_mxnet(python, backend, file, out):
    env = {**os.environ, "MXNET_MKLDNN_ENABLED": str(int(backend == "oneDNN")), "MXNET_SUBGRAPH_BACKEND": "NONE"}
    env.pop("PYTHONPATH", None)
    subprocess.run([python, __file__, "--run", file, out], env=env, check=True, stderr=subprocess.DEVNULL)
    return np.load(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mxnet_python", nargs="?")
    parser.add_argument("--only", nargs="+", default=[""], metavar="TEXT")
    parser.add_argument("--rms", action="store_true")
    options = parser.parse_args()
    import symcli as mx

    names = [name for name in LAYERS if any(text in name for text in options.only)]
    given = {name: inputs_of(name) for name in names}
    backends = ("own", "oneDNN") if options.mxnet_python else ()
    print(f"{'':32} " + "  ".join(f"{one:35}" for one in ("symcli", *(f"MXNet, {one}" for one in backends))))
    print(f"{'':32} " + "  ".join([" ".join(f"{one:>8}" for one in ("output", "predict", "data", "params"))] * 3))
    with tempfile.TemporaryDirectory() as folder:
        file, theirs = str(Path(folder, "given.npz")), []
        np.savez(file, **{f"{name}|{key}": value for name, (values, head) in given.items()
                          for key, value in {**values, "|head": head}.items()})  # fmt: skip
        for backend in backends:
            theirs.append(by_mxnet(options.mxnet_python, backend, file, str(Path(folder, f"{backend}.npz"))))
        for name in names:
            truth = run(mx, name, *given[name], "float64", "interpreter")
            found = [run(mx, name, *given[name])]
            found += [{key: one[f"{name}|{key}"] for key in truth} for one in theirs]
            figures = [" ".join(f"{part:8.1e}" for part in errors(one, truth, options.rms)) for one in found]
            print(f"{name:32} " + "  ".join(figures), flush=True)


def run_mxnet(file, out):
    import mxnet as mx

    given, found = np.load(file), {}
    for name in {key.split("|")[0]: None for key in given}:
        values = {key.split("|")[1]: given[key] for key in given if key.startswith(f"{name}|") and "||" not in key}
        found.update({f"{name}|{key}": value for key, value in run(mx, name, values, given[f"{name}||head"]).items()})
    np.savez(out, **found)


if __name__ == "__main__":
    run_mxnet(*sys.argv[2:]) if sys.argv[1:2] == ["--run"] else main()
