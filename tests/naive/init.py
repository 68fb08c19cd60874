"""Twins of the constants."""

import numpy as np

from tests.naive.twin import twin


@twin("_zeros", "_zeros_without_dtype")
def zeros(op, inputs, run):
    return [np.zeros(op.shape)]


@twin("_ones")
def ones(op, inputs, run):
    return [np.ones(op.shape)]


@twin("_full")
def full(op, inputs, run):
    return [np.full(op.shape, op.value, op.dtype)]


@twin("_arange")
def arange(op, inputs, run):
    start, stop = (0.0, op.start) if op.stop is None else (op.start, op.stop)
    return [np.repeat(np.arange(start, stop, op.step), op.repeat)]


@twin("zeros_like")
def zeros_like(op, inputs, run):
    return [np.zeros_like(inputs["data"])]


@twin("ones_like")
def ones_like(op, inputs, run):
    return [np.ones_like(inputs["data"])]


@twin("_contrib_arange_like")
def arange_like(op, inputs, run):
    data = inputs["data"]
    shape = data.shape if op.axis is None else (data.shape[op.axis],)
    numbers = [op.start + i // op.repeat * op.step for i in range(int(np.prod(shape)))]
    return [np.reshape(numbers, shape)]


@twin("shape_array")
def shape_array(op, inputs, run):
    return [np.array(inputs["data"].shape)]


@twin("size_array")
def size_array(op, inputs, run):
    return [np.array([inputs["data"].size])]
