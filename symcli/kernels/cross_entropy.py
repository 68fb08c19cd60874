"""Cross-entropies that are computed: of classes, and of label sequences without alignment (CTC)."""

import math

import numpy as np

from symcli.kernels.jit import function, kernel
from symcli.kernels.loss import class_of

__all__ = ["ctc", "labels_before", "softmax_cross_entropy", "softmax_cross_entropy_grad"]

_SMALLEST = 1e-8  # a probability counts as this at least (src/operator/loss_binary_op-inl.h)


@kernel
def softmax_cross_entropy(p, label, out):
    """out[0] = - sum over i of log(max(p[i, label[i]], 1e-8)); p (n, k), label (n,); one out of range has p = 0."""
    total = 0.0
    for i in range(p.shape[0]):
        c = class_of(label[i])
        q = np.float64(p[i, c]) if 0 <= c < p.shape[1] else 0.0
        total -= math.log(_SMALLEST) if q < _SMALLEST else math.log(q)
    out[0] = total


@kernel
def softmax_cross_entropy_grad(p, label, g, gx):
    """gx[i, c] = (p[i, c] - (1 if c is label[i], else 0)) g[0]."""
    one = p.dtype.type(1)
    for i in range(p.shape[0]):
        target = class_of(label[i])
        for c in range(p.shape[1]):
            gx[i, c] = (p[i, c] - one if c == target else p[i, c]) * g[0]


@kernel
def labels_before(label, padding, count):
    """count[n] = the number of labels of line n before the first one that is padding; label (n, l)."""
    for n in range(label.shape[0]):
        count[n] = label.shape[1]
        for i in range(label.shape[1] - 1, -1, -1):
            if int(label[n, i]) == padding:
                count[n] = i


@function
def _add_logs(a, b):
    """log(e^a + e^b)."""
    if a < b:
        a, b = b, a
    return a if b == -math.inf else a + math.log1p(math.exp(b - a))


@function
def _symbol(label, n, s, blank, classes):
    """The class at place s of line n with blanks around each label; one out of range is the nearest class."""
    if s % 2 == 0:
        return blank
    return min(max(int(label[n, s // 2]), 0), classes - 1)


@function
def _may_skip(label, n, s, blank, classes):
    """Whether a path may come to place s from two places before: to a label from another one."""
    if s % 2 == 0 or s < 3:
        return False
    return _symbol(label, n, s, blank, classes) != _symbol(label, n, s - 2, blank, classes)


@kernel
def ctc(logp, label, steps, labels, blank, alpha, beta, loss, grad):
    """loss[n] = - log of the sum of the probabilities of all paths that give the labels of line n.

    logp (t, n, c) log-probabilities, label (n, l), steps and labels (n,) their lengths, alpha (t, 2 l + 1) and
    beta (2, 2 l + 1) float64 scratch. grad (t, n, c) is the gradient by what logp is the log-softmax of; it is 0
    behind the end. Where there are fewer steps than the labels need, loss and grad are 0.
    Graves et al., 2006, section 4.
    """
    classes = logp.shape[2]
    for n in range(logp.shape[1]):
        count = min(max(steps[n], 0), logp.shape[0])
        size = min(max(labels[n], 0), label.shape[1])
        places, needed = 2 * size + 1, size
        for i in range(1, size):
            needed += _symbol(label, n, 2 * i + 1, blank, classes) == _symbol(label, n, 2 * i - 1, blank, classes)
        loss[n] = 0
        for t in range(logp.shape[0]):
            for c in range(classes):
                grad[t, n, c] = 0
        if count < max(needed, 1):
            continue
        for t in range(count):
            for s in range(places):
                if t == 0:
                    total = 0.0 if s < 2 else -math.inf
                else:
                    total = alpha[t - 1, s]
                    if s > 0:
                        total = _add_logs(total, alpha[t - 1, s - 1])
                    if _may_skip(label, n, s, blank, classes):
                        total = _add_logs(total, alpha[t - 1, s - 2])
                alpha[t, s] = total + logp[t, n, _symbol(label, n, s, blank, classes)]
        total = alpha[count - 1, places - 1]
        if places > 1:
            total = _add_logs(total, alpha[count - 1, places - 2])
        loss[n] = -total
        for t in range(count - 1, -1, -1):
            now, after = t % 2, (t + 1) % 2
            for s in range(places):
                if t == count - 1:
                    beta[now, s] = 0.0 if s >= places - 2 else -math.inf
                else:
                    rest = beta[after, s] + logp[t + 1, n, _symbol(label, n, s, blank, classes)]
                    if s + 1 < places:
                        c = _symbol(label, n, s + 1, blank, classes)
                        rest = _add_logs(rest, beta[after, s + 1] + logp[t + 1, n, c])
                    if s + 2 < places and _may_skip(label, n, s + 2, blank, classes):
                        c = _symbol(label, n, s + 2, blank, classes)
                        rest = _add_logs(rest, beta[after, s + 2] + logp[t + 1, n, c])
                    beta[now, s] = rest
            for c in range(classes):
                grad[t, n, c] = math.exp(logp[t, n, c])
            for s in range(places):
                c = _symbol(label, n, s, blank, classes)
                grad[t, n, c] -= math.exp(alpha[t, s] + beta[now, s] - total)
