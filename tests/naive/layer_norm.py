"""Twins of the normalisations of samples, of lengths, and of BatchNorm's first version."""

import numpy as np

from tests.naive.twin import twin


def standard(x, axes, eps):
    mean, std = x.mean(axes, keepdims=True), np.sqrt(x.var(axes, keepdims=True) + eps)
    return (x - mean) / std, mean, std


@twin("LayerNorm")
def layer_norm(op, inputs, run):
    out, mean, std = standard(inputs["data"], op.axis, op.eps)
    shape = [-1 if i == op.axis % out.ndim else 1 for i in range(out.ndim)]
    outputs = [out * inputs["gamma"].reshape(shape) + inputs["beta"].reshape(shape), mean, std]
    return outputs if op.output_mean_var else outputs[:1]


@twin("GroupNorm")
def group_norm(op, inputs, run):
    x = inputs["data"]
    out, mean, std = standard(x.reshape(x.shape[0], op.num_groups, -1), 2, op.eps)
    out = out * inputs["gamma"][:, None] + inputs["beta"][:, None]
    outputs = [out.reshape(x.shape), mean[..., 0], std[..., 0]]
    return outputs if op.output_mean_var else outputs[:1]


@twin("InstanceNorm")
def instance_norm(op, inputs, run):
    x = inputs["data"]
    out, _, _ = standard(x.reshape(*x.shape[:2], -1), 2, op.eps)
    return [(out * inputs["gamma"][:, None] + inputs["beta"][:, None]).reshape(x.shape)]


@twin("L2Normalization")
def l2_normalization(op, inputs, run):
    x = inputs["data"]
    axes = {"instance": range(1, x.ndim), "channel": (1,), "spatial": range(2, x.ndim)}[op.mode]
    return [x / np.sqrt((x**2).sum(tuple(axes), keepdims=True) + op.eps)]


@twin("LRN")
def lrn(op, inputs, run):
    x, half = inputs["data"], (op.nsize - 1) // 2
    sums = [(x[:, max(c - half, 0) : c + half + 1] ** 2).sum(1) for c in range(x.shape[1])]
    return [x * (op.knorm + op.alpha / op.nsize * np.stack(sums, 1)) ** -op.beta]


@twin("BatchNorm_v1", "_contrib_SyncBatchNorm")
def batch_norm_v1(op, inputs, run):
    x, mean, var = np.moveaxis(inputs["data"], 1, -1), inputs["moving_mean"], inputs["moving_var"]
    if run.is_train and not op.use_global_stats:
        others = tuple(range(x.ndim - 1))
        mean, var = x.mean(others), x.var(others)
    out = (x - mean) / np.sqrt(var + op.eps) * (1 if op.fix_gamma else inputs["gamma"]) + inputs["beta"]
    outputs = [np.moveaxis(out, -1, 1), mean, var]
    return outputs if op.output_mean_var else outputs[:1]
