"""Drawings: names with signs that mean something in Mermaid or DOT, outputs by number, parameters shown."""

import re

import symcli as mx
from symcli.graph.drawing import Box, Drawing, Line, dot, draw, mermaid
from symcli.graph.roles import roles

NASTY = 'a"b\\c<br>&amp;#35;`x`;|{}]%%$\nend'


def drawn(symbol, shapes=None, variables=False):
    known = shapes or {}
    return draw("net", symbol._heads, lambda entry: known.get(entry[0].name), roles(symbol._heads), variables)


def test_mermaid_text_has_no_sign_that_means_something_there():
    text = mermaid(Drawing("net", [Box(0, NASTY, "other", (NASTY,), False)], []))
    line = text.splitlines()[1]
    (shown,) = re.fullmatch(r'    n0\["(.*)"\]:::other', line).groups()
    assert re.fullmatch(r"(#\d+;|[\w \]])*", shown)
    assert re.sub(r"#(\d+);", lambda code: chr(int(code[1])), shown) == NASTY.replace("\n", " ")


def test_dot_text_is_quoted():
    text = dot(Drawing('"n"', [Box(0, NASTY, "other", (NASTY, "second"), False)], [Line(0, 0, '"')]))
    assert text.startswith('digraph "\\"n\\"" {\n')
    assert '[label="a\\"b\\\\c<br>&amp;amp;#35;`x`;|{}]%%$ end\\nsecond", ' in text
    assert '    n0 -> n0 [label=" \\""];\n' in text


def test_parameters_are_those_that_differ_from_their_defaults():
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3,), num_filter=4, stride=(1,), pad=(0,), no_bias=True,
                             layout="NCW", name="conv")  # fmt: skip
    net = mx.sym.Pooling(net, kernel=(2,), name="pool")
    net = mx.sym.Reshape(net, shape=tuple(range(1, 30)), name="long")
    boxes = {box.name: box.lines for box in drawn(net).boxes}
    assert boxes["conv"] == ("conv", "Convolution", "kernel 3, num_filter 4, layout NCW")
    assert boxes["pool"] == ("pool", "Pooling max", "kernel 2")
    assert len(boxes["long"][2]) == len("shape ") + 40 and boxes["long"][2].endswith("…")


def test_several_outputs_of_a_node_are_told_apart():
    a, b = mx.sym.SliceChannel(mx.sym.Variable("data"), num_outputs=2, name="cut")
    drawing = drawn(b - a, {"cut": (2, 3)})
    assert [line.text for line in drawing.lines] == ["", "[1] 2×3", "[0] 2×3"]


def test_kinds_follow_the_operators_families():
    net = mx.sym.relu(mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn"), name="relu")
    net = mx.sym.MakeLoss(mx.sym.Flatten(net, name="flat"), name="loss")
    kinds = {box.name: box.kind for box in drawn(net, variables=True).boxes}
    assert kinds == {
        "data": "input", "bn_gamma": "variable", "bn_beta": "variable", "bn_moving_mean": "variable",
        "bn_moving_var": "variable", "bn": "normalisation", "relu": "activation", "flat": "other", "loss": "loss",
    }  # fmt: skip


def test_parameter_that_is_an_output_is_drawn():
    drawing = drawn(mx.sym.Variable("fc_weight"))
    assert [box.name for box in drawing.boxes] == ["fc_weight"]


def test_node_used_twice_has_two_arrows():
    a = mx.sym.Variable("a")
    assert [(line.source, line.target) for line in drawn(a * a).lines] == [(0, 1), (0, 1)]
