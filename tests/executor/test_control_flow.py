"""Loops and branches in graphs against MXNet 1.9.1, and what they refuse."""

import json

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError, ShapeError
from tests.executor import control_flow_programs as programs

RECORDED = json.loads(programs.RECORDED.read_text())
MODES = ("engine", "replay", "interpreter")


@pytest.mark.parametrize("program", programs.PROGRAMS, ids=lambda one: one.__name__)
def test_the_json_is_mxnets(program):
    recorded = RECORDED[program.__name__]
    with mx.name.NameManager():
        symbol, _ = program(mx)
    assert symbol.list_arguments() == recorded["arguments"]
    assert symbol.list_outputs() == recorded["outputs"]
    assert _unnumbered(symbol.tojson()) == _unnumbered(recorded["symbol"])
    assert mx.sym.load_json(recorded["symbol"]).tojson() == recorded["symbol"]


def _unnumbered(text):
    """Subgraphs are numbered through a whole process."""
    document = json.loads(text)

    def walk(graph):
        for node in graph["nodes"]:
            node.get("attrs", {}).pop("__subgraph_name__", None)
            node.get("attrs") or node.pop("attrs", None)
            for inner in node.get("subgraphs", ()):
                walk(inner)

    walk(document)
    return document


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("program", programs.PROGRAMS, ids=lambda one: one.__name__)
def test_outputs_and_gradients_are_mxnets(program, mode, monkeypatch):
    monkeypatch.setenv("SYMCLI_EXECUTOR", mode)
    recorded = RECORDED[program.__name__]
    _, shapes = program(mx)
    outputs, grads = programs.run(mx, mx.sym.load_json(recorded["symbol"]), shapes)
    for found, needed in zip(outputs, recorded["values"], strict=True):
        np.testing.assert_allclose(found, needed, 1e-5, 1e-6)
    for name, needed in recorded["gradients"].items():
        np.testing.assert_allclose(grads[name], needed, 1e-5, 1e-6, err_msg=name)


def _difference_quotient(symbol, arrays, name, heads, step=1e-3):
    def value(array):
        outputs = symbol.bind(mx.cpu(), {**arrays, name: array}, grad_req="null").forward(is_train=True)
        return sum(float((one.asnumpy() * head.asnumpy()).sum()) for one, head in zip(outputs, heads, strict=True))

    at = arrays[name].asnumpy()
    quotients = np.zeros(at.shape)
    for place in np.ndindex(at.shape):
        ends = []
        for sign in (1, -1):
            moved = at.copy()
            moved[place] += sign * step
            ends.append(value(mx.nd.array(moved, dtype="float64")))
        quotients[place] = (ends[0] - ends[1]) / (2 * step)
    return quotients


def _nested():
    scale = mx.sym.var("scale")

    def inner(number, states):
        return number * scale, [states[0] + mx.sym.sin(number)]

    def outer(row, states):
        sums, states = mx.sym.contrib.foreach(inner, row, states)
        chosen = mx.sym.contrib.cond(mx.sym.sum(row) > 0, lambda: sums * 2, lambda: mx.sym.square(sums))
        return chosen, states

    outputs, states = mx.sym.contrib.foreach(outer, mx.sym.var("data"), [mx.sym.var("first")])
    return mx.sym.Group([outputs, *states]), {"data": (3, 2, 2), "first": (2,), "scale": (2,)}


def _parts():
    program = programs.foreach_with_an_output_of_several
    return program(mx)


@pytest.mark.parametrize("make", [_nested, _parts])
def test_gradients_where_mxnet_has_none_are_difference_quotients(make):
    symbol, shapes = make()
    names = symbol.list_arguments()
    arrays = {name: mx.nd.array(programs.numbers(shapes[name], i), dtype="float64") for i, name in enumerate(names)}
    grads = {name: mx.nd.zeros(shapes[name], dtype="float64") for name in names}
    executor = symbol.bind(mx.cpu(), arrays, grads)
    heads = [mx.nd.array(programs.numbers(one.shape, 50), dtype="float64") for one in executor.forward(is_train=True)]
    executor.backward(heads)
    for name in names:
        np.testing.assert_allclose(grads[name].asnumpy(), _difference_quotient(symbol, arrays, name, heads), 1e-5, 1e-6)
    assert mx.sym.load_json(symbol.tojson()).tojson() == symbol.tojson()


def test_each_step_draws_its_own_numbers_and_backward_the_same_ones():
    outputs, state = mx.sym.contrib.foreach(
        lambda row, state: (mx.sym.Dropout(row, p=0.5), state), mx.sym.var("data"), mx.sym.var("s"))  # fmt: skip
    executor = mx.sym.Group([outputs, state]).simple_bind(mx.cpu(), data=(4, 64), s=(1,))
    executor.arg_dict["data"][:] = 1
    drawn = set()
    for _ in range(2):
        dropped = executor.forward(is_train=True)[0].asnumpy()
        drawn |= {row.tobytes() for row in dropped}
        executor.backward([mx.nd.ones((4, 64)), mx.nd.ones(1)])
        assert (executor.grad_dict["data"].asnumpy() == dropped).all()
    assert len(drawn) == 8


def test_batch_norm_in_a_loop_moves_its_statistics_once_a_step():
    outputs, _ = mx.sym.contrib.foreach(
        lambda row, state: (mx.sym.BatchNorm(row, name="bn", momentum=0.5), state), mx.sym.var("data"), mx.sym.var("s")
    )
    assert "bn_moving_mean" in outputs.list_arguments()  # as in MXNet, it is no auxiliary state there
    executor = outputs.simple_bind(mx.cpu(), data=(2, 3, 1), s=(1,))
    executor.arg_dict["data"][:] = mx.nd.array([[[1], [1], [1]], [[4], [4], [4]]])
    executor.forward(is_train=True)
    executor.backward([mx.nd.ones((2, 3, 1))])
    moved = float(executor.arg_dict["bn_moving_mean"].asnumpy()[0])
    assert moved in ((0 * 0.5 + 1 * 0.5) * 0.5 + 4 * 0.5, (0 * 0.5 + 4 * 0.5) * 0.5 + 1 * 0.5)


def test_a_symbol_block_records_loops():
    data, state = mx.sym.var("data"), mx.sym.var("state")
    outputs, last = mx.sym.contrib.foreach(lambda row, state: (row * state, state + row), data, state)
    block = mx.gluon.SymbolBlock(mx.sym.Group([outputs, last]), [data, state])
    rows, first = mx.nd.arange(6).reshape((3, 2)), mx.nd.ones(2)
    rows.attach_grad()
    with mx.autograd.record():
        sums, _ = block(rows, first)
    sums.backward()
    assert sums.asnumpy().tolist() == [[0, 1], [2, 6], [12, 25]]
    assert rows.grad.asnumpy().tolist() == [[1 + 2 + 4, 1 + 3 + 5], [1 + 4, 2 + 5], [3, 5]]


def test_gradients_add_up_and_shapes_are_told_both_ways():
    symbol, shapes = programs.foreach_with_weights(mx)
    arguments, outputs, _ = symbol.infer_shape(data=(4, 2, 5), state=(2, 3))
    assert dict(zip(symbol.list_arguments(), arguments, strict=True)) == shapes
    assert outputs == [(4, 2, 3), (4, 2, 5), (2, 3)]
    partly = symbol.infer_shape_partial(data=(0, 2, 5))[0]
    assert dict(zip(symbol.list_arguments(), partly, strict=True)) == {**shapes, "data": (0, 2, 5)}
    arrays = {name: mx.nd.array(programs.numbers(shape, 3)) for name, shape in shapes.items()}
    found = []
    for request in ("write", "add"):
        grads = {name: mx.nd.ones(shape) for name, shape in shapes.items()}
        executor = symbol.bind(mx.cpu(), arrays, grads, request)
        executor.forward(is_train=True)
        executor.backward([mx.nd.ones(one.shape) for one in executor.outputs])
        found.append(grads)
    for name in shapes:
        np.testing.assert_allclose(found[1][name].asnumpy(), found[0][name].asnumpy() + 1, 1e-5)
    with pytest.raises(ShapeError, match="_foreach"):
        symbol.infer_shape(data=(4, 2, 5), state=(2, 4))


def test_a_loop_counts_what_its_steps_compute():
    symbol, _ = programs.foreach_with_weights(mx)
    inputs = [(4, 2, 5), (2, 3), (3, 5), (3,), (2, 3)]
    dense, elements = 2 * (2 * 3 * 5), 3 * (2 * 3)  # of a step: the product of matrices; two sums and a product
    assert symbol._heads[0][0].op.flops(inputs, [(4, 2, 3), (4, 2, 5), (2, 3)]) == 4 * (dense + elements)


def test_what_cannot_be_a_loop_is_refused_in_words():
    data, state, other = (mx.sym.var(name) for name in ("data", "state", "other"))
    contrib = mx.sym.contrib
    with pytest.raises(ValueError, match="body does not use the state 'state-0'"):
        contrib.foreach(lambda row, state: (row, row), data, state)
    with pytest.raises(ValueError, match="needs the form of init_states"):
        contrib.foreach(lambda row, state: (row, [state]), data, state)
    with pytest.raises(MXNetError, match="data is a int; needs a Symbol"):
        contrib.foreach(lambda row, state: (row, state), 3, state)
    with pytest.raises(ValueError, match="max_iterations is missing"):
        contrib.while_loop(lambda i: i < 3, lambda i: (i, i + 1), data)
    with pytest.raises(ValueError, match="loop_vars is empty"):
        contrib.while_loop(lambda: data, lambda: (data, []), [], max_iterations=3)
    with pytest.raises(ValueError, match="returned 1 variables; loop_vars has 2"):
        contrib.while_loop(lambda i, t: i < 3, lambda i, t: (i, [i + 1]), [data, state], max_iterations=3)
    with pytest.raises(ValueError, match="does not use the variable 'state'"):
        contrib.while_loop(lambda i, t: i < 3, lambda i, t: (i, [i + 1, i]), [data, state], max_iterations=3)
    with pytest.raises(ValueError, match="then_func returned 2 outputs, else_func 1"):
        contrib.cond(data < 5, lambda: [data, other], lambda: [other])
    branch = contrib.cond(data < 5, lambda: data, lambda: other)
    with pytest.raises(MXNetError, match=r"_cond: the condition is \(2,\); needs one number"):
        branch.eval(data=mx.nd.ones(2), other=mx.nd.ones(2))
    document = json.loads(branch.tojson())
    document["nodes"][-1]["subgraphs"][1]["nodes"][-1]["op"] = "_mystery"
    with pytest.raises(MXNetError, match="unknown operators: _mystery"):
        mx.sym.load_json(json.dumps(document))
    del document["nodes"][-1]["subgraphs"][1:]
    with pytest.raises(MXNetError, match="_cond has 1 subgraphs; needs the condition, the branch"):
        mx.sym.load_json(json.dumps(document))
