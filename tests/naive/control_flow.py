"""Loops and branches: the graphs of ``tests/ops/rows_control_flow.py`` once more, as Python runs them."""

import numpy as np

from tests.naive.twin import twin


@twin("_foreach")
def foreach(op, inputs, run):
    rows, state, weight = inputs.values()
    outputs = []
    for x in rows:
        outputs.append(np.tanh(x * weight + state))
        state = outputs[-1] * x
    return [np.stack(outputs), state]


@twin("_while_loop")
def while_loop(op, inputs, run):
    i, x, weight = inputs.values()
    stacked = np.zeros((op.max_iterations, *x.shape))
    for step in range(op.max_iterations):
        if not i[0] < 2.5:
            break
        stacked[step] = x * weight
        i, x = i + 1, np.sin(x + weight)
    return [stacked, i, x]


@twin("_cond")
def cond(op, inputs, run):
    a, b, c, p = inputs.values()
    return [a * b if p[0] > 0 else np.exp(a) - c]
