"""Files that make up a network: other files, bases, overrides, standard input."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import symcli as mx
from symcli.errors import SpecError
from symcli.spec.network import load_network
from tests.spec.looks import lines, shapes

ROOT = Path(__file__).parents[2]
NET = "vars: {width: 4}\nnetwork: {inputs: {data: [batch, 3]}, graph: {fc: {FullyConnected: {num_hidden: $width}}}}\n"


def test_a_network_of_another_file(load):
    network = load("network: {file: nets/inner.yaml}", nets__inner=NET)
    assert network.name == "inner" and shapes(network)["fc_weight"] == (4, 3)


def test_the_vars_of_a_file_vary_the_network_it_names(load):
    outer = "vars: {width: 6, epochs: 3}\nnetwork: {file: nets/inner.yaml}"
    assert shapes(load(outer, nets__inner=NET))["fc_weight"] == (6, 3)
    network = load(outer, nets__inner=NET, defines={"width": "8", "batch": "2"})
    assert shapes(network)["fc_weight"] == (8, 3) and shapes(network)["data"] == (2, 3)


def test_a_symbol_of_mxnet(load, tmp_path):
    symbol = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=5, name="fc")
    (tmp_path / "model-symbol.json").write_text(symbol.tojson())
    network = load("network: {symbol: model-symbol.json}")
    assert network.name == "model" and shapes(network, data=(2, 3))["fc_output"] == (2, 5)
    assert shapes(load_network("model-symbol.json"), data=(2, 3))["fc_weight"] == (5, 3)


def test_blocks_of_files_paths_relative_to_each(load):
    dense = "blocks: {dense: {params: {units: required}, graph: {out: 'FullyConnected(data, num_hidden=units)'}}}"
    more = "blocks: {file: dense.yaml, twice: {graph: {out: 'dense(dense(data, units=4), units=5)'}}}"
    network = load("network: {inputs: {data: [2, 3]}, blocks: {file: shared/more.yaml}, graph: {a: twice(data)}}",
                   shared__dense=dense, shared__more=more)  # fmt: skip
    assert shapes(network)["a_output"] == (2, 5)


def test_blocks_of_several_files_and_of_a_network_file(load):
    one = "blocks: {one: {graph: {out: data + 1}}}"
    two = "network: {blocks: {two: {graph: {out: data * 2}}}, inputs: {data: [1]}, graph: {out: two(data)}}"
    network = load("network: {inputs: {data: [2]}, blocks: {file: [one.yaml, two.yaml]}, graph: {a: one(two(data))}}",
                   one=one, two=two)  # fmt: skip
    assert lines(network) == ["a_two0 = _mul_scalar(data, scalar=2)", "a = _plus_scalar(a_two0, scalar=1)"]


BASE = """
vars: {width: 4, classes: 10}
network:
  inputs: {data: [batch, 3]}
  graph:
    hidden: {FullyConnected: {num_hidden: $width, no_bias: true}}
    act: {Activation: {data: hidden, act_type: relu}}
    out: [act, {FullyConnected: {name: fc, num_hidden: $classes}}]
"""


@pytest.mark.parametrize("child, made", [
    ("vars: {width: 7}", "hidden = FullyConnected(data, hidden_weight, num_hidden=7, no_bias=True)"),
    ("network: {graph: {hidden: {FullyConnected: {no_bias: false}}}}",
     "hidden = FullyConnected(data, hidden_weight, hidden_bias, num_hidden=4, no_bias=False)"),
    ("network: {graph: {hidden: {relu: }}}", "hidden = relu(data)"),
    ("network: {graph: {hidden: tanh(data)}}", "hidden = tanh(data)"),
    ("network: {graph: {act: {sigmoid: {data: hidden}}}}", "act = sigmoid(hidden)"),
    ("network: {graph: {act: {Activation: {act_type: tanh}}}}", "act = Activation(hidden, act_type=tanh)"),
    ("network: {graph: {out: [act, relu]}}", "out = relu(act)"),
])  # fmt: skip
def test_a_base_is_merged_deeply_and_the_child_wins(load, child, made):
    assert made in lines(load(f"base: shared/base.yaml\n{child}\n", shared__base=BASE))


def test_bases_of_bases_and_paths_relative_to_each(load):
    network = load("base: a/middle.yaml", a__middle="base: ../b/first.yaml\nvars: {width: 5}",
                   b__first="network: {file: net.yaml}", b__net=NET)  # fmt: skip
    assert shapes(network)["fc_weight"] == (5, 3)


@pytest.mark.parametrize("override, weight", [
    ("vars.width=9", (9, 3)),
    ("network.graph.fc.FullyConnected.num_hidden=9", (9, 3)),
    ("network.graph.fc={FullyConnected: {num_hidden: 9}}", (9, 3)),
    ("network.inputs.data=[batch, 5]", (4, 5)),
    ("network.inputs.data.1=5", (4, 5)),
    ("network.variables.fc_weight.lr_mult=2", (4, 3)),
])  # fmt: skip
def test_set_replaces_a_value(load, override, weight):
    assert shapes(load(NET, sets=[override]))["fc_weight"] == weight


def test_later_overrides_win_and_defines_win_over_all(load):
    sets = ["vars.width=5", "vars.width=6"]
    assert shapes(load(NET, sets=sets))["fc_weight"] == (6, 3)
    assert shapes(load(NET, sets=sets, defines={"width": "7"}))["fc_weight"] == (7, 3)


def test_set_gives_paths_relative_to_the_current_folder(load):
    network = load("base: shared/base.yaml", shared__base="network: {file: none.yaml}", mine=NET,
                   sets=["network.file=mine.yaml"])  # fmt: skip
    assert network.name == "mine"


def test_standard_input_is_read(monkeypatch, tmp_path):
    command = [sys.executable, "-m", "symcli", "infer-shape", "-", "--json"]
    text = json.dumps({"network": {"inputs": {"data": [2]}, "graph": {"out": "relu(data)"}}})
    ran = subprocess.run(command, input=text, capture_output=True, text=True)
    assert json.loads(ran.stdout)["files"][0]["outputs"] == [{"name": "out_output", "shape": [2], "known": True}]


def test_lines_may_end_as_on_other_systems(load, tmp_path):
    load(NET)
    text = "\ufeff" + NET.replace("width: 4", "width: x") + "# end\n"
    for end in ("\r\n", "\r"):
        with open(tmp_path / "net.yaml", "w", encoding="utf-8", newline=end) as file:
            file.write(text)
        with pytest.raises(SpecError, match=r"net.yaml:2:81: error\[SYM204\]"):
            load_network("net.yaml")


def test_the_blocks_of_the_repository_are_usable_from_elsewhere(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "configs/networks/blocks", tmp_path / "blocks")
    sections = "inputs: {data: [1, 3, 8, 8]}, blocks: {file: blocks/residual.yaml}"
    (tmp_path / "net.yaml").write_text(f"network: {{{sections}, graph: {{out: 'residual(data, channels=3)'}}}}")
    assert shapes(load_network(str(tmp_path / "net.yaml")))["out_output"] == (1, 3, 8, 8)
