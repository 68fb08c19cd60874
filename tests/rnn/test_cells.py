"""Cells of mx.rnn: names, states, sharing, weights; a whole sequence against the same cells step by step."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError

X = mx.sym.Variable("x")
STEPS, SAMPLES, INPUTS, UNITS = 4, 3, 5, 2


def run(symbol, data, weights, train=False):
    """Return the outputs of a symbol of x, and its executor."""
    executor = symbol.simple_bind(mx.cpu(), x=data.shape)
    for name, array in {"x": mx.nd.array(data), **weights}.items():
        executor.arg_dict[name][:] = array
    return [output.asnumpy() for output in executor.forward(is_train=train)], executor


def fused(mode, both, layers=2, **kwargs):
    cell = mx.rnn.FusedRNNCell(UNITS, layers, mode, bidirectional=both, prefix="f_", **kwargs)
    rng = np.random.RandomState(0)
    outputs, states = cell.unroll(STEPS, X, layout="TNC", merge_outputs=True)
    size = outputs.infer_shape(x=(STEPS, SAMPLES, INPUTS))[0][1][0]
    data = rng.uniform(-1, 1, (STEPS, SAMPLES, INPUTS)).astype(np.float32)
    return cell, outputs, states, data, {"f_parameters": mx.nd.array(rng.uniform(-1, 1, size))}


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("mode", ["rnn_tanh", "rnn_relu", "lstm", "gru"])
def test_whole_sequence_equals_cells_step_by_step(mode, both):
    cell, outputs, _, data, weights = fused(mode, both)
    stack = cell.unfuse()
    unrolled, _ = stack.unroll(STEPS, X, layout="TNC", merge_outputs=True)
    (whole,), first = run(outputs, data, weights, train=True)
    single = stack.pack_weights(cell.unpack_weights(weights))
    (stepped,), second = run(unrolled, data, single, train=True)
    np.testing.assert_allclose(whole, stepped, 1e-5, 1e-6)
    for executor in (first, second):
        executor.backward([mx.nd.array(np.cos(np.arange(whole.size).reshape(whole.shape)))])
    np.testing.assert_allclose(first.grad_dict["x"].asnumpy(), second.grad_dict["x"].asnumpy(), 1e-4, 1e-5)
    gradients = {name: grad for name, grad in second.grad_dict.items() if name in single}
    joined = cell.pack_weights(stack.unpack_weights(gradients))["f_parameters"]
    np.testing.assert_allclose(first.grad_dict["f_parameters"].asnumpy(), joined.asnumpy(), 1e-4, 1e-5)


@pytest.mark.parametrize("mode, count", [("lstm", 2), ("gru", 1)])
def test_next_state_goes_on_where_a_sequence_ended(mode, count):
    cell, outputs, states, data, weights = fused(mode, both=False, get_next_state=True)
    assert len(states) == count
    (whole, *_), _ = run(mx.sym.Group([outputs, *states]), data, weights)
    begin = cell.begin_state(func=mx.sym.Variable)
    halves, after = cell.unroll(STEPS // 2, X, begin, "TNC", True)
    symbol = mx.sym.Group([halves, *after])
    zeros = {state.name: mx.nd.zeros((2, SAMPLES, UNITS)) for state in begin}
    (first, *carried), _ = run(symbol, data[: STEPS // 2], {**weights, **zeros})
    given = {state.name: mx.nd.array(array) for state, array in zip(begin, carried, strict=True)}
    (second, *_), _ = run(symbol, data[STEPS // 2 :], {**weights, **given})
    np.testing.assert_allclose(np.concatenate([first, second]), whole, 1e-5, 1e-6)


@pytest.mark.parametrize("mode", ["rnn_relu", "lstm", "gru"])
def test_weights_packed_again_are_the_same(mode):
    cell, _, _, _, weights = fused(mode, both=True)
    again = cell.pack_weights(cell.unpack_weights(weights))
    np.testing.assert_array_equal(again["f_parameters"].asnumpy(), weights["f_parameters"].asnumpy())
    assert list(again) == ["f_parameters"]


def test_unpacked_names_are_those_of_gates():
    cell, _, _, _, weights = fused("gru", both=True, layers=1)
    names = cell.unpack_weights(weights)
    assert "f_r0_h2h_z_bias" in names and names["f_l0_i2h_o_weight"].shape == (UNITS, INPUTS)


def test_missing_weight_is_named():
    with pytest.raises(MXNetError, match=r"pack_weights: there is no 'lstm_i2h_f_weight'; did you mean"):
        mx.rnn.LSTMCell(2).pack_weights({"lstm_i2h_i_weight": mx.nd.zeros((2, 2)), "lstm_i2h_g_weight": None})


def test_vector_of_wrong_size_is_told():
    with pytest.raises(MXNetError, match="has 7 elements; 1 layers of 2 units, mode=gru, need 30, and 6 for each"):
        mx.rnn.FusedRNNCell(2, mode="gru").unpack_weights({"gru_parameters": mx.nd.zeros((7,))})


def test_cells_with_one_params_share_their_variables():
    params = mx.rnn.RNNParams("both_")
    stack = mx.rnn.SequentialRNNCell()
    for prefix in ("a_", "b_"):
        stack.add(mx.rnn.RNNCell(3, prefix=prefix, params=params))
    outputs, _ = stack.unroll(2, X, merge_outputs=True)
    assert outputs.list_arguments() == ["x", *(f"both_{g}_{k}" for g in ("i2h", "h2h") for k in ("weight", "bias"))]


def test_params_given_twice_are_told():
    stack = mx.rnn.SequentialRNNCell(params=mx.rnn.RNNParams("s_"))
    with pytest.raises(MXNetError, match="give one of them"):
        stack.add(mx.rnn.GRUCell(2, params=mx.rnn.RNNParams("g_")))


def test_state_info_of_a_stack_is_that_of_its_cells():
    stack = mx.rnn.SequentialRNNCell()
    for cell in (mx.rnn.LSTMCell(3), mx.rnn.DropoutCell(0.5), mx.rnn.GRUCell(2)):
        stack.add(cell)
    assert stack.state_shape == [(0, 3), (0, 3), (0, 2)]


def test_step_by_step_calls_equal_unroll():
    def names(outputs):
        return mx.sym.Group(outputs).get_internals().list_outputs()

    cell = mx.rnn.LSTMCell(2)
    steps = [mx.sym.Variable(f"x{t}") for t in range(3)]
    with mx.name.NameManager():
        states, outputs = cell.begin_state(), []
        for step in steps:
            output, states = cell(step, states)
            outputs.append(output)
        by_hand = names(outputs)
    with mx.name.NameManager():
        assert names(cell.unroll(3, steps)[0]) == by_hand


def test_zoneout_in_prediction_is_the_cell_itself(monkeypatch):
    data = np.random.RandomState(0).randn(SAMPLES, STEPS, INPUTS).astype(np.float32)
    plain, _ = mx.rnn.RNNCell(INPUTS).unroll(STEPS, X, merge_outputs=True)
    zoned, _ = mx.rnn.ZoneoutCell(mx.rnn.RNNCell(INPUTS), 0.3, 0.3).unroll(STEPS, X, merge_outputs=True)
    weights = {name: mx.nd.array(np.sin(np.arange(np.prod(shape)).reshape(shape)))
               for name, shape in zip(plain.list_arguments(), plain.infer_shape(x=data.shape)[0], strict=True)
               if name != "x"}  # fmt: skip
    np.testing.assert_allclose(run(zoned, data, weights)[0][0], run(plain, data, weights)[0][0], 1e-5, 1e-6)
    monkeypatch.setenv("SYMCLI_EXECUTOR", "interpreter")  # where neither is joined to one operator: bit for bit
    np.testing.assert_array_equal(run(zoned, data, weights)[0][0], run(plain, data, weights)[0][0])


def test_residual_adds_the_input():
    data = np.random.RandomState(0).randn(SAMPLES, STEPS, UNITS).astype(np.float32)
    outputs, _ = mx.rnn.ResidualCell(mx.rnn.RNNCell(UNITS)).unroll(STEPS, X, merge_outputs=True)
    np.testing.assert_array_equal(run(outputs, data, {})[0][0], data)  # all weights are 0


@pytest.mark.parametrize("call, message", [
    (lambda: mx.rnn.FusedRNNCell(2)(X, []), "no single steps; use unroll"),
    (lambda: mx.rnn.FusedRNNCell(2, mode="lst"), "there is no mode='lst'"),
    (lambda: mx.rnn.LSTMCell(2).unroll(3, None), "inputs is None"),
    (lambda: mx.rnn.LSTMCell(2).unroll(3, [X]), "inputs has 1 steps; needs length=3"),
    (lambda: mx.rnn.LSTMCell(2).unroll(2, mx.sym.Group([X, X])), "a group of 2"),
    (lambda: mx.rnn.LSTMCell(2).unroll(2, X, layout="NC"), "has no axis of time"),
    (lambda: mx.rnn.ZoneoutCell(mx.rnn.FusedRNNCell(2)), "unfuse"),
    (lambda: mx.rnn.ZoneoutCell(mx.rnn.BidirectionalCell(mx.rnn.GRUCell(2), mx.rnn.GRUCell(2))), "its two cells"),
    (lambda: mx.rnn.DropoutCell("half"), "dropout='half'; needs a probability"),
])  # fmt: skip
def test_wrong_use_says_what_is_needed(call, message):
    with pytest.raises(MXNetError, match=message):
        call()


def test_cell_inside_a_modifier_is_not_called_itself():
    cell = mx.rnn.LSTMCell(2)
    outer = mx.rnn.ZoneoutCell(cell)
    assert len(outer.begin_state()) == 2
    with pytest.raises(MXNetError, match="part of a modifier"):
        cell.begin_state()
