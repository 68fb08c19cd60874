"""Loops and branches over arrays as MXNet 1.9.1's ``nd.contrib`` has them, with gradients."""

import numpy as np
import pytest

import symcli as mx
from symcli import nd
from symcli.errors import MXNetError, ShapeError


def test_foreach_stacks_outputs_and_hands_on_states():
    data, start = nd.arange(6).reshape((3, 2)), nd.ones(2)
    data.attach_grad()
    with mx.autograd.record():
        sums, last = nd.contrib.foreach(lambda row, state: (row * state, state + row), data, start)
    sums.backward()
    assert sums.asnumpy().tolist() == [[0, 1], [2, 6], [12, 25]]
    assert last.asnumpy().tolist() == [7, 10]
    # y0 = x0, y1 = x1 (1 + x0), y2 = x2 (1 + x0 + x1)
    assert data.grad.asnumpy().tolist() == [[1 + 2 + 4, 1 + 3 + 5], [1 + 4, 2 + 5], [3, 5]]


def test_foreach_keeps_the_form_of_lists():
    rows, states = [nd.ones((2, 3)), nd.zeros((2, 1))], [nd.zeros(3)]
    outputs, last = nd.contrib.foreach(lambda one, state: ([one[0], [one[1]]], [state[0] + one[0]]), rows, states)
    assert outputs[0].shape == (2, 3) and outputs[1][0].shape == (2, 1)
    assert last[0].asnumpy().tolist() == [2, 2, 2]


def test_while_loop_pads_to_the_largest_number_of_iterations():
    outputs, (i, total) = nd.contrib.while_loop(
        lambda i, total: i <= 3, lambda i, total: ([i + total], [i + 1, i + total]), [nd.array([1]), nd.array([0])],
        max_iterations=5)  # fmt: skip
    assert outputs[0].asnumpy().tolist() == [[1], [3], [6], [0], [0]]
    assert (i.asscalar(), total.asscalar()) == (4, 6)


def test_while_loop_refuses_what_it_cannot_run():
    one = nd.array([1])
    with pytest.raises(ValueError, match="max_iterations is missing"):
        nd.contrib.while_loop(lambda i: i < 2, lambda i: (i, i), one)
    with pytest.raises(ValueError, match="loop_vars is empty"):
        nd.contrib.while_loop(lambda: one, lambda: (one, []), [], max_iterations=1)
    with pytest.raises(ValueError, match="func returned 2 variables; loop_vars has 1"):
        nd.contrib.while_loop(lambda i: i < 2, lambda i: (i, [i, i]), one, max_iterations=1)


def test_cond_runs_one_branch():
    a, b = nd.array([1]), nd.array([2])
    assert nd.contrib.cond(a * b < 5, lambda: a + b, lambda: a - b).asscalar() == 3
    assert nd.contrib.cond(a * b > 5, lambda: a + b, lambda: a - b).asscalar() == -1


def test_boolean_mask_takes_rows_and_spreads_their_gradient():
    data = nd.arange(6).reshape((3, 2))
    data.attach_grad()
    with mx.autograd.record():
        rows = nd.contrib.boolean_mask(data, nd.array([1, 0, 2]))
    rows.backward()
    assert rows.asnumpy().tolist() == [[0, 1], [4, 5]]
    assert data.grad.asnumpy().tolist() == [[1, 1], [0, 0], [1, 1]]
    with pytest.raises(ShapeError, match="index is \\(2,\\); needs \\(3,\\)"):
        nd.contrib.boolean_mask(data, nd.array([1, 0]))
    with pytest.raises(MXNetError, match="axis=0 only"):
        nd.contrib.boolean_mask(data, nd.ones(2), axis=1)


def test_histogram_counts_by_number_or_by_edges():
    data = nd.array([0, 0.25, 0.5, 0.5, 1, 1.5, -0.25])
    counts, edges = nd.histogram(data, 4, (0, 1))
    assert counts.dtype == np.int64 and counts.asnumpy().tolist() == [1, 1, 2, 1]
    assert edges.asnumpy().tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert nd.histogram(data, 2)[1].asnumpy().tolist() == [-0.25, 0.625, 1.5]
    assert nd.histogram(data, nd.array([0, 0.5, 1]))[0].asnumpy().tolist() == [2, 3]
