"""Twins of the normalisations."""

import numpy as np

from tests.naive.twin import twin


@twin("BatchNorm")
def batch_norm(op, inputs, run):
    data = np.moveaxis(inputs["data"], op.axis, -1)
    others = tuple(range(data.ndim - 1))
    mean, var = inputs["moving_mean"], inputs["moving_var"]
    if run.is_train and not op.use_global_stats:
        mean, var = data.mean(others), data.var(others)
    gamma = 1 if op.fix_gamma else inputs["gamma"]
    out = (data - mean) / np.sqrt(var + op.eps) * gamma + inputs["beta"]
    outputs = [np.moveaxis(out, -1, op.axis), mean, 1 / np.sqrt(var + op.eps)]
    return outputs if op.output_mean_var else outputs[:1]


@twin("_contrib_BatchNormWithReLU")
def batch_norm_relu(op, inputs, run):
    out, *others = batch_norm(op, inputs, run)
    return [np.maximum(out, 0), *others]
