"""autograd.grad: gradients as new arrays."""

import numpy as np
import pytest

from symcli import autograd, nd
from symcli.errors import MXNetError


def variable(grad_req="write"):
    x = nd.array([1, 2, 3])
    x.attach_grad(grad_req)
    return x


def test_gradients_are_new_arrays_and_always_a_list():
    x, w = variable("add"), variable()
    with autograd.record():
        y = x * x * w
    (gx,) = autograd.grad(y, x, retain_graph=True)
    np.testing.assert_array_equal(gx.asnumpy(), [2, 8, 18])
    gw, gx = autograd.grad([y], [w, x], [nd.array([1, 2, 3])])
    np.testing.assert_array_equal(gx.asnumpy(), [2, 16, 54])
    np.testing.assert_array_equal(gw.asnumpy(), [1, 8, 27])
    assert not x.grad.asnumpy().any() and not w.grad.asnumpy().any()
    with pytest.raises(MXNetError, match="retain_graph=True"):
        autograd.grad(y, x)


@pytest.mark.parametrize(
    ("choose", "error", "message"),
    [
        (lambda x, c, y: y, MXNetError, "variable 1 has no gradient"),
        (lambda x, c, y: [x, c], MXNetError, "variable 2 has no gradient"),
        (lambda x, c, y: variable("null"), MXNetError, "variable 1 has no gradient"),
        (lambda x, c, y: variable(), MXNetError, "do not depend on variable 1"),
        (lambda x, c, y: [], MXNetError, "no variables"),
        (lambda x, c, y: 3, TypeError, "a variable is a int"),
    ],
)
def test_what_is_no_variable_of_the_graph_is_an_error(choose, error, message):
    x, c = variable(), nd.ones(3)
    with autograd.record():
        y = x * c
        z = y * 2
    with pytest.raises(error, match=message):
        autograd.grad(z, choose(x, c, y))


def test_gradients_of_gradients_are_refused():
    x = variable()
    with autograd.record():
        y = x * x
        with pytest.raises(MXNetError, match="gradients of gradients"):
            autograd.grad(y, x, create_graph=True)
