"""Inputs, sizes that are words, vars, and variables that nodes make by themselves."""

import re

import pytest

from symcli.errors import SpecError
from symcli.spec.findings import Findings
from symcli.spec.network import load_network
from tests.spec.looks import lines, shapes

NET = """
network:
  inputs: {data: [batch, 3], label: [batch]}
  graph: {fc: {FullyConnected: {num_hidden: 4}}, out: {SoftmaxOutput: {data: fc, label: label}}}
"""


def test_words_stay_words(load):
    assert shapes(load(NET)) == {"data": ("batch", 3), "fc_weight": (4, 3), "fc_bias": (4,), "label": ("batch",),
                                 "out_output": ("batch", 4)}  # fmt: skip


@pytest.mark.parametrize("network_of, sizes", [
    (lambda load: load(NET, defines={"batch": "7"}), {}),
    (lambda load: load(NET), {"data": (7, 3)}),
    (lambda load: load(NET), {"label": (7,)}),
    (lambda load: load(NET, sets=["network.inputs.data.0=7"]), {}),
])  # fmt: skip
def test_a_word_is_bound_once_for_all(load, network_of, sizes):
    found = shapes(network_of(load), **sizes)
    assert (found["data"], found["label"], found["out_output"]) == ((7, 3), (7,), (7, 4))


def test_a_size_that_inference_tells_is_that_of_all_inputs_with_the_word(load):
    network = load("network: {inputs: {A: [n, 2], B: [5, 2], C: [n]}, graph: {D: A + B, E: C * 2}, outputs: [D, E]}")
    assert shapes(network)["E_output"] == (5,)


def test_sizes_may_be_vars_and_arithmetic(load):
    text = """
vars: {edge: 8, half: "${edge // 2}"}
network: {inputs: {data: [batch, $edge, "${half + 1}"]}, graph: {out: relu(data)}}
"""
    assert shapes(load(text))["out_output"] == ("batch", 8, 5)
    assert shapes(load(text, defines={"edge": "6"}))["out_output"] == ("batch", 6, 4)


def test_vars_may_be_used_before_they_stand(load):
    text = "{vars: {b: '${a * 2}', a: 4}, network: {inputs: {data: [$b]}, graph: {out: relu(data)}}}"
    assert shapes(load(text))["data"] == (8,)


def test_shape_dtype_and_nothing(load):
    inputs = "{a: {shape: [2, 3], dtype: float64}, b: {dtype: float64}, c: }"
    network = load("network: {inputs: " + inputs + ", graph: {out: a + b + c}}")
    assert network.types == {"a": "float64", "b": "float64"}
    assert shapes(network)["c"] == (2, 3)
    assert network.infer_types().get((network.symbol._heads[0][0], 0)) == "float64"


def test_missing_inputs_become_variables_named_after_their_node(load):
    graph = "{fc: {FullyConnected: {num_hidden: 4}}, bn: BatchNorm(fc), out: SoftmaxOutput(bn)}"
    network = load("network: {inputs: {data: [2, 3]}, graph: " + graph + "}")
    assert network.symbol.list_arguments() == ["data", "fc_weight", "fc_bias", "bn_gamma", "bn_beta", "out_label"]
    assert network.symbol.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]


def test_an_input_of_an_automatic_name_is_that_variable(load):
    graph = "{fc: {FullyConnected: {num_hidden: 4}}, out: SoftmaxOutput(fc)}"
    network = load("network: {inputs: {data: [2, 3], fc_bias: [4], out_label: [2]}, graph: " + graph + "}")
    assert network.symbol.list_arguments() == ["data", "fc_weight", "fc_bias", "out_label"]
    assert set(network.shapes) == {"data", "fc_bias", "out_label"}


def test_weights_are_shared_by_their_name(load):
    network = load("""
network:
  inputs: {data: [2, 4]}
  graph:
    b: {FullyConnected: {data: a, weight: a_weight, bias: a_bias, num_hidden: 4}}
    a: {FullyConnected: {num_hidden: 4}}
""")
    assert network.symbol.list_arguments() == ["data", "a_weight", "a_bias"]
    assert lines(network)[1] == "b = FullyConnected(a, a_weight, a_bias, num_hidden=4)"


def test_weights_of_blocks_are_shared_by_their_full_name(load):
    network = load("""
network:
  inputs: {data: [2, 4]}
  blocks: {dense: {graph: {fc: "FullyConnected(data, num_hidden=4)", out: relu(fc)}}}
  graph: {a: dense(data), b: "FullyConnected(a, weight=a_fc_weight, num_hidden=4, no_bias=1)"}
""")
    assert network.symbol.list_arguments() == ["data", "a_fc_weight", "a_fc_bias"]


def test_declared_variables_have_attributes_states_too(load):
    network = load("""
network:
  inputs: {data: [2, 3]}
  variables:
    fc_weight: {init: {normal: {sigma: 0.01}}, lr_mult: 2, wd_mult: 0, dtype: float32, attr: {__mood__: calm}}
    fc_bias: {init: zeros, shape: [4]}
    bn_moving_var: {init: {constant: {value: 2}}}
    bn_moving_mean: {init: none}
    shift: {shape: [2, 4]}
  graph:
    fc: {FullyConnected: {num_hidden: 4}}
    bn: BatchNorm(fc)
    out: bn + shift
""")
    attributes = {node.name: node.attrs for node in network.infer(network.shapes).nodes if node.op is None}
    assert attributes["fc_weight"] | {"num_hidden": ""} == {
        "__init__": '["normal", {"sigma": 0.01}]', "__lr_mult__": "2", "__wd_mult__": "0", "__dtype__": "0",
        "__mood__": "calm", "num_hidden": ""}  # fmt: skip
    assert attributes["fc_bias"] == {"__init__": '["zeros", {}]', "__shape__": "(4,)"}
    assert attributes["bn_moving_var"]["__init__"] == '["constant", {"value": 2}]'
    assert "__init__" not in attributes["bn_moving_mean"]
    assert shapes(network)["shift"] == (2, 4)


def test_outputs_default_to_the_one_node_that_nothing_uses(load):
    text = "network: {inputs: {data: [2, 3]}, graph: {c: relu(b), a: tanh(data), b: a + 1}%s}"
    assert load(text % "").symbol.list_outputs() == ["c_output"]
    assert load(text % ", outputs: a").symbol.list_outputs() == ["a_output"]
    assert load(text % ", outputs: [a, c, data]").symbol.list_outputs() == ["a_output", "c_output", "data"]


JSON = r"""{
\t"vars": {"units": 4},
\t"network": {
\t\t"inputs": {"data": ["batch", 3]},
\t\t"graph": {
\t\t\t"fc": {"FullyConnected": {"num_hidden": "$units", "no_bias": true}},
\t\t\t"out": [{"relu": {"data": "fc", "attr": {"__m__": "\ud83d\ude00 \u00e4"}}}]
\t\t}
\t}
}
""".replace(r"\t", "\t")


def test_json_is_the_same_tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.json").write_text(JSON)
    network = load_network("net.json", findings=Findings())
    assert shapes(network) == {"data": ("batch", 3), "fc_weight": (4, 3), "out_output": ("batch", 4)}
    assert network.symbol.attr("__m__") == "😀 ä"


def test_quoting_never_changes_meaning(load):
    plain = "network: {inputs: {data: [2, n]}, graph: {out: [{Dropout: {p: 0.5, mode: always}}, relu, _ * 2]}}"
    quoted = re.sub(r"[\w.]+( \* 2)?", lambda word: f"'{word[0]}'", plain)
    assert quoted.startswith("'network': {'inputs': {'data': ['2', 'n']}")
    assert lines(load(plain)) == lines(load(quoted)) == lines(load(quoted.replace("'", '"')))


def test_anchors_stand_for_what_they_name(load):
    network = load("network: {inputs: {A: &size [2, 3], B: *size}, graph: {out: A + B}}")
    assert shapes(network) == {"A": (2, 3), "B": (2, 3), "out_output": (2, 3)}


def test_words_that_yaml_takes_for_something_else_are_texts(load):
    network = load("network: {inputs: {data: [no, 010]}, graph: {on: relu(data), null: on * 1e-3}}")
    assert shapes(network)["null_output"] == ("no", 10)
    assert lines(network)[1] == "null = _mul_scalar(on, scalar=0.001)"


def test_a_name_that_is_a_word_of_python_is_refused(load):
    with pytest.raises(SpecError, match="'class' is no name"):
        load("network: {inputs: {data: [2]}, graph: {class: relu(data), out: data * 1}}")
