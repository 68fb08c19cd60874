"""``symcli ops``: the listing, a page, names from elsewhere, JSON."""

import json

import pytest

from symcli.cli.foreign_names import FOREIGN, folded
from symcli.cli.ops import find
from symcli.ops import REGISTRY, operators
from symcli.params import declared
from tests.cli.run import run

PAGE = """\
FullyConnected
==============
Linear transformation: output = data . weight^T + bias.

data    (N, ...)          read as (N, K), K the product of its other axes
weight  (num_hidden, K)
bias    (num_hidden,)     absent with no_bias
output  (N, num_hidden)   with flatten=False: data's axes, the last one num_hidden

Source: src/operator/nn/fully_connected.cc.

Parameters
----------
num_hidden : an integer; required; >= 1
    size of the output's last axis
no_bias : True or False; default False
    leave the bias out
flatten : True or False; default True
    join all axes of data but the first

arguments    data, weight, bias
outputs      output
gradient     yes
other names  _npx_fully_connected, _sparse_FullyConnected
"""


def test_page(capsys):
    assert run(capsys, "ops", "FullyConnected") == (0, PAGE, "")


def test_page_by_the_name_elsewhere(capsys):
    assert run(capsys, "ops", "nn.Linear") == (0, f"nn.Linear is FullyConnected here\n\n{PAGE}", "")
    assert run(capsys, "ops", "fullyconnected").out.startswith("fullyconnected is FullyConnected here\n")
    assert run(capsys, "ops", "max_pool2d").out.startswith("max_pool2d is Pooling here, with pool_type='max'\n")


@pytest.mark.parametrize(
    ("foreign", "name"),
    [("clamp", "clip"), ("view", "Reshape"), ("cat", "Concat"), ("linear", "FullyConnected"), ("detach", "BlockGrad"),
     ("conv2d", "Convolution"), ("torch.nn.MaxPool2d", "Pooling"), ("tf.reduce_sum", "sum"), ("permute", "transpose"),
     ("concat", "Concat"), ("_Plus", "elemwise_add")],
)  # fmt: skip
def test_operator_is_found_by_names_from_elsewhere(foreign, name):
    assert find(foreign)[0] is REGISTRY[name]


def test_foreign_names_lead_to_operators_and_hide_none():
    for foreign, (name, _) in FOREIGN.items():
        assert name in REGISTRY, f"{foreign} leads to {name}, which does not exist"
        assert foreign == folded(foreign) and foreign not in REGISTRY, f"{foreign} is MXNet's own name"


def test_unknown_operator(capsys):
    answer = run(capsys, "ops", "Convolutoin")
    assert answer.code == 2 and "there is no operator 'Convolutoin'; did you mean 'Convolution'?" in answer.err
    answer = run(capsys, "ops", "regression")
    assert "names with 'regression' in them: LinearRegressionOutput, LogisticRegressionOutput" in answer.err


def test_listing_has_every_operator_once(capsys):
    answer = run(capsys, "ops")
    names = [line.split()[0] for line in answer.out.splitlines() if line[:2] == "  " and line[2] != " "]
    assert sorted(names) == [cls.name for cls in operators()]
    assert answer.out.endswith(f"{len(names)} operators; a page: symcli ops NAME\n")


def test_json_of_one(capsys):
    answer = json.loads(run(capsys, "ops", "FullyConnected", "--json").out)
    assert answer["schema"] == 1
    assert answer["operator"]["arguments"] == ["data", "weight", "bias"]
    assert answer["operator"]["parameters"][0] == {
        "name": "num_hidden", "type": "an integer", "required": True, "default": None, "bounds": ">= 1",
        "choices": [], "doc": "size of the output's last axis",
    }  # fmt: skip


def test_json_of_all(capsys):
    answer = json.loads(run(capsys, "ops", "--json").out)
    assert [one["name"] for one in answer["operators"]] == [cls.name for cls in operators()]
    for one, cls in zip(answer["operators"], operators(), strict=True):
        assert [parameter["name"] for parameter in one["parameters"]] == list(declared(cls))


@pytest.mark.parametrize("arguments", [("ops", "clip", "--markdown"), ("ops", "--json", "--markdown")])
def test_two_answers_at_once_are_refused(capsys, arguments):
    answer = run(capsys, *arguments)
    assert answer.code == 2 and "--markdown" in answer.err
