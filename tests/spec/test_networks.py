"""The networks in ``configs``: shapes, parameter counts, and one pass of each."""

import math
from pathlib import Path

import numpy as np
import pytest

import symcli as mx
from symcli.spec.network import load_network
from tests.spec.looks import shapes
from tests.spec.test_examples import RESNET20

FOLDER = Path(__file__).parents[2] / "configs" / "networks"
PARAMETERS = {
    "bccd_ssd": 1_126_976,
    "inception_bn": 11_285_224,
    "lenet": 431_080,
    "lenet_cifar": 62_006,
    "mlp": 109_386,
    "mobilenet": 4_231_976,
    "resnet18": 11_689_512,
    "resnet20": 272_474,
    "resnet50": 25_557_032,
    "ssd300_vgg16": 26_285_486,
    "ssd_mobilenet": 8_714_489,
    "tiny_ssd": 1_050_896,
    "vgg16": 138_357_544,
}
# Smaller images and fewer classes, so that a pass takes no time.
SMALL = {
    "bccd_ssd": {"data": (1, 3, 64, 96), "label": (1, 2, 5)},
    "inception_bn": {"data": (1, 3, 32, 32)},
    "mobilenet": {"data": (1, 3, 32, 32)},
    "resnet18": {"data": (1, 3, 32, 32)},
    "resnet50": {"data": (1, 3, 32, 32)},
    "ssd_mobilenet": {"data": (1, 3, 64, 64), "label": (1, 2, 5)},
    "tiny_ssd": {"data": (1, 3, 64, 64), "label": (1, 2, 5)},
    "vgg16": {"data": (1, 3, 32, 32)},
}


def test_every_network_is_counted():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(PARAMETERS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_network_has_its_parameters(name):
    network = load_network(str(FOLDER / f"{name}.yaml"))
    found = shapes(network)
    parameters = [found[key] for key in network.symbol.list_arguments() if key not in network.shapes]
    assert sum(math.prod(shape) for shape in parameters) == PARAMETERS[name]
    assert network.name == name


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.yaml")), ids=lambda path: path.stem)
def test_file_opens_with_what_it_is(path):
    lines = path.read_text().splitlines()
    comment = [line for line in lines[:4] if line.startswith("# ")]
    assert lines[: len(comment)] == comment != []
    if path.parent == FOLDER:
        assert f" {PARAMETERS[path.stem]:,} parameters" in "\n".join(comment)


@pytest.mark.parametrize("name", sorted(PARAMETERS.keys() - {"ssd300_vgg16"}))  # that one has but one size, a large one
def test_network_runs(name):
    defines = {} if "ssd" in name else {"classes": "10"}
    network = load_network(str(FOLDER / f"{name}.yaml"), defines=defines)
    given = network.with_sizes({"batch": 2, "objects": 2}, SMALL.get(name, {}))
    executor = network.symbol.simple_bind(mx.cpu(), grad_req="null", **given)
    numbers = np.random.default_rng(1).normal(size=997).astype("float32")
    for key, array in executor.arg_dict.items():
        scale = (2 * array.shape[0] / array.size) ** 0.5 if key.endswith("weight") else 0.1
        array[:] = 0 if "label" in key else np.resize(numbers * np.float32(scale), array.shape)
    for key, array in executor.aux_dict.items():
        array[:] = 1 if key.endswith("var") else 0
    outputs = [output.asnumpy() for output in executor.forward(is_train=False)]
    assert all(np.isfinite(output).all() for output in outputs)
    np.testing.assert_allclose(outputs[0].sum(axis=1), 1, rtol=1e-5)  # classes


@pytest.mark.parametrize(
    ("name", "anchors", "classes"),
    [("bccd_ssd", 2016, 4), ("tiny_ssd", 5444, 4), ("ssd_mobilenet", 1917, 21), ("ssd300_vgg16", 8732, 21)],
)
def test_detectors_have_the_anchors_of_their_papers(name, anchors, classes):
    network = load_network(str(FOLDER / f"{name}.yaml"))
    given = network.with_sizes({"batch": 2, "objects": 3}, {})
    _, outputs, _ = network.symbol.infer_shape(**given)
    assert outputs == [(2, classes, anchors), (2, 4 * anchors), (2, anchors), (2, anchors, 6)]


def test_resnet20_is_the_example_of_the_language(load):
    network = load_network(str(FOLDER / "resnet20.yaml"))
    assert shapes(network) == shapes(load(RESNET20))
