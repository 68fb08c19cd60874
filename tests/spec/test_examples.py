"""The language's three examples, with the names and shapes they promise."""

from pathlib import Path

import pytest

from tests.spec.looks import lines, shapes

SAMPLES = Path(__file__).parent / "samples"
SUM, LENET, RESNET20 = ((SAMPLES / f"{name}.yaml").read_text() for name in ("sum", "lenet", "resnet20"))

# Of MXNet's own ResNet-20 (example/image-classification/symbols/resnet.py, in the recorded networks): the shapes of its
# convolutions in order, but for the first unit's shortcut, which is one more there.
CONVOLUTIONS = [(16, 3, 3, 3), *[(16, 16, 3, 3)] * 6,
                (32, 16, 3, 3), (32, 32, 3, 3), (32, 16, 1, 1), *[(32, 32, 3, 3)] * 4,
                (64, 32, 3, 3), (64, 64, 3, 3), (64, 32, 1, 1), *[(64, 64, 3, 3)] * 4]  # fmt: skip


def test_the_sum(load):
    network = load(SUM)
    assert shapes(network) == {"A": (10, 2), "B": (10, 2), "D_output": (10, 2)}
    assert lines(network) == [
        "C_plus0 = elemwise_add(A, B)",
        "C = _div_scalar(C_plus0, scalar=10)",
        "D = _plus_scalar(C, scalar=1)",
    ]


def test_lenet(load):
    network = load(LENET)
    assert shapes(network) == {
        "data": ("batch", 1, 28, 28), "conv1_weight": (20, 1, 5, 5), "conv1_bias": (20,),
        "conv2_weight": (50, 20, 5, 5), "conv2_bias": (50,), "fc1_weight": (500, 800), "fc1_bias": (500,),
        "fc2_weight": (10, 500), "fc2_bias": (10,),
        "softmax_label": ("batch",), "softmax_output": ("batch", 10),
    }  # fmt: skip
    assert [line.split(" ")[0] for line in lines(network)] == [
        "conv1", "softmax_activation0", "softmax_pooling0", "conv2", "softmax_activation1", "softmax_pooling1",
        "softmax_flatten0", "fc1", "softmax_activation2", "fc2", "softmax"]  # fmt: skip


def test_resnet20_names_its_nodes_by_their_place(load):
    names = [line.split(" ")[0] for line in lines(load(RESNET20))]
    assert names[:13] == [
        "stem_conv_bn0_conv", "stem_conv_bn0", "stem",
        "stage1_0_body_conv_bn0_conv", "stage1_0_body_conv_bn0", "stage1_0_body_activation0",
        "stage1_0_body_conv", "stage1_0_body", "stage1_0_out_plus0", "stage1_0",
        "stage1_1_body_conv_bn0_conv", "stage1_1_body_conv_bn0", "stage1_1_body_activation0"]  # fmt: skip
    assert {"stage1_0", "stage1_1", "stage1_2", "stage2_residual0", "stage2_0", "stage2_1", "stage3_1"} <= set(names)
    assert "stage1" not in names  # an alias of the last


def test_resnet20_has_the_shapes_of_mxnets(load):
    found = shapes(load(RESNET20))
    assert found["stage1_0_body_conv_weight"] == (16, 16, 3, 3)
    assert [shape for shape in found.values() if len(shape) == 4 and shape[0] != "batch"] == CONVOLUTIONS
    assert (found["fc_weight"], found["fc_bias"], found["softmax_output"]) == ((10, 64), (10,), ("batch", 10))
    # Post-activation: behind each convolution its own batch normalisation.
    scales = [shape for name, shape in found.items() if name.endswith("gamma")]
    assert scales == [shape[:1] for shape in CONVOLUTIONS]


@pytest.mark.parametrize("depth, convolutions", [(1, 9), (5, 33), (9, 57)])
def test_resnet20s_depth_is_a_var(load, depth, convolutions):
    found = shapes(load(RESNET20, defines={"depth": str(depth)}))
    assert sum(name.endswith("conv_weight") for name in found) == convolutions


def test_resnet20s_names_depend_on_their_own_entry_alone(load):
    def names(text):
        network = load(text)
        return {*network.symbol.list_inputs(), *(line.split(" ")[0] for line in lines(network))}

    deeper = RESNET20.replace("repeat: $depth", "repeat: 5").replace("stem: [{conv_bn", "stem: [tanh, {conv_bn")
    assert names(RESNET20) < names(deeper)
