"""Chains and calls: what flows, what they are named, what operators are given."""

from tests.spec.looks import lines, shapes


def test_items_follow_each_other_and_the_last_bears_the_key(load):
    network = load("""
network:
  inputs: {data: [2, 3]}
  graph:
    out:
      - FullyConnected: {num_hidden: 4, no_bias: true}
      - relu
      - Activation: tanh
      - FullyConnected: {name: fc, num_hidden: 4, no_bias: true}
      - relu
      - _ * 2 + 1
      - Flatten
""")
    assert lines(network) == [
        "out_fullyconnected0 = FullyConnected(data, out_fullyconnected0_weight, num_hidden=4, no_bias=True)",
        "out_relu0 = relu(out_fullyconnected0)",
        "out_activation0 = Activation(out_relu0, act_type=tanh)",
        "fc = FullyConnected(out_activation0, fc_weight, num_hidden=4, no_bias=True)",
        "out_relu1 = relu(fc)",
        "out_mulscalar0 = _mul_scalar(out_relu1, scalar=2)",
        "out_plusscalar0 = _plus_scalar(out_mulscalar0, scalar=1)",
        "out = Flatten(out_plusscalar0)",
    ]


def test_the_first_item_takes_data_or_what_it_is_given(load):
    graph = '{a: [relu, tanh], b: [other, tanh], c: [{relu: {data: other}}], out: "Concat(a, b, c)"}'
    made = lines(load("network: {inputs: {data: [2], other: [2]}, graph: " + graph + "}"))
    assert made[:4] == ["a_relu0 = relu(data)", "a = tanh(a_relu0)", "b = tanh(other)", "c = relu(other)"]


def test_inserting_an_item_renames_no_other_entry(load):
    def names(graph):
        network = load("network: {inputs: {data: [2, 4]}, graph: {" + graph + "}, outputs: b}")
        return {*network.symbol.list_arguments(), *(line.split(" ")[0] for line in lines(network))}

    b = "b: [{relu: {data: a}}, {FullyConnected: {num_hidden: 4}}, tanh]"
    before = names("a: [relu, tanh], " + b)
    assert before < names("a: [relu, sigmoid, relu, tanh], " + b)
    x = "x: [{tanh: {data: a}}, {FullyConnected: {num_hidden: 4}}]"
    assert before < names(f"a: [relu, tanh], {x}, " + b.replace("data: a", "data: x"))


def test_a_named_item_is_a_node_like_any_other(load):
    network = load("""
network:
  inputs: {data: [2, 4]}
  graph:
    out: [{FullyConnected: {name: fc, num_hidden: 4}}, relu, _ + fc]
    feature: {relu: {data: fc}}
  outputs: [out, feature, fc]
""")
    assert lines(network)[1:] == ["out_relu0 = relu(fc)", "out = elemwise_add(out_relu0, fc)", "feature = relu(fc)"]
    assert network.symbol.list_outputs() == ["out_output", "feature_output", "fc_output"]


def test_what_comes_in_may_stand_in_the_inputs_of_a_call(load):
    graph = "graph: {out: [relu, {Concat: {data: [_, data, _ + 1], dim: 0}}]}"
    network = load("network: {inputs: {data: [2, 4]}, " + graph + "}")
    assert lines(network)[-1] == "out = Concat(out_relu0, data, out_plusscalar0, dim=0)"
    assert shapes(network)["out_output"] == (6, 4)


def test_one_text_or_list_is_the_first_parameter(load):
    graph = "graph: {out: [{Activation: relu}, {Reshape: [3, 2]}, {Dropout: 0.3}]}"
    network = load("network: {inputs: {data: [2, 3]}, " + graph + "}")
    assert [line.partition("(")[2].split(", ", 1)[1] for line in lines(network)] == [
        "act_type=relu)", "shape=(3, 2))", "p=0.3)"]  # fmt: skip


def test_several_outputs_are_picked_by_number(load):
    network = load("""
network:
  inputs: {data: [2, 4]}
  graph:
    halves: {SliceChannel: {num_outputs: 2}}
    out: halves[1] - halves[0]
    all: {Concat: {data: halves}}
  outputs: [out, halves, all]
""")
    assert lines(network)[1:] == ["out = elemwise_sub(halves[1], halves[0])", "all = Concat(halves[0], halves[1])"]
    assert network.symbol.list_outputs() == ["out_output", "halves_output0", "halves_output1", "all_output"]


def test_an_operator_without_inputs_needs_nothing_to_come_in(load):
    network = load("network: {inputs: {data: [2, 3]}, graph: {ones: {_ones: {shape: [2, 3]}}, out: data + ones}}")
    assert lines(network) == ["ones = _ones(shape=(2, 3))", "out = elemwise_add(data, ones)"]


def test_attributes_are_kept_with_their_underscores(load):
    network = load("network: {inputs: {data: [2]}, graph: {out: {relu: {attr: {__mood__: happy, lr_mult: 2}}}}}")
    assert (network.symbol.attr("__mood__"), network.symbol.attr("__lr_mult__")) == ("happy", "2")


def test_lstm_and_gru_are_recurrent_layers_of_their_mode(load):
    network = load("""
network:
  inputs: {data: [5, batch, 3]}
  graph:
    out: [{LSTM: {state_size: 4, num_layers: 2}}, {GRU: {state_size: 2, num_layers: 1}}]
""")
    assert lines(network) == [
        "out_lstm0 = RNN(data, out_lstm0_parameters, out_lstm0_state, out_lstm0_state_cell, "
        "mode=lstm, state_size=4, num_layers=2)",
        "out = RNN(out_lstm0, out_parameters, out_state, mode=gru, state_size=2, num_layers=1)",
    ]
    assert shapes(network)["out_output"] == (5, "batch", 2)
