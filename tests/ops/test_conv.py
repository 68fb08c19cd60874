"""Shapes of Convolution and Pooling, from every side, and their errors."""

import pytest

import symcli as mx
from symcli.errors import MXNetError

data, out = mx.sym.Variable("data"), mx.sym.Variable("out")


def shapes(symbol, **given):
    return symbol.infer_shape_partial(**given)[0]


def message(symbol_of, **given):
    with pytest.raises(MXNetError) as caught:
        symbol_of().infer_shape(**given)
    return str(caught.value)


def test_convolution_batch_and_image_flow_back_where_stride_is_1():
    conv = mx.sym.Convolution(data, kernel=(3, 3), stride=(2, 1), pad=(1, 1), num_filter=4, name="c")
    found = shapes(conv + out, data=(0, 3, 0, 0), out=(2, 4, 5, 7))
    assert found[:3] == [(2, 3, 0, 7), (4, 3, 3, 3), (4,)]


def test_convolution_leaves_unknown_what_it_cannot_tell():
    conv = mx.sym.Convolution(data, kernel=(3, 3), num_filter=4, name="c")
    assert shapes(conv, data=(2, 0, 7, 0)) == [(2, 0, 7, 0), (4, 0, 3, 3), (4,)]


@pytest.mark.parametrize("layout, rank, weight", [("NHWC", 2, (4, 3, 2, 3)), ("NDHWC", 3, (4, 3, 2, 1, 3))])
def test_convolution_weight_follows_layout(layout, rank, weight):
    conv = mx.sym.Convolution(data, kernel=(3, 2, 1)[:rank], num_filter=4, num_group=2, layout=layout, name="c")
    assert shapes(conv, data=(2, 7, 8, 9)[: rank + 1] + (6,))[1] == weight


@pytest.mark.parametrize("parameters, given, needed", [
    ({"kernel": (3, 3)}, (2, 3), "data has 2 axes; needs 4 with kernel=(3, 3)"),
    ({"kernel": (3, 3), "layout": "NCW"}, (2, 3, 7, 7), "the layout NCW"),
    ({"kernel": (3, 3), "num_group": 3}, (2, 4, 7, 7), "num_group=3 must divide both"),
    ({"kernel": (9, 3)}, (2, 4, 7, 7), "kernel of extent 9 exceeds the input of 7"),
    ({"kernel": (3, 3), "stride": (2,)}, (2, 4, 7, 7), "stride=(2,) has 1 numbers; kernel=(3, 3) needs 2"),
    ({"kernel": (1, 1, 1, 1)}, (2, 4, 7, 7), "has 4 sizes; needs 1, 2 or 3"),
])  # fmt: skip
def test_convolution_says_what_does_not_fit(parameters, given, needed):
    assert needed in message(lambda: mx.sym.Convolution(data, num_filter=4, **parameters), data=given)


@pytest.mark.parametrize("parameters, given, needed", [
    ({}, (2, 3, 7, 7), "kernel=() has 0 sizes; needs 1, 2 or 3"),
    ({"kernel": (2, 2), "pool_type": "lp"}, (2, 3, 7, 7), "give p_value=1, 2 or 3"),
    ({"global_pool": True}, (2, 3), "data has 2 axes; needs 3, 4 or 5"),
    ({"kernel": (2, 2), "pooling_convention": "same"}, (2, 3, 7, 7), "use valid or full"),
])  # fmt: skip
def test_pooling_says_what_does_not_fit(parameters, given, needed):
    assert needed in message(lambda: mx.sym.Pooling(data, **parameters), data=given)


def test_convolution_counts_its_operations():
    op = mx.sym.Convolution(data, kernel=(3, 3), num_filter=4, num_group=2, name="c")._heads[0][0].op
    assert op.flops([(1, 6, 7, 7), (4, 3, 3, 3), (4,)], [(1, 4, 5, 5)]) == 2 * 4 * 5 * 5 * 3 * 3 * 3


def test_convolution_of_many_images_takes_them_in_blocks(monkeypatch):
    conv = mx.sym.Convolution(data, kernel=(2, 2), num_filter=2, name="c")

    def run():
        bound = conv.simple_bind(mx.cpu(), data=(5, 2, 4, 4))
        for number, array in enumerate(bound.arg_arrays):
            array[:] = mx.nd.array([i * 7 % 5 - number for i in range(array.size)]).reshape(array.shape)
        bound.forward(is_train=True)
        bound.backward([mx.nd.ones(bound.outputs[0].shape)])
        return [array.asnumpy().tolist() for array in (*bound.outputs, *bound.grad_arrays)]

    whole = run()
    monkeypatch.setattr("symcli.ops.conv.BLOCK_BYTES", 2 * 8 * 9 * 4)  # two images at a time
    assert run() == whole
