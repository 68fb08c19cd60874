"""Twins of attention over interleaved projections, head by head."""

import numpy as np

from tests.naive.twin import twin


def heads(array, count, kinds, kind):
    """Return one kind of projection as (N heads, L, D)."""
    n, size = array.shape[1:]
    d = size // (count * kinds)
    places = [(head * kinds + kind) * d for head in range(count)]
    return np.stack([array[:, sample, place : place + d] for sample in range(n) for place in places])


def scores(q, k):
    return np.stack([a @ b.T for a, b in zip(q, k, strict=True)]) / np.sqrt(q.shape[-1])


def context(maps, v, count):
    products = [a @ b for a, b in zip(maps, v, strict=True)]
    samples = [np.concatenate(products[i : i + count], axis=1) for i in range(0, len(products), count)]
    return np.stack(samples, axis=1)


@twin("_contrib_interleaved_matmul_selfatt_qk")
def selfatt_qk(op, inputs, run):
    x = inputs["queries_keys_values"]
    return [scores(heads(x, op.heads, 3, 0), heads(x, op.heads, 3, 1))]


@twin("_contrib_interleaved_matmul_selfatt_valatt")
def selfatt_valatt(op, inputs, run):
    return [context(inputs["attention"], heads(inputs["queries_keys_values"], op.heads, 3, 2), op.heads)]


@twin("_contrib_interleaved_matmul_encdec_qk")
def encdec_qk(op, inputs, run):
    return [scores(heads(inputs["queries"], op.heads, 1, 0), heads(inputs["keys_values"], op.heads, 2, 0))]


@twin("_contrib_interleaved_matmul_encdec_valatt")
def encdec_valatt(op, inputs, run):
    return [context(inputs["attention"], heads(inputs["keys_values"], op.heads, 2, 1), op.heads)]
