"""``symcli summary``: the table, its totals against the bound arrays, Markdown, JSON, findings."""

import json

import pytest

import symcli as mx
from symcli.spec.network import load_network
from tests.cli.run import run
from tests.house.test_doors import loaded

MLP = """
network:
  name: mlp
  inputs: {data: [batch, 6], softmax_label: [batch]}
  graph:
    softmax:
      - FullyConnected: {name: fc1, num_hidden: 4}
      - BatchNorm: {name: bn}
      - Activation: relu
      - FullyConnected: {name: fc2, num_hidden: 3}
      - SoftmaxOutput
"""
# The tutorial's LeNet for coloured images of 32 by 32.
LENET_CIFAR = """
network:
  inputs: {data: [batch, 3, 32, 32], softmax_label: [batch]}
  graph:
    softmax:
      - Convolution: {kernel: [5, 5], num_filter: 6}
      - Activation: relu
      - Pooling: {kernel: [2, 2], stride: [2, 2]}
      - Convolution: {kernel: [5, 5], num_filter: 16}
      - Activation: relu
      - Pooling: {kernel: [2, 2], stride: [2, 2]}
      - Flatten
      - FullyConnected: {num_hidden: 120}
      - Activation: relu
      - FullyConnected: {num_hidden: 84}
      - Activation: relu
      - FullyConnected: {num_hidden: 10}
      - SoftmaxOutput
"""
SHARED = """
network:
  inputs: {data: [2, 5], other: [2, 5]}
  graph:
    a: FullyConnected(data, num_hidden=3)
    b: {FullyConnected: {data: other, weight: a_weight, bias: a_bias, num_hidden: 3}}
    out: dot(a, b, transpose_b=true) * c
  variables: {c: {shape: [2, 2]}}
"""

TABLE = """\
mlp, FLOPs and memory for batch=1

node                 operator        output      parameters  FLOPs
fc1                  FullyConnected  (batch, 4)          28     48
bn                   BatchNorm       (batch, 4)           8     32
softmax_activation0  Activation      (batch, 4)                  4
fc2                  FullyConnected  (batch, 3)          15     24
softmax              SoftmaxOutput   (batch, 3)                 15

parameters         51  204 bytes
auxiliary states    8
FLOPs forward     123  123 FLOP
FLOPs backward    179  179 FLOP
activation bytes  104  104 bytes
"""
MARKDOWN = """\
mlp

| node | operator | output | parameters | FLOPs |
|---|---|---|---:|---:|
| fc1 | FullyConnected | (2, 4) | 28 | 96 |
| bn | BatchNorm | (2, 4) | 8 | 64 |
| softmax_activation0 | Activation | (2, 4) |  | 8 |
| fc2 | FullyConnected | (2, 3) | 15 | 48 |
| softmax | SoftmaxOutput | (2, 3) |  | 30 |

| total | | |
|---|---:|---:|
| parameters | 51 | 204 bytes |
| auxiliary states | 8 |  |
| FLOPs forward | 246 | 246 FLOP |
| FLOPs backward | 358 | 358 FLOP |
| activation bytes | 176 | 176 bytes |
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in (("mlp", MLP), ("lenet_cifar", LENET_CIFAR), ("shared", SHARED)):
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def test_table(capsys, files):
    assert run(capsys, "summary", "mlp.yaml") == (0, TABLE, "")


def test_markdown_for_a_given_batch(capsys, files):
    assert run(capsys, "summary", "mlp.yaml", "-D", "batch=2", "--format", "github") == (0, MARKDOWN, "")


def test_json(capsys, files):
    answer = json.loads(run(capsys, "summary", "mlp.yaml", "--json").out)
    assert answer["schema"] == 1 and answer["network"] == "mlp" and answer["sizes"] == {"batch": 1}
    assert answer["layers"][1] == {
        "name": "bn", "operator": "BatchNorm", "outputs": [[1, 4]], "parameters": 8, "auxiliary_states": 8,
        "flops": 32, "backward_flops": 64, "activation_bytes": 48,
    }  # fmt: skip
    assert answer["totals"] == {
        "parameters": 51, "auxiliary_states": 8, "flops": 123, "backward_flops": 179, "parameter_bytes": 204,
        "activation_bytes": 104,
    }  # fmt: skip


def test_lenet_has_its_number_of_parameters(capsys, files):
    assert "parameters           62,006  242.21 KiB\n" in run(capsys, "summary", "lenet_cifar.yaml").out


@pytest.mark.parametrize("name", ["mlp", "lenet_cifar", "shared"])
def test_totals_are_those_of_the_bound_arrays(capsys, files, name):
    totals = json.loads(run(capsys, "summary", f"{name}.yaml", "-D", "batch=2", "--json").out if name != "shared" else
                        run(capsys, "summary", "shared.yaml", "--json").out)["totals"]  # fmt: skip
    network = load_network(f"{name}.yaml", [], {} if name == "shared" else {"batch": "2"})
    bound = network.symbol.simple_bind(mx.cpu(), **network.shapes)
    inputs = [*network.shapes]
    assert totals["parameters"] == sum(array.size for key, array in bound.arg_dict.items() if key not in inputs)
    assert totals["auxiliary_states"] == sum(array.size for array in bound.aux_arrays)
    assert totals["activation_bytes"] == sum(
        array.nbytes for (node, _), array in bound._program.values.items() if node.op is not None
    )


def test_symbol_json_and_element_types(capsys, files):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
    net.save("net-symbol.json")
    answer = json.loads(run(capsys, "summary", "net-symbol.json", "--shape", "data=2,5", "--type", "data=float64",
                            "--json").out)  # fmt: skip
    assert (answer["totals"]["parameters"], answer["totals"]["activation_bytes"]) == (18, 2 * 3 * 8)


def test_unknown_shapes_are_a_finding(capsys, files):
    mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc").save("net-symbol.json")
    answer = run(capsys, "summary", "net-symbol.json")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("net: error[SYM403]: shapes still unknown: data ?")
    found = json.loads(run(capsys, "summary", "net-symbol.json", "--json").out)
    assert [one["code"] for one in found["findings"]] == ["SYM403"]


def test_memory_of_training_and_prediction(capsys, files):
    answer = json.loads(run(capsys, "summary", "lenet_cifar.yaml", "-D", "batch=64", "--memory", "--json").out)
    training, prediction = answer["memory"]["training"], answer["memory"]["prediction"]
    assert (
        {training[kind] for kind in ("parameters", "gradients", "momentum")} == {prediction["parameters"]} == {248_024}
    )
    assert prediction["gradients"] == prediction["momentum"] == training["kept"] == 0
    assert training["inputs"] == prediction["inputs"] == 4 * 64 * (3 * 32 * 32 + 1)
    assert 0 < prediction["arena"] < training["arena"]
    for found in (training, prediction):
        assert found["total"] == sum(found.values()) - found["total"]
    lines = run(capsys, "summary", "lenet_cifar.yaml", "-D", "batch=64", "--memory").out.splitlines()
    assert lines[-10].split() == ["memory", "training", "prediction"]
    assert lines[-9].split() == ["parameters", "242.21", "KiB", "242.21", "KiB"]
    assert lines[-1].startswith("planned peak")
    table = run(capsys, "summary", "lenet_cifar.yaml", "--memory", "--format", "github").out.splitlines()
    assert table[-10:-8] == ["| memory | training | prediction |", "|---|---:|---:|"] or table[-11].startswith(
        "| memory"
    )


def test_name_that_is_no_input_is_a_finding(capsys, files):
    answer = run(capsys, "summary", "mlp.yaml", "--shape", "dta=2,6")
    assert answer == (
        1, "", "--shape dta: error[SYM301]: mlp has no input 'dta'\n   help: did you mean 'data'?\n",
    )  # fmt: skip


@pytest.mark.parametrize("command", ["summary", "plot"])
def test_no_arrays_are_loaded(files, command):
    run = "from symcli.cli import main\nimport contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n    "
    assert not loaded(run + f"assert main(['{command}', 'lenet_cifar.yaml']) == 0") & {"numpy", "numba"}
