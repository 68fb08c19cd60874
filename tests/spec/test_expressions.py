"""Expressions: what nodes they make, and how these are named."""

import pytest

from tests.spec.looks import lines, shapes

TWO = "network: {inputs: {A: [4, 4], B: [4, 4]}, graph: {out: '%s'}}"


@pytest.mark.parametrize("expression, made", [
    ("A + B", ["out = elemwise_add(A, B)"]),
    ("A - B", ["out = elemwise_sub(A, B)"]),
    ("A * B", ["out = elemwise_mul(A, B)"]),
    ("A / B", ["out = elemwise_div(A, B)"]),
    ("A % B", ["out = _mod(A, B)"]),
    ("A ** B", ["out = _power(A, B)"]),
    ("A == B", ["out = _equal(A, B)"]),
    ("A != B", ["out = _not_equal(A, B)"]),
    ("A > B", ["out = _greater(A, B)"]),
    ("A >= B", ["out = _greater_equal(A, B)"]),
    ("A < B", ["out = _lesser(A, B)"]),
    ("A <= B", ["out = _lesser_equal(A, B)"]),
    ("A + 1", ["out = _plus_scalar(A, scalar=1)"]),
    ("1 + A", ["out = _plus_scalar(A, scalar=1)"]),
    ("1 - A", ["out = _rminus_scalar(A, scalar=1)"]),
    ("2.5 / A", ["out = _rdiv_scalar(A, scalar=2.5)"]),
    ("2 ** A", ["out = _rpower_scalar(A, scalar=2)"]),
    ("7 % A", ["out = _rmod_scalar(A, scalar=7)"]),
    ("1 < A", ["out = _greater_scalar(A, scalar=1)"]),
    ("1 >= A", ["out = _lesser_equal_scalar(A, scalar=1)"]),
    ("-A", ["out = _mul_scalar(A, scalar=-1.0)"]),
    ("A * -2", ["out = _mul_scalar(A, scalar=-2)"]),
    ("A * (2 + 3 * 4)", ["out = _mul_scalar(A, scalar=14)"]),
    ("relu(A)", ["out = relu(A)"]),
    ("clip(A, a_min=0, a_max=6)", ["out = clip(A, a_min=0, a_max=6)"]),
    ("Activation(A, act_type=relu)", ["out = Activation(A, act_type=relu)"]),
    ("sum(A, axis=(0, 1))", ["out = sum(A, axis=(0, 1))"]),
    ("elemwise_add(rhs=A, lhs=B)", ["out = elemwise_add(B, A)"]),
    ("Concat(A, B, dim=0)", ["out = Concat(A, B, dim=0)"]),
    ("SliceChannel(A, num_outputs=2)[1]", ["out_slicechannel0 = SliceChannel(A, num_outputs=2)"]),
    ("A if 2 > 1 else nonsense(A)", []),
    ("B + A if 1 > 2 or not 1 == 1 else A + B", ["out = elemwise_add(A, B)"]),
])  # fmt: skip
def test_expression_makes_nodes(load, expression, made):
    assert lines(load(TWO % expression)) == made


def test_the_outermost_bears_the_key_and_the_others_are_counted(load):
    network = load(TWO % "relu((A + B) * (A - 1) + relu(A + B) / 2)")
    assert lines(network) == [
        "out_plus0 = elemwise_add(A, B)",
        "out_minusscalar0 = _minus_scalar(A, scalar=1)",
        "out_mul0 = elemwise_mul(out_plus0, out_minusscalar0)",
        "out_plus1 = elemwise_add(A, B)",
        "out_relu0 = relu(out_plus1)",
        "out_divscalar0 = _div_scalar(out_relu0, scalar=2)",
        "out_plus2 = elemwise_add(out_mul0, out_divscalar0)",
        "out = relu(out_plus2)",
    ]


def test_a_name_alone_is_an_alias_and_makes_no_node(load):
    network = load("network: {inputs: {A: [2]}, graph: {b: A, c: b, out: c + 1}}")
    assert lines(network) == ["out = _plus_scalar(A, scalar=1)"]


def test_names_may_be_used_before_they_stand(load):
    network = load("network: {inputs: {A: [2]}, graph: {out: c + b, c: b * 2, b: A + 1}}")
    assert lines(network) == [
        "b = _plus_scalar(A, scalar=1)", "c = _mul_scalar(b, scalar=2)", "out = elemwise_add(c, b)"]  # fmt: skip


def test_a_choice_is_made_on_loading(load):
    graph = "graph: {b: relu(A), out: b + 1 if deep else A + 1}, outputs: out"
    text = "{vars: {deep: %s}, network: {inputs: {A: [2]}, " + graph + "}}"
    assert lines(load(text % "true")) == ["b = relu(A)", "out = _plus_scalar(b, scalar=1)"]
    assert lines(load(text % "false")) == ["out = _plus_scalar(A, scalar=1)"]


def test_a_cycle_through_what_is_not_chosen_is_none(load):
    text = "{vars: {loop: 0}, network: {inputs: {A: [2]}, graph: {b: out if loop else A, out: relu(b)}}}"
    assert lines(load(text)) == ["out = relu(A)"]


def test_numbers_are_calculated(load):
    text = "{vars: {w: 8}, network: {inputs: {A: [2, 3]}, graph: {out: 'FullyConnected(A, num_hidden=%s)'}}}"
    for code, size in (("w", 8), ("w // 3", 2), ("w % 3 + 1", 3), ("max(w, 9)", 9), ("min(w, 9)", 8), ("abs(-w)", 8),
                       ("round(w / 3)", 3), ("int(w * 1.2)", 9), ("w if w > 4 else 4", 8), ("2 ** 3 ** 1", 8),
                       ("(1, 2, 5)[2]", 5)):  # fmt: skip
        assert shapes(load(text % code))["out_output"] == (2, size)


def test_a_bare_word_is_a_text_for_a_parameter_even_if_a_node_bears_it(load):
    network = load("network: {inputs: {A: [2]}, graph: {tanh: 'Activation(A, act_type=tanh)'}}")
    assert lines(network) == ["tanh = Activation(A, act_type=tanh)"]


def test_operators_and_nodes_are_two_namespaces(load):
    network = load("network: {inputs: {A: [2]}, graph: {relu: relu(A), out: relu(relu)}}")
    assert lines(network) == ["relu = relu(A)", "out = relu(relu)"]


def test_expressions_may_stand_on_several_lines(load):
    network = load("""
network:
  inputs: {A: [2], B: [2]}
  graph:
    out: |
      relu(A +
           B)
    two: >
      A +
      B
  outputs: [out, two]
""")
    assert lines(network) == [
        "out_plus0 = elemwise_add(A, B)", "out = relu(out_plus0)", "two = elemwise_add(A, B)"]  # fmt: skip


def test_contrib_operators_need_no_prefix(load):
    network = load("network: {inputs: {data: [1, 8, 4, 4]}, graph: {out: 'MultiBoxPrior(data, sizes=(0.5, 0.2))'}}")
    assert lines(network) == ["out = _contrib_MultiBoxPrior(data, sizes=(0.5, 0.2))"]
