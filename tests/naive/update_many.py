"""Twins of the updates of many weights, of AdamW's, and of LAMB's in mixed precision."""

from types import SimpleNamespace

import numpy as np

from tests.naive.twin import TWINS, twin
from tests.naive.weight_update import bounded, lamb_phase1, lamb_phase2


def groups(inputs, shared=0):
    """The arrays of each weight as a dictionary without their number, and the arrays that all share."""
    names = list(inputs)
    own = names[: len(names) - shared]
    slots = [name.rsplit("_", 1)[0] for name in own if name.endswith("_0")]
    found = [{slot: inputs[f"{slot}_{i}"] for slot in slots} for i in range(len(own) // len(slots))]
    return found, [inputs[name] for name in names[len(own) :]]


@twin("multi_sgd_update", "multi_mp_sgd_update", "multi_sgd_mom_update", "multi_mp_sgd_mom_update")
def many(op, inputs, run, rates=None):
    found, _ = groups(inputs)
    single = TWINS["sgd_mom_update" if "mom" in found[0] else "sgd_update"]
    lrs, wds = rates or (op.lrs, op.wds)
    return [
        single(SimpleNamespace(lr=lr, wd=wd, rescale_grad=op.rescale_grad, clip_gradient=op.clip_gradient,
                               momentum=getattr(op, "momentum", 0)), one, run)[0]
        for one, lr, wd in zip(found, lrs, wds, strict=True)
    ]  # fmt: skip


@twin(*(f"preloaded_multi_{kind}_update" for kind in ("sgd", "mp_sgd", "sgd_mom", "mp_sgd_mom")))
def preloaded(op, inputs, run):
    rates = inputs["lrs"], inputs["wds"]
    return many(op, {key: value for key, value in inputs.items() if key not in ("lrs", "wds")}, run, rates)


def adamw_of(inputs, rescale, lr, wd, eta, op):
    if rescale == 0 or not np.isfinite(rescale):
        return inputs["weight"]
    g, w = bounded(rescale * inputs["grad"], op.clip_gradient), inputs.get("weight32", inputs["weight"])
    mean = op.beta1 * inputs["mean"] + (1 - op.beta1) * g
    var = op.beta2 * inputs["var"] + (1 - op.beta2) * g**2
    return w - eta * (lr * mean / (np.sqrt(var) + op.epsilon) + wd * w)


@twin("_adamw_update", "_mp_adamw_update")
def adamw(op, inputs, run):
    return [adamw_of(inputs, inputs["rescale_grad"][0], op.lr, op.wd, op.eta, op)]


@twin("_multi_adamw_update", "_multi_mp_adamw_update")
def many_adamw(op, inputs, run):
    found, shared = groups(inputs, 1)
    return [adamw_of(one, shared[0][0], lr, wd, eta, op)
            for one, lr, wd, eta in zip(found, op.lrs, op.wds, op.etas, strict=True)]  # fmt: skip


@twin("_multi_lamb_update", "_multi_mp_lamb_update")
def many_lamb(op, inputs, run):
    made = []
    for i, one in enumerate(groups(inputs)[0]):
        numbers = vars(op) | {"t": op.step_count[i], "wd": op.wds[i], "lr": op.learning_rates[i]}
        single = SimpleNamespace(**numbers)
        wide = one | {"weight": one.get("weight32", one["weight"])}
        (g,) = lamb_phase1(single, wide, run)
        norms = {"r1": [np.sqrt((one["weight"] ** 2).sum())], "r2": [np.sqrt((g**2).sum())]}
        made += lamb_phase2(single, wide | {"g": g} | norms, run)
    return made


@twin("mp_lamb_update_phase1")
def mp_lamb_phase1(op, inputs, run):
    return lamb_phase1(op, inputs | {"weight": inputs["weight32"]}, run)


@twin("mp_lamb_update_phase2")
def mp_lamb_phase2(op, inputs, run):
    return lamb_phase2(op, inputs | {"weight": inputs["weight32"]}, run)


@twin("_contrib_group_adagrad_update")
def group_adagrad(op, inputs, run):
    g = bounded(op.rescale_grad * inputs["grad"], op.clip_gradient)
    history = inputs["history"] + (g**2).mean(tuple(range(1, g.ndim)), keepdims=True)
    return [inputs["weight"] - op.lr * g / np.sqrt(history + op.epsilon)]


@twin("multi_sum_sq")
def multi_sum_sq(op, inputs, run):
    return [np.array([(array**2).sum() for array in inputs.values()])]


@twin("multi_lars")
def multi_lars(op, inputs, run):
    w, g = np.sqrt(inputs["weights_sum_sq"]), op.rescale_grad * np.sqrt(inputs["grads_sum_sq"])
    with np.errstate(all="ignore"):
        rates = inputs["lrs"] * op.eta * w / (g + inputs["wds"] * w + op.eps)
    return [np.where((w > 0) & (g > 0), rates, inputs["lrs"])]
