"""Loops and branches in graphs, written so that MXNet 1.9.1 and symcli both run them.

``PYTHONPATH=. MXNET_PYTHON -m tests.executor.control_flow_programs`` records what MXNet makes of them: the symbol JSON,
outputs and gradients, as ``recorded_control_flow.json``.
"""

import json
from pathlib import Path

import numpy as np

RECORDED = Path(__file__).parent / "recorded_control_flow.json"


def foreach_with_weights(mx):
    data, state, scale = (mx.sym.var(name) for name in ("data", "state", "scale"))
    doubled = scale * 2  # made outside, cut off

    def body(row, states):
        hidden = mx.sym.FullyConnected(row, num_hidden=3, name="fc")  # its weight becomes an input of the loop
        return [hidden + states[0] * doubled, row], [hidden + states[0]]

    outputs, states = mx.sym.contrib.foreach(body, data, [state])
    shapes = {"data": (4, 2, 5), "state": (2, 3), "fc_weight": (3, 5), "fc_bias": (3,), "scale": (2, 3)}
    return mx.sym.Group(outputs + states), shapes


def foreach_of_states_alone(mx):
    _, states = mx.sym.contrib.foreach(
        lambda row, states: ([], [states[0] * states[1] + row, states[0]]), mx.sym.var("data"),
        [mx.sym.var("a"), mx.sym.var("b")])  # fmt: skip
    return mx.sym.Group([states[0], states[1]]), {"data": (3, 2), "a": (2,), "b": (2,)}


def foreach_over_two_in_lists(mx):
    rows, states = [mx.sym.var("x"), mx.sym.var("y")], [[mx.sym.var("s")], mx.sym.var("t")]

    def body(row, states):
        (s,), t = states
        made = mx.sym.tanh(row[0] * s) + t
        return [[made], row[1] * 2], [[made], mx.sym.broadcast_mul(t, row[1])]

    (stacked, twice), ((last,), t) = mx.sym.contrib.foreach(body, rows, states)
    return mx.sym.Group([stacked[0], twice, last, t]), {"x": (3, 2, 2), "y": (3, 1), "s": (2, 2), "t": (2, 2)}


def foreach_over_numbers(mx):
    outputs, state = mx.sym.contrib.foreach(
        lambda row, state: (row * state, state + row), mx.sym.var("data"), mx.sym.var("s")
    )
    return mx.sym.broadcast_add(mx.sym.exp(outputs * 0.1), state), {"data": (4,), "s": (1,)}


def foreach_with_an_output_of_several(mx):
    parts = mx.sym.split(mx.sym.var("data"), 2, axis=1, name="parts")
    outputs, state = mx.sym.contrib.foreach(lambda row, state: (row + state, state), parts[0], mx.sym.var("s"))
    return mx.sym.Group([outputs, state]), {"data": (3, 4), "s": (2,)}


def foreach_of_a_cell(mx):
    cell = mx.rnn.LSTMCell(3, prefix="lstm_")
    states = [mx.sym.var("h"), mx.sym.var("c")]
    outputs, states = mx.sym.contrib.foreach(lambda row, states: cell(row, states), mx.sym.var("data"), states)
    shapes = {"data": (5, 2, 4), "h": (2, 3), "c": (2, 3), "lstm_i2h_weight": (12, 4), "lstm_i2h_bias": (12,),
              "lstm_h2h_weight": (12, 3), "lstm_h2h_bias": (12,)}  # fmt: skip
    return mx.sym.Group([outputs, *states]), shapes


def while_with_a_free_variable(mx):
    i, total, scale = (mx.sym.var(name) for name in ("i", "total", "scale"))
    outputs, variables = mx.sym.contrib.while_loop(
        lambda i, total: i <= 0.7, lambda i, total: ([i + total * scale], [i + 0.25, total + i]), [i, total],
        max_iterations=6)  # fmt: skip
    return mx.sym.Group([mx.sym.slice_axis(outputs[0], axis=0, begin=0, end=2), *variables]), {
        "i": (1,), "total": (1,), "scale": (1,)}  # fmt: skip


def while_to_the_last_step(mx):
    outputs, x = mx.sym.contrib.while_loop(
        lambda x: mx.sym.sum(x) < 100, lambda x: (mx.sym.sin(x), x * 1.5), mx.sym.var("x"), max_iterations=4
    )
    return mx.sym.Group([outputs, x]), {"x": (2, 2)}


def branch_taken(mx):
    a, b = mx.sym.var("a"), mx.sym.var("b")
    return mx.sym.contrib.cond(a * b < 5, lambda: (a + 5) * (b + 5), lambda: (a - 5) * (b - 5)), {"a": (1,), "b": (1,)}


def branch_left(mx):
    a, b, w = mx.sym.var("a"), mx.sym.var("b"), mx.sym.var("w")

    def otherwise():
        return [mx.sym.square(a), mx.sym.FullyConnected(b, w, num_hidden=2, no_bias=True)]

    outputs = mx.sym.contrib.cond(mx.sym.sum(a) > 50, lambda: [a + 5, b * w], otherwise)
    return mx.sym.Group(outputs), {"a": (2, 2), "b": (2, 2), "w": (2, 2)}


PROGRAMS = (
    foreach_with_weights, foreach_of_states_alone, foreach_over_two_in_lists, foreach_over_numbers,
    foreach_with_an_output_of_several, foreach_of_a_cell, while_with_a_free_variable, while_to_the_last_step,
    branch_taken, branch_left,
)  # fmt: skip


def numbers(shape, place):
    """Return the array of the ``place``-th argument."""
    return (np.cos(np.arange(np.prod(shape)) * 1.7 + place) * 0.5).reshape(shape).astype(np.float32)


def run(mx, symbol, shapes, goes_back=True):
    """Return outputs, and gradients if wanted, for arrays and heads of known numbers."""
    names = symbol.list_arguments()
    arrays = {name: mx.nd.array(numbers(shapes[name], i)) for i, name in enumerate(names)}
    grads = {name: mx.nd.zeros(shapes[name]) for name in names} if goes_back else {}
    executor = symbol.bind(mx.cpu(), arrays, grads or None)
    outputs = executor.forward(is_train=goes_back)
    if goes_back:
        executor.backward([mx.nd.array(numbers(one.shape, 50 + i)) for i, one in enumerate(outputs)])
    return [one.asnumpy() for one in outputs], {name: one.asnumpy() for name, one in grads.items()}


def main():
    import mxnet as mx

    found = {}
    for program in PROGRAMS:
        with mx.name.NameManager():
            symbol, shapes = program(mx)
        try:
            outputs, grads = run(mx, symbol, shapes)
        except mx.MXNetError:  # it cannot go back through some of them
            outputs, grads = run(mx, symbol, shapes, False)
        found[program.__name__] = {
            "symbol": symbol.tojson(), "arguments": symbol.list_arguments(), "outputs": symbol.list_outputs(),
            "values": [one.tolist() for one in outputs], "gradients": {k: v.tolist() for k, v in grads.items()},
        }  # fmt: skip
    RECORDED.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
