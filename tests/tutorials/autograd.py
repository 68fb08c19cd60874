"""The programs of MXNet's autograd tutorial; each function returns what the program shows."""

import numpy as np

import symcli as mx
from symcli import autograd, nd


def gradient():
    """The gradient of f(x) = 2 x²."""
    x = nd.array([[1, 2], [3, 4]])
    x.attach_grad()
    with autograd.record():
        y = 2 * x**2
    y.backward()
    return x.grad


def control_flow():
    """The gradient through Python's own loops and branches: doubled until it is long, then half of it."""

    def f(a):
        b = a * 2
        while (nd.norm(b) < 1000).asscalar():
            b = b * 2
        return b[0:1] if (mx.nd.sum(b) >= 0).asscalar() else b[1:2]

    a = nd.array([-0.5, 1.5])
    a.attach_grad()
    with autograd.record():
        c = f(a)
    c.backward()
    return c, a.grad


def head_gradient():
    """The gradient of a vector, weighted by that of what comes after it."""
    x = nd.array([1, 2, 3])
    x.attach_grad()
    with autograd.record():
        y = x * 2
        z = y * x
    z.backward(nd.array([10, 1, 0.1]))
    return x.grad


def accumulation():
    """Gradients that add up over batches, and the reset between."""
    w = nd.array([1, 2])
    w.attach_grad(grad_req="add")
    seen = []
    for batch in ([3, 4], [5, 6]):
        with autograd.record():
            loss = (w * nd.array(batch)).sum()
        loss.backward()
        seen.append(w.grad.asnumpy())
    w.grad[:] = 0
    return [*seen, w.grad.asnumpy()]


def modes():
    """Dropout in the three modes: shares of elements that are kept."""
    mx.random.seed(0)
    x = nd.ones((100, 100))
    kept = [(nd.Dropout(x, p=0.5) != 0).mean().asscalar()]
    with autograd.record():
        kept.append((nd.Dropout(x, p=0.5) != 0).mean().asscalar())
        with autograd.predict_mode():
            kept.append((nd.Dropout(x, p=0.5) != 0).mean().asscalar())
    return kept


class Clamp(autograd.Function):
    """A function whose gradient is not that of its operators: it lets all gradients through."""

    def forward(self, x):
        return nd.clip(x, 0, 1)

    def backward(self, dy):
        return dy


def straight_through():
    x = nd.array([-1, 0.5, 2])
    x.attach_grad()
    with autograd.record():
        y = Clamp()(x) * 3
    y.backward()
    return y, x.grad


def linear_regression(steps=100):
    """Weights found by gradient descent."""
    rng = np.random.RandomState(0)
    data = nd.array(rng.normal(size=(100, 2)))
    label = nd.dot(data, nd.array([[2], [-3.4]])) + 4.2
    w, b = nd.zeros((2, 1)), nd.zeros(1)
    for parameter in (w, b):
        parameter.attach_grad()
    for _ in range(steps):
        with autograd.record():
            loss = ((nd.dot(data, w) + b - label) ** 2).mean()
        loss.backward()
        for parameter in (w, b):
            parameter -= 0.1 * parameter.grad
    return w, b
