"""Twins of the operators that update one weight; they return the new weight alone."""

import numpy as np

from tests.naive.twin import twin


def bounded(x, limit):
    return x if limit < 0 else np.clip(x, -limit, limit)


def gradient(op, inputs):
    """The gradient, rescaled and then bounded."""
    return bounded(op.rescale_grad * inputs["grad"], op.clip_gradient)


def decayed(op, inputs, limit):
    """The gradient, rescaled, with the weight decay, then bounded."""
    return bounded(op.rescale_grad * inputs["grad"] + op.wd * inputs["weight"], limit)


def weight_of(inputs):
    return inputs.get("weight32", inputs["weight"])


@twin("sgd_update", "mp_sgd_update")
def sgd(op, inputs, run):
    w = weight_of(inputs)
    return [w - op.lr * (gradient(op, inputs) + op.wd * w)]


@twin("sgd_mom_update", "mp_sgd_mom_update")
def sgd_mom(op, inputs, run):
    w = weight_of(inputs)
    return [w + op.momentum * inputs["mom"] - op.lr * (gradient(op, inputs) + op.wd * w)]


@twin("nag_mom_update", "mp_nag_mom_update")
def nag(op, inputs, run):
    w = weight_of(inputs)
    step = op.lr * (gradient(op, inputs) + op.wd * w)
    return [w + op.momentum * (op.momentum * inputs["mom"] - step) - step]


@twin("signsgd_update")
def signsgd(op, inputs, run):
    return [(1 - op.lr * op.wd) * inputs["weight"] - op.lr * np.sign(inputs["grad"])]


@twin("signum_update")
def signum(op, inputs, run):
    w = inputs["weight"]
    mom = op.momentum * inputs["mom"] - (1 - op.momentum) * (gradient(op, inputs) + op.wd * w)
    return [(1 - op.lr * op.wd_lh) * w + op.lr * np.sign(mom)]


@twin("adam_update")
def adam(op, inputs, run):
    g = decayed(op, inputs, op.clip_gradient)
    mean = op.beta1 * inputs["mean"] + (1 - op.beta1) * g
    var = op.beta2 * inputs["var"] + (1 - op.beta2) * g**2
    return [inputs["weight"] - op.lr * mean / (np.sqrt(var) + op.epsilon)]


@twin("rmsprop_update", "rmspropalex_update")
def rmsprop(op, inputs, run):
    g = decayed(op, inputs, op.clip_gradient)
    spread = op.gamma1 * inputs["n"] + (1 - op.gamma1) * g**2
    kept = 0
    if op.name == "rmspropalex_update":
        spread = spread - (op.gamma1 * inputs["g"] + (1 - op.gamma1) * g) ** 2
        kept = op.gamma2 * inputs["delta"]
    return [bounded(inputs["weight"] + kept - op.lr * g / np.sqrt(spread + op.epsilon), op.clip_weights)]


@twin("ftrl_update")
def ftrl(op, inputs, run):
    g, n = gradient(op, inputs), inputs["n"]
    z = inputs["z"] + g - (np.sqrt(n + g**2) - np.sqrt(n)) * inputs["weight"] / op.lr
    new = (np.sign(z) * op.lamda1 - z) / ((op.beta + np.sqrt(n + g**2)) / op.lr + op.wd)
    return [np.where(np.abs(z) > op.lamda1, new, 0)]


@twin("ftml_update")
def ftml(op, inputs, run):
    g = decayed(op, inputs, op.clip_grad)
    v = op.beta2 * inputs["v"] + (1 - op.beta2) * g**2
    d = (1 - op.beta1**op.t) / op.lr * (np.sqrt(v / (1 - op.beta2**op.t)) + op.epsilon)
    z = op.beta1 * inputs["z"] + (1 - op.beta1) * g - (d - op.beta1 * inputs["d"]) * inputs["weight"]
    return [-z / d]


@twin("lamb_update_phase1")
def lamb_phase1(op, inputs, run):
    g = gradient(op, inputs)
    mean = op.beta1 * inputs["mean"] + (1 - op.beta1) * g
    var = op.beta2 * inputs["var"] + (1 - op.beta2) * g**2
    if op.bias_correction:
        mean, var = mean / (1 - op.beta1**op.t), var / (1 - op.beta2**op.t)
    return [mean / (np.sqrt(var) + op.epsilon) + op.wd * inputs["weight"]]


@twin("lamb_update_phase2")
def lamb_phase2(op, inputs, run):
    norm = max(inputs["r1"][0], op.lower_bound)
    norm = min(norm, op.upper_bound) if op.upper_bound > 0 else norm
    ratio = norm / inputs["r2"][0] if norm and inputs["r2"][0] else 1
    return [inputs["weight"] - op.lr * ratio * inputs["g"]]
