"""Graphs whose shapes hang on the data, as MXNet 1.9.1 binds them: by arrays, not by shapes."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError


def masked():
    rows = mx.sym.contrib.boolean_mask(mx.sym.Variable("data"), mx.sym.Variable("index"))
    return mx.sym.broadcast_mul(mx.sym.square(rows), mx.sym.Variable("weight"), name="out")


def arrays():
    return {
        "data": mx.nd.array([[1, 2], [3, 4], [5, 6]]),
        "index": mx.nd.array([1, 0, 1]),
        "weight": mx.nd.array([[1, 10]]),
    }


def test_a_mask_takes_rows_forward_and_backward():
    given, grads = arrays(), {"data": mx.nd.ones((3, 2)), "weight": mx.nd.ones((1, 2))}
    executor = masked().bind(mx.cpu(), given, grads, {"data": "add", "weight": "write", "index": "null"})
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == [[1, 40], [25, 360]]
    executor.backward(mx.nd.ones((2, 2)))
    assert grads["data"].asnumpy().tolist() == [[3, 41], [1, 1], [11, 121]]
    assert grads["weight"].asnumpy().tolist() == [[26, 40]]
    one = executor.forward(index=mx.nd.array([0, 1, 0]))[0]
    assert one.asnumpy().tolist() == executor.output_dict["out_output"].asnumpy().tolist() == [[9, 160]]


def test_shapes_are_told_as_far_as_they_are_known():
    symbol = mx.sym.contrib.boolean_mask(mx.sym.Variable("data"), mx.sym.Variable("index"))
    assert symbol.infer_shape_partial(data=(3, 2)) == ([(3, 2), (3,)], [(0, 2)], [])
    with pytest.warns(UserWarning, match="not all shapes"):
        assert symbol.infer_shape(data=(3, 2), index=(3,)) == (None, None, None)
    assert mx.sym.load_json(symbol.tojson()).tojson() == symbol.tojson()
    with pytest.raises(MXNetError, match=r"hang on the data; make the arrays and use bind\(\)"):
        symbol.simple_bind(mx.cpu(), data=(3, 2), index=(3,))
    executor = symbol.bind(mx.cpu(), {"data": mx.nd.ones((3, 2)), "index": mx.nd.ones(3)})
    with pytest.raises(MXNetError, match="bind it again"):
        executor.reshape(data=(4, 2))
    with pytest.raises(MXNetError, match="forward has not run"):
        executor.backward(mx.nd.ones((3, 2)))
    with pytest.raises(MXNetError, match="axis=0 only"):
        mx.sym.contrib.boolean_mask(mx.sym.Variable("data"), mx.sym.Variable("index"), axis=1)


def test_a_symbol_block_masks():
    given = arrays()
    names = [mx.sym.Variable(name) for name in given]
    block = mx.gluon.SymbolBlock(masked(), names)
    given["data"].attach_grad()
    plain = block(*given.values())
    with mx.autograd.record():
        recorded = block(*given.values())
    recorded.backward()
    assert plain.asnumpy().tolist() == recorded.asnumpy().tolist() == [[1, 40], [25, 360]]
    assert np.array_equal(given["data"].grad.asnumpy(), [[2, 40], [0, 0], [10, 120]])
