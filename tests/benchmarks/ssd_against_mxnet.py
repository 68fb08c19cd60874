"""How far the SSD networks of a corpus are from MXNet 1.9.1, and MXNet's two back ends from one another.

    python tests/benchmarks/ssd_against_mxnet.py CORPUS MXNET_PYTHON [NETWORK ...] [--at-mxnets-values] [--float64]
        [--batch N]

CORPUS holds ``nets/ssd_*-symbol.json``; MXNET_PYTHON is a Python with MXNet 1.9.1. The parameters are made there
(Xavier, seed 7, written as ``.params``); images, labels and, for networks without a loss, heads are drawn. Each network
runs forward and backward three times: with symcli, with MXNet's own kernels, with oneDNN. Printed for each pair:

    forward    the largest difference of an output over that output's largest magnitude, targets and boxes included
    elements   the largest difference of a gradient over that gradient's largest magnitude, of all parameters
    norm       the largest norm of a difference over the norm of that gradient
    median     the median of the elements' figure over the parameters

A graph with MultiBoxDetection has no gradient there: its predictions run backward instead. ``--float64`` runs the
predictions of every graph in float64, where what single precision does to ReLU and max pooling falls away. ``--batch``
is the number of images: with one, BatchNorm over a map of one pixel divides rounding by the root of its epsilon.

A value that rounding moves across 0 changes what a ReLU lets through, and one such unit of millions shows in all
gradients behind it. ``--at-mxnets-values`` takes that away: each operator of symcli is given the values that MXNet's
own kernels made, losses and targets included, and goes back from them. Printed are the distances of both to the same
computed in float64, the largest and the median over all values and over all gradients, and how they differ.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

PREDICTIONS = ("multibox_loc_pred_output", "multibox_cls_pred_output")


def inputs_of(batch, size):
    """Images less their mean, and labels (class, x1, y1, x2, y2, difficult) for the networks that train."""
    random = np.random.RandomState(11)
    patches = np.kron(random.uniform(0, 255, (batch, 3, 12, 12)), np.ones((1, 1, size // 12 + 1, size // 12 + 1)))
    images = np.clip(patches[:, :, :size, :size] + random.normal(0, 20, (batch, 3, size, size)), 0, 255)
    images -= np.array([123, 117, 104]).reshape(1, 3, 1, 1)
    corner = random.uniform(0, 0.6, (batch, 8, 2))
    classes = random.randint(0, 3, (batch, 8, 1))
    boxes = np.concatenate(
        [classes, corner, corner + random.uniform(0.1, 0.4, (batch, 8, 2)), np.zeros((batch, 8, 1))], 2
    )
    return {"data": images, "label": boxes}


def run(package, symbol_file, params_file, out_file, float64, batch, values_file):
    """Run a network with one package; write outputs and gradients.

    With ``values_file`` MXNet writes the values of all nodes there, and symcli reads them.
    """
    mx = __import__(package)
    symbol = mx.sym.load(symbol_file)
    size = 512 if "512" in symbol_file else 300
    internals = symbol.get_internals()
    trains = "label" in symbol.list_arguments() and (values_file or not float64)
    if not trains:
        symbol = mx.sym.Group([internals[name] for name in PREDICTIONS])
    dtype = "float64" if float64 else "float32"
    given = {name: array.astype(dtype) for name, array in inputs_of(batch, size).items()
             if name in symbol.list_arguments()}  # fmt: skip
    shapes, _, states = symbol.infer_shape(**{name: array.shape for name, array in given.items()})
    if not os.path.exists(params_file):
        mx.random.seed(7)
        np.random.seed(7)
        make, made, attributes = mx.init.Xavier(), {}, symbol.attr_dict()
        for kind, names, sizes in (("arg", symbol.list_arguments(), shapes),
                                   ("aux", symbol.list_auxiliary_states(), states)):  # fmt: skip
            for name, shape in zip(names, sizes, strict=True):
                if name not in given:
                    array = mx.nd.zeros(shape)
                    if name.endswith("scale"):  # the scales of normalised feature maps
                        array[:] = 20
                    else:
                        make(mx.init.InitDesc(name, attributes.get(name)), array)
                    made[f"{kind}:{name}"] = array
        mx.nd.save(params_file, made)
    params = {key: array.astype(dtype) for key, array in mx.nd.load(params_file).items()}
    args = {name: mx.nd.array(array, dtype=dtype) for name, array in given.items()}
    args.update({key[4:]: array for key, array in params.items() if key.startswith("arg:")})
    aux = {key[4:]: array for key, array in params.items() if key.startswith("aux:")}
    names = [name for name in symbol.list_arguments() if name not in given]
    grads = {name: mx.nd.zeros(args[name].shape, dtype=dtype) for name in names}
    requests = {name: "write" if name in grads else "null" for name in symbol.list_arguments()}
    args = {name: args[name] for name in symbol.list_arguments()}
    executor = symbol.bind(mx.cpu(), args, args_grad=grads, grad_req=requests, aux_states=aux)
    found = {}
    if values_file and package == "symcli":
        found = forward_at(executor, np.load(values_file))
    else:
        executor.forward(is_train=True)
    random = np.random.RandomState(5)
    heads = [mx.nd.array(random.normal(0, 1, one.shape).astype("float32"), dtype=dtype) for one in executor.outputs]
    executor.backward() if trains else executor.backward(heads)
    found.update({f"out/{i}": one.asnumpy() for i, one in enumerate(executor.outputs)})
    found.update({f"grad/{name}": grad.asnumpy() for name, grad in grads.items()})
    np.savez(out_file, **found)
    if values_file and package == "mxnet":
        nodes = symbol.get_internals()
        variables = {*nodes.list_arguments(), *nodes.list_auxiliary_states()}
        made = [name for name in nodes.list_outputs() if name not in variables]
        executor = mx.sym.Group([nodes[name] for name in made]).bind(mx.cpu(), args, grad_req="null", aux_states=aux)
        outputs = executor.forward(is_train=True)
        np.savez(values_file, **{f"value/{name}": one.asnumpy() for name, one in zip(made, outputs, strict=True)})


def forward_at(executor, values):
    """Run each operator on given values of the nodes before it; return what each made."""
    executor.mode, made = "interpreter", {}

    def observe(step):
        for i, array in enumerate(step.out_data[: step.node.num_visible_outputs]):
            key = f"value/{step.node.output_name(i)}"
            made[key] = array.copy()
            np.copyto(array, values[key])

    executor.begin(True)
    executor.observe_again(observe)
    return made


def at_mxnets_values(call, results, folder):
    """Print the distances of MXNet's own kernels and of symcli's operators to float64, on the same values."""
    values = f"{folder}/values.npz"
    call("own", False, values)
    call("symcli", False, values)
    call("symcli", True, values, "truth")
    truth, ours, theirs = results("truth"), results("symcli"), {**results("own"), **np.load(values)}
    for kind in ("value/", "grad/"):
        names = [name for name in truth if name.startswith(kind)]
        scales = [np.abs(truth[name]).max() or 1.0 for name in names]
        figures = []
        for one, other in ((theirs, truth), (ours, truth), (ours, theirs)):
            worst = [np.abs(one[name].astype(np.float64) - other[name]).max() / scale
                     for name, scale in zip(names, scales, strict=True)]  # fmt: skip
            figures += [max(worst), float(np.median(worst))]
        print(f"  {kind:7} {len(names):4} tensors " + " ".join(f"{figure:9.1e}" for figure in figures), flush=True)


def difference(a, b):
    """Return the four figures of two runs."""
    forward, elements, norms = [], [], []
    for key in a:
        x, y = a[key].astype(np.float64), b[key].astype(np.float64)
        scale = np.abs(y).max() or 1.0
        worst = np.abs(x - y).max() / scale
        if key.startswith("out/"):
            forward.append(worst)
        else:
            elements.append(worst)
            norms.append(np.linalg.norm(x - y) / (np.linalg.norm(y) or 1.0))
    return max(forward), max(elements), max(norms), float(np.median(elements))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("mxnet_python")
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--at-mxnets-values", action="store_true")
    parser.add_argument("--float64", action="store_true")
    parser.add_argument("--batch", type=int, default=1)
    options = parser.parse_args()
    files = sorted((options.corpus / "nets").glob("ssd_*-symbol.json"))
    wanted = [file for file in files if not options.networks or any(n in file.name for n in options.networks)]
    if options.at_mxnets_values:
        print(f"{'':24} {'MXNet-float64':>19} {'symcli-float64':>19} {'symcli-MXNet':>19}")
        print(f"{'':24} " + " ".join([f"{'largest':>9} {'median':>9}"] * 3))
    else:
        print(f"{'network':34} {'pair':16} {'forward':>9} {'elements':>9} {'norm':>9} {'median':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for file in wanted:
            name = file.name.removesuffix("-symbol.json")

            def call(label, float64, values="", out="", file=file):
                package = "symcli" if label == "symcli" else "mxnet"
                python = sys.executable if package == "symcli" else options.mxnet_python
                files = [str(file), f"{folder}/{file.stem}.params", f"{folder}/{out or label}.npz"]
                arguments = ["--run", package, *files, json.dumps(float64), str(options.batch), values]
                backend = {"MXNET_MKLDNN_ENABLED": str(int(label == "oneDNN")), "MXNET_SUBGRAPH_BACKEND": "NONE"}
                env = {**os.environ, **backend}
                if package == "mxnet":
                    env.pop("PYTHONPATH", None)
                subprocess.run([python, __file__, *arguments], env=env, check=True, stderr=subprocess.DEVNULL)

            def results(label):
                return dict(np.load(f"{folder}/{label}.npz"))

            if options.at_mxnets_values:
                print(name, flush=True)
                at_mxnets_values(call, results, folder)
                continue
            for label in ("oneDNN", "own", "symcli"):
                call(label, options.float64)
            for one, other in (("symcli", "own"), ("symcli", "oneDNN"), ("own", "oneDNN")):
                figures = difference(results(one), results(other))
                print(
                    f"{name:34} {one + ' ' + other:16} " + " ".join(f"{figure:9.1e}" for figure in figures), flush=True
                )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(*sys.argv[2:6], json.loads(sys.argv[6]), int(sys.argv[7]), sys.argv[8])
    else:
        main()
