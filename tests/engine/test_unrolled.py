"""Recurrent cells spelt out step by step become one operator for each layer, and compute what the interpreter does."""

import pytest

import symcli as mx
from tests.engine.compare import check, lowered

DATA = mx.sym.Variable("data")
CELLS = {
    "lstm": mx.rnn.LSTMCell,
    "gru": mx.rnn.GRUCell,
    "rnn_tanh": mx.rnn.RNNCell,
    "rnn_relu": lambda *args, **kwargs: mx.rnn.RNNCell(*args, activation="relu", **kwargs),
}
each_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)


def layers(executor):
    return lowered(executor).count("Unrolled")


@each_cell
@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize("states", [False, True])
def test_a_layer(cell, grad_req, states):
    outputs, last = cell(18, prefix="a_").unroll(4, DATA, merge_outputs=True)
    symbol = mx.sym.Group([outputs, *last]) if states else outputs
    assert layers(check(symbol, None, grad_req, data=(5, 4, 7))) == 1


@each_cell
def test_layers_above_one_another_with_dropout_between(cell):
    stack = mx.rnn.SequentialRNNCell()
    for i in range(3):
        stack.add(cell(17, prefix=f"l{i}_"))
        stack.add(mx.rnn.DropoutCell(0.3, prefix=f"d{i}_"))
    outputs, _ = stack.unroll(3, DATA, layout="TNC", merge_outputs=True)
    assert layers(check(outputs, data=(3, 2, 6))) == 3
    assert layers(check(outputs, None, "null", train=False, data=(3, 2, 6))) == 3


@each_cell
def test_states_that_are_given_have_gradients(cell):
    one = cell(9, prefix="a_")
    begin = [mx.sym.Variable(f"state{i}") for i in range(len(one.state_info))]
    outputs, _ = one.unroll(3, DATA, begin_state=begin, merge_outputs=True)
    shapes = {f"state{i}": (2, 9) for i in range(len(begin))}
    assert layers(check(outputs, data=(2, 3, 4), **shapes)) == 1


@each_cell
@pytest.mark.parametrize("wanted", ["data", "a_h2h_weight", "a_i2h_bias"])
def test_one_gradient_alone(cell, wanted):
    outputs, _ = cell(9, prefix="a_").unroll(3, DATA, merge_outputs=True)
    assert layers(check(outputs, None, {wanted: "write"}, data=(2, 3, 4))) == 1


@each_cell
def test_the_last_output_alone(cell):
    outputs, _ = cell(9, prefix="a_").unroll(5, DATA, merge_outputs=False)
    assert layers(check(outputs[-1], data=(2, 5, 4))) == 1


def test_the_last_cell_alone():
    _, (_, cell) = mx.rnn.LSTMCell(9, prefix="a_").unroll(3, DATA)
    check(cell, data=(2, 3, 4))


@each_cell
def test_two_sequences_through_one_cell(cell):
    one = cell(9, prefix="a_")
    first, states = one.unroll(3, DATA, merge_outputs=True)
    second, _ = one.unroll(2, mx.sym.Variable("more"), begin_state=states, merge_outputs=True)
    symbol = mx.sym.Group([first, second])
    assert layers(check(symbol, data=(2, 3, 4), more=(2, 2, 4))) == 1  # the second goes on where the first ends


def test_both_directions():
    both = mx.rnn.BidirectionalCell(mx.rnn.LSTMCell(5, prefix="l_"), mx.rnn.GRUCell(6, prefix="r_"))
    outputs, _ = both.unroll(4, DATA, merge_outputs=True)
    assert layers(check(outputs, data=(3, 4, 7))) == 2


@each_cell
def test_an_output_that_is_the_next_input_leaves_steps_as_they_are(cell):
    one, x = cell(4, prefix="a_"), DATA
    states, outputs = one.begin_state(), []
    for _ in range(3):
        x, states = one(x, states)
        outputs.append(x)
    assert layers(check(mx.sym.Group(outputs), data=(2, 4))) == 0


def test_layers_that_feed_one_another_across_steps_leave_one_as_it_is():
    """Each by itself could be one operator: what one gives at step 0 the other reads at step 1, both ways."""
    first, second = mx.rnn.RNNCell(4, prefix="a_"), mx.rnn.RNNCell(4, prefix="b_")
    a0, states_a = first(DATA, first.begin_state())
    b0, states_b = second(DATA, second.begin_state())
    a1, _ = first(b0, states_a)
    b1, _ = second(a0, states_b)
    assert layers(check(mx.sym.Group([a1, b1]), data=(2, 4))) == 1


def test_a_cell_that_is_read_between_steps_leaves_them_as_they_are():
    one = mx.rnn.LSTMCell(4, prefix="a_")
    _, states = one(DATA, one.begin_state())
    h, last = one(DATA, states)
    assert layers(check(mx.sym.Group([h, states[1], last[1]]), data=(2, 4))) == 0
