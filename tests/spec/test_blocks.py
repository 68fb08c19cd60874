"""Blocks: inputs, params, results, names, repetition, scope."""

import pytest

from symcli.errors import SpecError
from tests.spec.looks import lines, shapes

DENSE = """
network:
  inputs: {data: [2, 8]}
  blocks:
    dense:
      params: {units: required, act: relu, half: "${units // 2}"}
      graph:
        first: FullyConnected(data, num_hidden=half)
        out: [{FullyConnected: {name: fc, data: first, num_hidden: $units}}, {Activation: $act}]
  graph:
"""


def names(network):
    return [line.split(" ")[0] for line in lines(network)]


def test_the_result_is_named_as_the_call_and_the_rest_below_it(load):
    network = load(DENSE + "    a: {dense: {units: 4}}\n")
    assert lines(network) == [
        "a_first = FullyConnected(data, a_first_weight, a_first_bias, num_hidden=2)",
        "a_fc = FullyConnected(a_first, a_fc_weight, a_fc_bias, num_hidden=4)",
        "a = Activation(a_fc, act_type=relu)",
    ]


def test_calls_in_chains_and_expressions_are_named_by_their_entry(load):
    chain = "    a: [{dense: {units: 4}}, {dense: {units: 6, act: tanh}}]\n"
    network = load(DENSE + chain + "    b: tanh(dense(a, units=2)) + 1\n")
    assert names(network) == ["a_dense0_first", "a_dense0_fc", "a_dense0", "a_first", "a_fc", "a",
                              "b_dense0_first", "b_dense0_fc", "b_dense0", "b_tanh0", "b"]  # fmt: skip


def test_a_name_in_a_call_of_a_block_names_its_result(load):
    network = load(DENSE + "    a: [{dense: {name: head, units: 4}}, relu]\n    out: a + head\n")
    assert names(network) == ["head_first", "head_fc", "head", "a", "out"]


@pytest.mark.parametrize("repeat", [0, 1, 3])
def test_repeat(load, repeat):
    network = load(DENSE + f"    a: {{dense: {{units: 8, repeat: {repeat}}}}}\n    out: a + 1\n")
    calls = [name for name in names(network) if not name.endswith(("_first", "_fc"))]
    assert calls == [*(f"a_{i}" for i in range(repeat)), "out"]
    last = f"a_{repeat - 1}" if repeat else "data"
    assert lines(network)[-1] == f"out = _plus_scalar({last}, scalar=1)"


def test_repeat_in_an_expression_and_by_a_number_of_the_file(load):
    network = load("vars: {depth: 2}" + DENSE + "    a: dense(data, units=8, repeat=depth + 1)\n")
    assert network.symbol.list_outputs() == ["a_2_output"]


def test_blocks_call_blocks(load):
    network = load("""
network:
  inputs: {data: [2, 8]}
  blocks:
    twice: {params: {units: required}, graph: {out: [{one: {units: $units}}, {one: {units: "${2 * units}"}}]}}
    one: {params: {units: required}, graph: {fc: "FullyConnected(data, num_hidden=units)", out: relu(fc)}}
  graph:
    a: {twice: {units: 3, repeat: 2}}
""")
    assert names(network) == ["a_0_out_one0_fc", "a_0_out_one0", "a_0_fc", "a_0",
                              "a_1_out_one0_fc", "a_1_out_one0", "a_1_fc", "a_1"]  # fmt: skip
    assert shapes(network)["a_1_output"] == (2, 6)


def test_a_result_that_is_an_alias_makes_no_node(load):
    network = load("""
network:
  inputs: {data: [2, 8]}
  blocks:
    maybe: {params: {active: required}, graph: {out: tanh(data) if active else data}}
  graph: {a: "maybe(data, active=1)", b: {maybe: {data: a, active: false}}, out: relu(b)}
""")
    assert lines(network) == ["a = tanh(data)", "out = relu(a)"]


def test_inputs_by_order_by_name_and_by_flow(load):
    text = """
network:
  inputs: {data: [2, 8], other: [2, 8]}
  blocks: {join: {inputs: [left, right], graph: {diff: left - right}}}
  graph: {a: %s}
"""
    for call in ('"join(data, other)"', '"join(right=other, left=data)"', "{join: {left: data, right: other}}",
                 "{join: {right: other}}", "[data, {join: {right: other}}]"):  # fmt: skip
        assert lines(load(text % call)) == ["a = elemwise_sub(data, other)"]


def test_several_outputs_are_picked_by_number(load):
    network = load("""
network:
  inputs: {data: [2, 8]}
  blocks: {split: {graph: {a: relu(data), b: tanh(data)}, outputs: [b, a]}}
  graph: {parts: split(data), out: "parts[0] - parts[1]"}
""")
    assert lines(network) == ["parts_b = tanh(data)", "parts_a = relu(data)", "out = elemwise_sub(parts_b, parts_a)"]


def test_a_block_sees_vars_but_no_outer_node(load):
    text = """
vars: {n: 3}
network:
  inputs: {data: [2, 8]}
  blocks: {b: {graph: {out: "FullyConnected(data, num_hidden=n)"}}}
  graph: {stem: relu(data), out: b(stem)}
"""
    assert shapes(load(text))["out_output"] == (2, 3)
    with pytest.raises(SpecError, match="the name 'stem' is not defined"):
        load(text.replace("FullyConnected(data, num_hidden=n)", "data + stem"))


def test_a_param_hides_a_var_of_its_name(load):
    network = load("""
vars: {n: 3}
network:
  inputs: {data: [2, 8]}
  blocks: {b: {params: {n: required}, graph: {out: "FullyConnected(data, num_hidden=n)"}}}
  graph: {out: "b(data, n=5)"}
""")
    assert shapes(network)["out_output"] == (2, 5)


def test_lists_are_passed_to_blocks(load):
    network = load("""
network:
  inputs: {data: [2, 8]}
  blocks:
    pair:
      params: {units: [4, 4]}
      graph:
        a: FullyConnected(data, num_hidden=units[0])
        out: {FullyConnected: {data: a, num_hidden: "${units[1]}"}}
    resize: {params: {shape: required}, graph: {out: {Reshape: {shape: $shape}}}}
  graph: {a: {pair: {units: [3, 6]}}, out: {resize: {data: a, shape: [3, 4]}}}
""")
    assert shapes(network)["out_output"] == (3, 4)
