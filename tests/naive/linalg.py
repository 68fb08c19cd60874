"""Twins of linear algebra."""

import numpy as np

from tests.naive.twin import twin, twin_gradient


def t(a):
    return np.swapaxes(a, -1, -2)


def triangle(op, a):
    a = np.tril(a) if op.lower else np.triu(a)
    return t(a) if op.transpose else a


@twin("_linalg_gemm", "_linalg_gemm2")
def gemm(op, inputs, run):
    a, b = (np.swapaxes(inputs[name], op.axis, -2) for name in "AB")
    product = op.alpha * np.matmul(t(a) if op.transpose_a else a, t(b) if op.transpose_b else b)
    product = np.swapaxes(product, op.axis, -2)
    return [product + op.beta * inputs["C"] if "C" in inputs else product]


@twin("_linalg_syrk")
def syrk(op, inputs, run):
    a = t(inputs["A"]) if op.transpose else inputs["A"]
    return [op.alpha * np.matmul(a, t(a))]


@twin("_linalg_trmm")
def trmm(op, inputs, run):
    a, b = triangle(op, inputs["A"]), inputs["B"]
    return [op.alpha * (np.matmul(b, a) if op.rightside else np.matmul(a, b))]


@twin("_linalg_trsm")
def trsm(op, inputs, run):
    inverse, b = np.linalg.inv(triangle(op, inputs["A"])), inputs["B"]
    return [op.alpha * (np.matmul(b, inverse) if op.rightside else np.matmul(inverse, b))]


@twin("_linalg_potrf")
def potrf(op, inputs, run):
    factor = np.linalg.cholesky(inputs["A"])
    return [factor if op.lower else t(factor)]


@twin("_linalg_potri")
def potri(op, inputs, run):
    a = np.tril(inputs["A"]) if op.lower else np.tril(t(inputs["A"]))
    return [np.linalg.inv(np.matmul(a, t(a)))]


@twin("_linalg_gelqf")
def gelqf(op, inputs, run):
    q, r = np.linalg.qr(t(inputs["A"]))
    return [t(q), t(r)]


@twin("_linalg_syevd")
def syevd(op, inputs, run):
    values, vectors = np.linalg.eigh(inputs["A"])
    u = t(vectors).copy()
    for row in u.reshape(-1, u.shape[-1]):
        row *= np.sign(row[np.abs(row).argmax()])
    return [u, values]


@twin("_linalg_inverse")
def inverse(op, inputs, run):
    return [np.linalg.inv(inputs["A"])]


@twin("_linalg_det")
def det(op, inputs, run):
    return [np.atleast_1d(np.linalg.det(inputs["A"]))]


@twin("_linalg_slogdet")
def slogdet(op, inputs, run):
    return [np.atleast_1d(part) for part in np.linalg.slogdet(inputs["A"])]


@twin_gradient("_linalg_potrf", "_linalg_syevd")
def symmetric_differences(op, inputs, heads):
    """Both entries of a pair move by half a step, so that the matrix stays symmetric."""
    a, step = inputs["A"], 1e-6
    forward = {"_linalg_potrf": potrf, "_linalg_syevd": syevd}[op.name]
    grad = np.zeros(a.shape)
    for place in np.ndindex(a.shape):
        mirrored = (*place[:-2], place[-1], place[-2])
        projected = []
        for sign in (1, -1):
            moved = a.copy()
            moved[place] += sign * step / 2
            moved[mirrored] += sign * step / 2
            projected.append(sum((o * h).sum() for o, h in zip(forward(op, {"A": moved}, None), heads, strict=True)))
        grad[place] = (projected[0] - projected[1]) / (2 * step)
    return {"A": grad}


@twin_gradient("_linalg_det")
def det_gradient(op, inputs, heads):
    a = inputs["A"].reshape(-1, *inputs["A"].shape[-2:])
    grad = np.zeros(a.shape)
    for b in range(len(a)):
        value = np.linalg.det(a[b])
        if value != 0:  # MXNet gives a singular matrix no gradient
            grad[b] = heads[0].flat[b] * value * np.linalg.inv(a[b]).T
    return {"A": grad.reshape(inputs["A"].shape)}


@twin_gradient("_linalg_slogdet")
def slogdet_gradient(op, inputs, heads):
    a = inputs["A"].reshape(-1, *inputs["A"].shape[-2:])
    grad = np.zeros(a.shape)
    for b in range(len(a)):
        if np.linalg.det(a[b]) != 0:
            grad[b] = heads[1].flat[b] * np.linalg.inv(a[b]).T
    return {"A": grad.reshape(inputs["A"].shape)}
