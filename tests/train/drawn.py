"""Runs of optimizers, metrics and initializers, drawn at random; what takes ``mx`` runs under MXNet 1.9.1 too.

``make_drawn.py`` beside the samples records what MXNet makes of them. Draws come from ``numpy.random.RandomState``,
whose numbers never change.
"""

from typing import Any

import numpy as np

__all__ = ["ASKED", "INITIALIZERS", "METRICS", "OPTIMIZERS", "RUNS", "initializer_run", "metric_run", "optimizer_run"]

OPTIMIZERS: dict[str, dict[str, tuple]] = {
    "sgd": {"momentum": (0.0, 0.9)},
    "ccsgd": {"momentum": (0.0, 0.5)},
    "nag": {"momentum": (0.0, 0.9)},
    "signum": {"momentum": (0.0, 0.8), "wd_lh": (0.0, 0.1)},
    "dcasgd": {"lamda": (0.04, 0.3)},  # with a momentum MXNet stops
    "lars": {"momentum": (0.0, 0.9), "eta": (0.001, 0.3), "eps": (0.0, 0.1),
             "momentum_correction": (True, False)},
    "lbsgd": {"momentum": (0.0, 0.9), "warmup_strategy": ("linear", "power2", "sqrt", "lars"), "warmup_epochs": (1, 2),
              "batch_scale": (1, 2), "updates_per_epoch": (2, 32), "begin_epoch": (0, 1), "num_epochs": (3, 60)},
    "adam": {"beta1": (0.9, 0.5), "beta2": (0.999, 0.7), "epsilon": (1e-8, 0.1), "lazy_update": (True, False)},
    "adagrad": {"eps": (1e-7, 0.1)},
    "adadelta": {"rho": (0.9, 0.5), "epsilon": (1e-5, 0.1)},
    "adamax": {"beta1": (0.9, 0.5), "beta2": (0.999, 0.7)},
    "nadam": {"beta1": (0.9, 0.5), "beta2": (0.999, 0.7), "epsilon": (1e-8, 0.1), "schedule_decay": (0.004, 0.2)},
    "rmsprop": {"gamma1": (0.9, 0.5), "gamma2": (0.9, 0.3), "epsilon": (1e-8, 0.1), "centered": (True, False),
                "clip_weights": (None, 0.7)},
    "ftrl": {"lamda1": (0.01, 0.3), "beta": (1.0, 0.2)},
    "ftml": {"beta1": (0.6, 0.9), "beta2": (0.999, 0.7), "epsilon": (1e-8, 0.1)},
    "lamb": {"beta1": (0.9, 0.5), "beta2": (0.999, 0.7), "epsilon": (1e-6, 0.1), "lower_bound": (None, 0.1),
             "upper_bound": (None, 1.5), "bias_correction": (True, False)},
    "groupadagrad": {"eps": (1e-5, 0.1)},
    "test": {},
}  # fmt: skip
NAMES = ("conv0_weight", "conv0_bias", "bn0_gamma", "bn0_beta", "fc1_weight", "fc1_bias")
SHAPES = ((3, 2, 2), (3,), (3,), (3,), (2, 5), (2,))
STEPS = 6
RUNS = 8


def chosen(random: Any, options: dict[str, tuple]) -> dict[str, Any]:
    return {name: values[random.randint(len(values))] for name, values in options.items() if random.rand() < 0.7}


def schedule(mx: Any, random: Any) -> Any:
    """Return a schedule of learning rates, or None for as many draws."""
    base, kind = random.uniform(0.05, 0.3), random.randint(5)
    warm = {"warmup_steps": 2, "warmup_begin_lr": 0.01, "warmup_mode": ("linear", "constant")[random.randint(2)]}
    kwargs = {"base_lr": base, **(warm if random.rand() < 0.4 else {})}
    power = random.randint(1, 3)
    s = mx.lr_scheduler
    return [
        lambda: s.FactorScheduler(2, 0.5, stop_factor_lr=base / 3, **kwargs),
        lambda: s.MultiFactorScheduler([3, 5], 0.3, **kwargs),
        lambda: s.PolyScheduler(5, pwr=int(power), final_lr=base / 10, **kwargs),
        lambda: s.CosineScheduler(5, final_lr=base / 10, **kwargs),
        lambda: None,
    ][kind]()


def optimizer_run(mx: Any, name: str, seed: int) -> dict[str, np.ndarray]:
    """Return the weights after each of six updates, one row an update, by the weight's name."""
    random = np.random.RandomState([len(name) + sum(map(ord, name)), seed])
    options = chosen(random, OPTIMIZERS[name])
    common = {
        "learning_rate": random.uniform(0.01, 0.3), "wd": random.choice([0.0, 0.01, 0.3]),
        "rescale_grad": random.choice([1.0, 0.25]), "clip_gradient": (None, None, 0.4)[random.randint(3)],
        "begin_num_update": (0, 0, 3)[random.randint(3)], "multi_precision": bool(random.rand() < 0.4),
    }  # fmt: skip
    if name == "groupadagrad":
        common["wd"] = 0.0
    if options.get("momentum") == 0:
        options.pop("wd_lh", None)  # MXNet has no such update
    half, joined, named = bool(random.rand() < 0.3), bool(random.rand() < 0.6), bool(random.rand() < 0.6)
    if half and name in ("adagrad", "adadelta", "rmsprop", "groupadagrad"):
        common["multi_precision"] = True  # without it MXNet stops at float16
    common["lr_scheduler"] = schedule(mx, random)
    if common["lr_scheduler"] is not None:
        common["learning_rate"] = common["lr_scheduler"].base_lr
    if named:
        common["param_idx2name"] = dict(enumerate(NAMES))
    made = mx.optimizer.create(name, **common, **options)
    if random.rand() < 0.4:
        made.set_lr_mult({NAMES[0]: 0.5, 4: 2.0})
        made.set_wd_mult({NAMES[4]: 0.1})
    update = mx.optimizer.get_updater(made)
    shapes = [(size[0], int(np.prod(size[1:]))) for size in SHAPES] if name == "groupadagrad" else SHAPES
    weights, seen = [], []
    for at, shape in enumerate(shapes):
        value = random.uniform(-1, 1, shape)
        weights.append(mx.nd.array(value, dtype="float16" if half and at % 2 == 0 else "float32"))
    for _ in range(STEPS):
        gradients = [mx.nd.array(random.normal(0, 1, w.shape), dtype=w.dtype) for w in weights]
        if joined:
            update(list(range(len(weights))), gradients, weights)
        else:
            for at, (gradient, weight) in enumerate(zip(gradients, weights, strict=True)):
                update(at, gradient, weight)
        seen.append([w.asnumpy().ravel() for w in weights])
    return {NAMES[at]: np.stack([row[at] for row in seen]) for at in range(len(weights))}


METRICS: dict[str, dict[str, tuple]] = {
    "acc": {"axis": (1,)},
    "top_k_accuracy": {"top_k": (2, 3)},
    "f1": {"average": ("macro", "micro")},
    "mcc": {"average": ("macro", "micro")},
    "perplexity": {"ignore_label": (None, 0, 2), "axis": (-1,)},
    "mae": {},
    "mse": {},
    "rmse": {},
    "ce": {"eps": (1e-12, 0.05)},
    "nll_loss": {"eps": (1e-12, 0.05)},
    "pearsonr": {"average": ("macro", "micro")},
    "pcc": {},
    "loss": {},
    "torch": {},
    "caffe": {},
}
NUMBERS = ("mae", "mse", "rmse", "pearsonr")


def metric_run(mx: Any, name: str, seed: int) -> np.ndarray:
    """Return what ``get`` and ``get_global`` say after each of six batches of different sizes, NaN before any."""
    random = np.random.RandomState([7 + sum(map(ord, name)), seed])
    options = chosen(random, METRICS[name])
    if name == "perplexity":
        options.setdefault("ignore_label", None)
    if name == "top_k_accuracy":
        options.setdefault("top_k", 2)
    several, reset_at = random.rand() < 0.3, random.randint(5)
    metric = mx.metric.create(name, **options)
    seen = []
    for batch in range(6):
        labels, preds = [], []
        for _ in range(2 if several else 1):
            n = random.randint(2, 9)
            classes = 2 if name in ("f1", "mcc") else 5
            if name in NUMBERS:
                shape = ((n,), (n, 1), (n, 3))[random.randint(3)]
                label, pred = random.normal(size=(2, *shape))
            else:
                label, pred = random.randint(0, classes, n), random.dirichlet(np.ones(classes), n)
                pred = pred if name != "acc" or random.rand() < 0.6 else pred.argmax(1)
            labels.append(mx.nd.array(label))
            preds.append(mx.nd.array(pred))
        metric.update(labels, preds)
        seen.append([metric.get()[1], metric.get_global()[1]])
        if batch == reset_at:
            metric.reset_local()
            seen.append([metric.get()[1], metric.get_global()[1]])
    return np.array(seen, np.float64)


INITIALIZERS: dict[str, dict[str, tuple]] = {
    "zeros": {}, "ones": {}, "constant": {"value": (0.3, -2.0)}, "uniform": {"scale": (0.07, 2.0)},
    "normal": {"sigma": (0.01, 3.0)}, "orthogonal": {"scale": (1.414, 0.5), "rand_type": ("uniform", "normal")},
    "xavier": {"rnd_type": ("uniform", "gaussian"), "factor_type": ("avg", "in", "out"), "magnitude": (3, 0.5)},
    "msraprelu": {"factor_type": ("avg", "in", "out"), "slope": (0.25, 0.0)}, "bilinear": {},
    "lstmbias": {"forget_bias": (1.0, 2.5)},
}  # fmt: skip
# What an initializer is asked for by a variable's name; those that no rule knows are weights.
ASKED = {
    "conv0_weight": (48, 40, 3, 3), "fc1_weight": (64, 50), "fc1_bias": (12,), "bn0_gamma": (4,), "bn0_beta": (4,),
    "bn0_moving_mean": (4,), "bn0_moving_var": (4,), "bn0_running_var": (4,), "x_moving_inv_var": (4,),
    "x_moving_avg": (4,), "x_min": (1,), "x_max": (1,), "up_weight": (2, 1, 4, 4),
}  # fmt: skip


def initializer_run(mx: Any, name: str, seed: int) -> dict[str, np.ndarray]:
    """Return what each variable begins with: its values, of random ones the deviation, of refused ones -1."""
    random = np.random.RandomState([3 + sum(map(ord, name)), seed])
    options = chosen(random, INITIALIZERS[name])
    if name == "constant":
        options.setdefault("value", 0.7)
    made = mx.init.create(name, **options)
    found = {}
    for variable, shape in ASKED.items():
        array = mx.nd.full(shape, 7.0)
        attrs = {"__init__": mx.init.Constant(4.0).dumps()} if variable == "x_max" and seed % 2 else {}
        try:
            made(mx.init.InitDesc(variable, attrs), array)
        except Exception:
            found[variable] = np.array([-1.0])
            continue
        value = array.asnumpy()
        random = len(np.unique(value)) > 20
        found[variable] = value.ravel() if not random else np.array([value.std() if value.size > 1000 else np.nan])
    return found
