"""RNN beyond its rows: projection, types, shapes, what a file counts; lengths of sequences."""

import json

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError
from tests.naive.rnn import rnn
from tests.naive.twin import Run

X = mx.sym.Variable("x")


def bound(**parameters):
    symbol = mx.sym.RNN(X, state_size=3, name="r", state_outputs=True, **parameters)
    executor = symbol.simple_bind(mx.cpu(), x=(4, 2, 5))
    rng = np.random.RandomState(0)
    for array in executor.arg_dict.values():
        array[:] = mx.nd.array(rng.uniform(-1, 1, array.shape))
    return symbol, executor


@pytest.mark.parametrize("replays", [True, False])
@pytest.mark.parametrize("both", [False, True])
def test_projection_predicts(both, replays):
    symbol, executor = bound(mode="lstm", num_layers=2, projection_size=2, bidirectional=both)
    executor.mode = "replay" if replays else "interpreter"
    got = executor.forward(is_train=False)
    inputs = {name.removeprefix("r_"): array.asnumpy() for name, array in executor.arg_dict.items()}
    op = symbol._heads[0][0].op
    for output, want in zip(got, rnn(op, {"data": inputs.pop("x"), **inputs}, Run(False, None, 0)), strict=True):
        np.testing.assert_allclose(output.asnumpy(), want, 1e-5, 1e-6)


@pytest.mark.parametrize("mode, train", [("lstm", True), ("gru", False)])
def test_projection_is_refused_where_mxnet_has_none(mode, train):
    _, executor = bound(mode=mode, num_layers=1, projection_size=2)
    with pytest.raises(MXNetError, match=f"projection_size=2 with mode={mode}; works for prediction"):
        executor.forward(is_train=train)


def test_json_counts_the_outputs_of_mxnet():
    symbol = mx.sym.RNN(X, state_size=3, num_layers=1, mode="lstm", state_outputs=True)
    assert json.loads(symbol.tojson())["node_row_ptr"] == [0, 1, 2, 3, 4, 7]


def test_length_has_a_type_of_its_own():
    symbol = mx.sym.RNN(X, state_size=3, num_layers=1, mode="gru", use_sequence_length=True, name="r")
    types, outputs, _ = symbol.infer_type(x="float64", r_sequence_length="int32")
    assert [np.dtype(one).name for one in types] == ["float64", "float64", "float64", "int32"]
    assert [np.dtype(one).name for one in outputs] == ["float64"]


def test_shapes_tell_what_data_tells():
    symbol = mx.sym.RNN(X, state_size=3, num_layers=2, mode="lstm", bidirectional=True, name="r")
    assert symbol.infer_shape_partial(x=(5, 0, 4))[0] == [(5, 0, 4), (480,), (4, 0, 3), (4, 0, 3)]
    with pytest.raises(MXNetError, match="needs 3 axes"):
        symbol.infer_shape(x=(5, 4))


def test_batch_flows_from_data_to_states_of_unknown_size():
    begin = mx.sym.zeros((1, 0, 3))
    symbol = mx.sym.RNN(X, state=begin, state_size=3, num_layers=1, mode="gru")
    assert symbol.infer_shape(x=(5, 2, 4))[1] == [(5, 2, 3)]


def test_what_stands_behind_the_end_changes_nothing():
    symbol = mx.sym.RNN(
        X, state_size=3, num_layers=2, mode="lstm", bidirectional=True, use_sequence_length=True, name="r"
    )
    executor = symbol.simple_bind(mx.cpu(), x=(4, 2, 5))
    rng = np.random.RandomState(0)
    executor.arg_dict["r_parameters"][:] = mx.nd.array(rng.randn(*executor.arg_dict["r_parameters"].shape))
    executor.arg_dict["r_sequence_length"][:] = mx.nd.array([2, 4])
    data, results = rng.randn(4, 2, 5), []
    for behind in (0.0, np.nan):
        data[2:, 0] = behind
        executor.arg_dict["x"][:] = mx.nd.array(data)
        output = executor.forward(is_train=True)[0]
        executor.backward([mx.nd.ones(output.shape)])
        results.append([output.asnumpy(), executor.grad_dict["r_state"].asnumpy()])
        assert (results[-1][0][2:, 0] == 0).all() and (executor.grad_dict["x"].asnumpy()[2:, 0] == 0).all()
    for first, second in zip(*results, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("replays", [True, False])
def test_nan_of_a_cell_is_clipped_only_if_asked(replays):
    for drops in (False, True):
        symbol = mx.sym.RNN(X, state_size=1, num_layers=1, mode="lstm", state_outputs=True, lstm_state_clip_min=-0.5,
                            lstm_state_clip_max=0.5, lstm_state_clip_nan=drops, name="r")  # fmt: skip
        executor = symbol.simple_bind(mx.cpu(), x=(1, 1, 1))
        executor.mode = "replay" if replays else "interpreter"
        executor.arg_dict["r_state_cell"][:] = mx.nd.array([[[np.nan]]])
        cell = executor.forward()[2].asnumpy()
        assert cell == -0.5 if drops else np.isnan(cell)
