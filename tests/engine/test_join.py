"""Concat along the channels in the engine, against the interpreter."""

import pytest

import symcli as mx
from tests.engine.compare import check, lowered


def branch(name, filters):
    return mx.sym.Convolution(mx.sym.Variable(name), num_filter=filters, kernel=(3, 3), pad=(1, 1))


@pytest.mark.parametrize("grad_req", ["write", "add"])
def test_channels(grad_req):
    shared = branch("data", 3)
    symbol = mx.sym.Concat(shared, branch("other", 5), mx.sym.Variable("plain"), shared, dim=1)
    names = ["ToPlanes", "Block", "ToPlanes", "Block", "ToPlanes", "JoinedChannels", "FromPlanes"]
    assert lowered(check(symbol, None, grad_req, data=(2, 2, 7, 5), other=(2, 3, 7, 5), plain=(2, 1, 7, 5))) == names


def test_one_image_axis():
    symbol = mx.sym.Concat(
        mx.sym.Variable("a"), mx.sym.Pooling(mx.sym.Variable("b"), kernel=(3,), stride=(1,), pad=(1,))
    )
    assert "JoinedChannels" in lowered(check(symbol + 0, a=(2, 3, 7), b=(2, 4, 7)))


def test_plain_values_and_other_axes():
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    check(mx.sym.Concat(a, b, dim=1), ["JoinedPlain"], a=(2, 3, 4, 5), b=(2, 1, 4, 5))
    check(mx.sym.Concat(a, b, dim=2), [], a=(2, 3, 4, 5), b=(2, 3, 1, 5))
