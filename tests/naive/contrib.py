"""Twins of the small operators of one formula."""

import numpy as np

from tests.naive.twin import twin, twin_gradient


@twin("_contrib_quadratic")
def quadratic(op, inputs, run):
    out = op.a * inputs["data"] ** 2 + op.b * inputs["data"] + op.c
    return [out.astype(inputs["data"].dtype)]


@twin("_contrib_div_sqrt_dim")
def div_sqrt_dim(op, inputs, run):
    return [inputs["data"] / np.sqrt(inputs["data"].shape[-1])]


@twin("_contrib_gradientmultiplier", "IdentityAttachKLSparseReg")
def identity(op, inputs, run):
    return [inputs["data"]]


@twin_gradient("_contrib_gradientmultiplier")
def gradient_multiplier_gradient(op, inputs, heads):
    return {"data": heads[0] * op.scalar}


@twin_gradient("IdentityAttachKLSparseReg")
def kl_sparse_gradient(op, inputs, heads):
    average = op.momentum * inputs["moving_avg"] + (1 - op.momentum) * inputs["data"].mean(0)
    slope = (1 - op.sparseness_target) / (1 - average) - op.sparseness_target / average
    return {"data": heads[0] + op.penalty * slope}
