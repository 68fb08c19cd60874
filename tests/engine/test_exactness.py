"""Long sums keep their digits: errors of float32 against float64, in parts of float32's epsilon.

Roots of mean squares over a whole output vary little with the numbers drawn. A sum of n terms in one register after
the other would be about 0.2 sqrt(n) off; the bounds lie below that and above what blocks of terms give.
"""

import numpy as np
import pytest

import symcli as mx

EPSILON = np.finfo(np.float32).eps


def results(symbol, mode, dtype, train, **shapes):
    """Return outputs and gradients for what a ReLU lets through, normal weights and heads."""
    sizes, outputs, _ = symbol.infer_shape(**shapes)
    random = np.random.default_rng(3)
    values = {name: random.standard_normal(size).astype(np.float32)
              for name, size in zip(symbol.list_arguments(), sizes, strict=True)}  # fmt: skip
    values["data"] = np.maximum(values["data"], 0)
    head = random.standard_normal(outputs[0]).astype(np.float32)
    executor = symbol.bind(
        mx.cpu(),
        {name: mx.nd.array(value, dtype=dtype) for name, value in values.items()},
        args_grad={name: mx.nd.zeros(value.shape, dtype=dtype) for name, value in values.items()} if train else None,
        grad_req="write" if train else "null",
    )
    executor.mode = mode
    executor.forward(is_train=train)
    if train:
        executor.backward(mx.nd.array(head, dtype=dtype))
    return [executor.outputs[0].asnumpy(), *(grad.asnumpy() for grad in executor.grad_dict.values() if train)]


def errors(symbol, train=True, **shapes):
    """Return the errors of output and gradients, in epsilons."""
    found, truth = results(symbol, "engine", "float32", train, **shapes), results(
        symbol, "interpreter", "float64", train, **shapes)  # fmt: skip
    return [float(np.sqrt(np.mean((a - b) ** 2) / np.mean(b**2)) / EPSILON) for a, b in zip(found, truth, strict=True)]


def convolution(filters, kernel=(3, 3), pad=(1, 1), **attrs):
    data = mx.sym.Variable("data")
    return mx.sym.Convolution(data, num_filter=filters, kernel=kernel, pad=pad, no_bias=True, **attrs)


@pytest.mark.parametrize(("symbol", "shape"), [
    (convolution(32), (1, 512, 14, 14)),  # 4,608 terms, 512 of a tap
    (convolution(64, (1, 1), (0, 0)), (1, 2000, 9, 9)),  # one tap of 2,000
    (convolution(300, (3, 3), stride=(2, 2)), (1, 40, 20, 20)),
], ids=["3x3", "1x1", "3x3/2"])  # fmt: skip
def test_shifted_products(symbol, shape):
    output, data, weights = errors(symbol, data=shape)
    assert max(output, data, weights) < 3


@pytest.mark.parametrize(("shape", "train", "bound"), [
    ((1, 512, 40, 40), True, 9),
    ((1, 512, 20, 20), False, 9),  # few tiles, shared by all threads
    ((1, 512, 7, 7), False, 4),  # tiles of 2x2
], ids=["large", "shared", "small"])  # fmt: skip
def test_winograd(shape, train, bound):
    """With the nodes 1 and 2, and 512 terms in registers, the first two would be 32 off."""
    assert max(errors(convolution(24), train, data=shape)) < bound


def test_winograd_of_5x5():
    assert max(errors(convolution(50, (5, 5), (0, 0)), data=(16, 20, 12, 12))) < 9
