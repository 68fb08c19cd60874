"""Functions with a gradient of their own."""

import numpy as np
import pytest

from symcli import autograd, nd
from symcli.errors import MXNetError, ShapeError


class Sigmoid(autograd.Function):
    def forward(self, x):
        y = 1 / (1 + nd.exp(-x))
        self.save_for_backward(y)
        self.mode = autograd.is_recording(), autograd.is_training()
        return y

    def backward(self, dy):
        (y,) = self.saved_tensors
        self.mode += autograd.is_recording(), autograd.is_training()
        return dy * y * (1 - y)


class Two(autograd.Function):
    def forward(self, x, w):
        return x * w, x + w

    def backward(self, product, total):
        return product * 2, total * 3


def variable(*values, grad_req="write"):
    x = nd.array(values)
    x.attach_grad(grad_req)
    return x


def test_backward_is_the_users():
    x, function = variable(0, 1), Sigmoid()
    with autograd.record():
        y = function(x * 1) * 2
    y.backward()
    np.testing.assert_allclose(y.asnumpy(), [1, 1.4621172], 1e-5)
    np.testing.assert_allclose(x.grad.asnumpy(), [0.5, 0.3932238], 1e-5)
    assert function.mode == (False, True, False, True)


def test_function_runs_unrecorded_too():
    function = Sigmoid()
    y = function(nd.zeros(2))
    np.testing.assert_array_equal(y.asnumpy(), function.saved_tensors[0].asnumpy())


def test_several_inputs_and_outputs():
    x, w = variable(1, 2, grad_req="add"), variable(3, 4)
    for heads, wanted in (([[1, 2], [3, 4]], [[2, 4], [9, 12]]), ([[1, 1], None], [[4, 6], [0, 0]])):
        with autograd.record():
            outputs = Two()(x, w)
        pairs = [(y, nd.array(head)) for y, head in zip(outputs, heads, strict=True) if head is not None]
        autograd.backward([y for y, _ in pairs], [head for _, head in pairs])
        np.testing.assert_array_equal([x.grad.asnumpy(), w.grad.asnumpy()], wanted)


def test_constant_input_needs_no_gradient():
    x, c = variable(1, 2), nd.ones(2)
    with autograd.record():
        product, _ = Two()(x, c)
    product.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [2, 2])
    assert c.grad is None


def test_graph_with_a_function_names_its_variables():
    x = variable(1, 2)
    with autograd.record():
        y = Sigmoid()(x)
    symbol = autograd.get_symbol(y)
    assert len(symbol.list_arguments()) == 1 and '"op": "_CustomFunction"' in symbol.tojson()


def test_object_is_called_once():
    function = Sigmoid()
    function(nd.zeros(2))
    with pytest.raises(MXNetError, match="Sigmoid: this object was called before"):
        function(nd.zeros(2))


class Given(autograd.Function):
    """Goes back as it is told."""

    def __init__(self, back, forth=lambda x: x * 2):
        super().__init__()
        self.back, self.forth = back, forth

    def forward(self, *inputs):
        return self.forth(*inputs)

    def backward(self, *grads):
        return self.back(*grads)


def boom(_):
    raise ValueError("boom")


@pytest.mark.parametrize(
    ("back", "error", "message"),
    [
        (lambda g: (g, g), MXNetError, "Given.backward returned 2 gradients; needs 1"),
        (lambda g: g[0:1], ShapeError, r"returned a gradient of shape \(1,\); its input is \(2,\)"),
        (lambda g: 3, TypeError, "returned a int"),
        (boom, ValueError, "boom"),
    ],
)
def test_wrong_gradients_are_errors(back, error, message):
    x = variable(1, 2)
    with autograd.record():
        y = Given(back)(x)
    with pytest.raises(error, match=message):
        y.backward()
    assert not autograd.is_recording()


def test_wrong_forwards_are_errors():
    x = variable(1, 2)
    with autograd.record():
        with pytest.raises(TypeError, match="3 is a int"):
            Given(None, lambda x, k: x * k)(x, 3)
        with pytest.raises(MXNetError, match="written while autograd records"):
            Given(None, lambda x: x)(x)
    with pytest.raises(MXNetError, match="Function has no forward"):
        autograd.Function()(x)
    with autograd.record():
        y = type("Forward", (autograd.Function,), {"forward": lambda self, x: x * 2})()(x)
    with pytest.raises(MXNetError, match="Forward has no backward"):
        y.backward()
