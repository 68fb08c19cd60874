"""What the losses add to the plain kernels: their gradients, which are no derivatives of their outputs."""

import numpy as np

from symcli.kernels.jit import function, kernel

__all__ = [
    "class_of",
    "count_above",
    "count_other",
    "difference",
    "fill_quotient",
    "hinge_grad",
    "sigmoid",
    "sign_difference",
    "softmax_output_grad",
    "squared_hinge_grad",
]

_NO_CLASS = -(2**63)


@function
def class_of(label):
    """The class that a label names, cut to an integer; of NaN none, for its cast is another on each processor."""
    return int(label) if label == label else _NO_CLASS


@kernel
def softmax_output_grad(p, label, ignored, ignore_label, alpha, scale, divisor, gx):
    """gx[i, c, j] = (p[i, c, j] - q) scale / divisor[0]; p, gx (n, k, m), label (n, m), divisor (1,).

    q is 1 - alpha for the label's class and alpha / (k - 1) for the others; a label out of range has no class.
    Where ``ignored`` is true and the label is ``ignore_label``, gx is 0.
    """
    factor = p.dtype.type(scale / divisor[0])
    hit, other = p.dtype.type(1 - alpha), p.dtype.type(alpha / max(p.shape[1] - 1, 1))
    for i in range(p.shape[0]):
        for j in range(p.shape[2]):
            target = class_of(label[i, j])
            if ignored and target == ignore_label:
                for c in range(p.shape[1]):
                    gx[i, c, j] = 0
            else:
                for c in range(p.shape[1]):
                    gx[i, c, j] = (p[i, c, j] - (hit if c == target else other)) * factor


@kernel
def count_other(label, ignore_label, count):
    """count[0] = the number of labels (n,) that are not ignore_label, at least 1."""
    found = 0
    for i in range(label.size):
        if class_of(label[i]) != ignore_label:
            found += 1
    count[0] = max(found, 1)


@kernel
def count_above(x, threshold, count):
    """count[0] = the number of entries of x (n,) above the threshold, at least 1."""
    found = 0
    for i in range(x.size):
        if x[i] > threshold:
            found += 1
    count[0] = max(found, 1)


@kernel
def fill_quotient(a, b, out):
    """out[i] = a / b[0]; b (1,)."""
    value = out.dtype.type(a / b[0])
    for i in range(out.size):
        out[i] = value


@kernel
def sigmoid(x, y):
    """y[i] = 1 / (1 + exp(-x[i])); x, y (n,). Where exp overflows, y is 0."""
    one = y.dtype.type(1)
    for i in range(x.size):
        y[i] = one / (one + np.exp(-x[i]))


@kernel
def difference(p, label, scale, out):
    """out[i] = (p[i] - label[i]) scale; all (n,)."""
    for i in range(out.size):
        out[i] = (p[i] - label[i]) * scale


@kernel
def sign_difference(p, label, scale, out):
    """out[i] = scale if p[i] > label[i], else -scale, NaN included; all (n,)."""
    for i in range(out.size):
        out[i] = scale if p[i] > label[i] else -scale


@kernel
def hinge_grad(x, label, margin, scale, gx):
    """The gradient of scale max(0, margin - s x), s = 1 for the label's class and -1 for the others.

    x, gx (n, k), label (n,).
    """
    for i in range(x.shape[0]):
        target = class_of(label[i])
        for c in range(x.shape[1]):
            if c == target:
                gx[i, c] = -scale if margin > x[i, c] else 0
            else:
                gx[i, c] = scale if margin > -x[i, c] else 0


@kernel
def squared_hinge_grad(x, label, margin, scale, gx):
    """The gradient of scale max(0, margin - s x)^2, s = 1 for the label's class and -1 for the others.

    x, gx (n, k), label (n,).
    """
    for i in range(x.shape[0]):
        target = class_of(label[i])
        for c in range(x.shape[1]):
            if c == target:
                gx[i, c] = -2 * scale * (margin - x[i, c]) if margin > x[i, c] else 0
            else:
                gx[i, c] = 2 * scale * (margin + x[i, c]) if margin > -x[i, c] else 0
