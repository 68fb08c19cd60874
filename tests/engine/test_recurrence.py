"""Recurrent layers of the engine, against the interpreter."""

import numpy as np
import pytest

import symcli as mx
from symcli import engine
from tests.engine.compare import check

DATA = mx.sym.Variable("data")


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (16, 16), (17, 33), (5, 100), (200, 31)])
def test_transpose(rows, columns):
    x = np.random.default_rng(0).standard_normal((rows, columns + 3)).astype(np.float32)
    y = np.full((columns, rows + 2), 7, np.float32)
    engine.transpose.transpose(x, y, rows, columns, columns + 3, rows + 2)
    np.testing.assert_array_equal(y[:, :rows], x[:, :columns].T)
    assert (y[:, rows:] == 7).all()


@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize("states", [False, True])
@pytest.mark.parametrize("mode", ["lstm", "gru", "rnn_tanh", "rnn_relu"])
@pytest.mark.parametrize(("t", "n", "c", "h", "layers"), [(1, 1, 1, 1, 1), (3, 5, 7, 18, 2), (4, 9, 33, 40, 1)])
def test_recurrent_layers(mode, t, n, c, h, layers, states, grad_req):
    symbol = mx.sym.RNN(DATA, state_size=h, num_layers=layers, mode=mode, state_outputs=states, name="rnn")
    engine_ = check(symbol, None, grad_req, rtol=1e-4, data=(t, n, c))
    assert engine_._lowered


def test_dropout_between_layers_draws_the_same_numbers():
    symbol = mx.sym.RNN(DATA, state_size=20, num_layers=3, mode="lstm", p=0.4, name="rnn")
    check(symbol, ["Recurrent"], data=(3, 4, 6))
    check(symbol, ["Recurrent"], train=False, grad_req="null", data=(3, 4, 6))


def test_fixed_states_need_no_gradient():
    symbol = mx.sym.RNN(DATA, state_size=20, num_layers=2, mode="lstm", name="rnn")
    check(symbol, ["Recurrent"], {"rnn_parameters": "write"}, data=(3, 4, 6))


@pytest.mark.parametrize("parameters", [
    {"bidirectional": True}, {"lstm_state_clip_min": -1.0, "lstm_state_clip_max": 1.0}, {"use_sequence_length": True},
])  # fmt: skip
def test_what_it_does_not_know_stays_plain(parameters):
    symbol = mx.sym.RNN(DATA, state_size=5, num_layers=1, mode="lstm", name="rnn", **parameters)
    executor = symbol.simple_bind(mx.cpu(), data=(2, 3, 4))
    assert executor._lowered is None
