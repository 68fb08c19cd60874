"""The optimizers again in plain NumPy: ``rule(o, g, w, s, t)`` returns the weight after update number t.

o is the optimizer with its parameters, g the gradient as given, s a dictionary that lasts from update to update.
"""

import numpy as np

RULES = {}


def rule(function):
    RULES[function.__name__] = function
    return function


def bound(o, x):
    return x if not o.clip_gradient else np.clip(x, -o.clip_gradient, o.clip_gradient)


def clipped(o, g):
    """The gradient of those that clip it alone."""
    return bound(o, o.rescale_grad * g)


def decayed(o, g, w):
    """The gradient of those that clip it together with the decay."""
    return bound(o, o.rescale_grad * g + o.wd * w)


def mean(s, key, decay, value):
    s[key] = decay * s.get(key, 0.0) + (1 - decay) * value
    return s[key]


@rule
def sgd(o, g, w, s, t):
    s["m"] = o.momentum * s.get("m", 0.0) - o.lr * (clipped(o, g) + o.wd * w)
    return w + s["m"]


@rule
def nag(o, g, w, s, t):
    step = o.lr * (clipped(o, g) + o.wd * w)
    m = o.momentum * s.get("m", 0.0)
    new = w + o.momentum * (m - step) - step
    s["m"] = m - o.lr * (clipped(o, g) + o.wd * new)
    return new


@rule
def signum(o, g, w, s, t):
    if not o.momentum:
        return (1 - o.lr * o.wd) * w - o.lr * np.sign(g)
    s["m"] = o.momentum * s.get("m", 0.0) - (1 - o.momentum) * (clipped(o, g) + o.wd * w)
    return (1 - o.lr * o.wd_lh) * w + o.lr * np.sign(s["m"])


@rule
def dcasgd(o, g, w, s, t):
    d = clipped(o, g)
    s["m"] = o.momentum * s.get("m", 0.0) - o.lr * (d + o.wd * w + o.lamda * d**2 * (w - s.get("before", w)))
    s["before"] = w
    return w + s["m"]


@rule
def lars(o, g, w, s, t):
    length, steep = np.linalg.norm(w), np.linalg.norm(o.rescale_grad * g)
    rate = o.lr * o.eta * length / (steep + o.wd * length + o.eps)
    s["m"] = o.momentum * s.get("m", 0.0) - rate * (clipped(o, g) + o.wd * w)
    return w + s["m"]


@rule
def adam(o, g, w, s, t):
    d = decayed(o, g, w)
    m, v = mean(s, "m", o.beta1, d), mean(s, "v", o.beta2, d**2)
    return w - o.lr * np.sqrt(1 - o.beta2**t) / (1 - o.beta1**t) * m / (np.sqrt(v) + o.epsilon)


@rule
def adamax(o, g, w, s, t):
    d = decayed(o, g, w)
    s["u"] = np.maximum(o.beta2 * s.get("u", 0.0), abs(d))
    return w - o.lr / (1 - o.beta1**t) * mean(s, "m", o.beta1, d) / s["u"]


@rule
def nadam(o, g, w, s, t):
    d = decayed(o, g, w)
    now, following = (o.beta1 * (1 - 0.5 * 0.96 ** (i * o.schedule_decay)) for i in (t, t + 1))
    s["product"] = s.get("product", 1.0) * now
    m = mean(s, "m", o.beta1, d) / (1 - s["product"] * following)
    v = mean(s, "v", o.beta2, d**2) / (1 - o.beta2**t)
    return w - o.lr * ((1 - now) * d / (1 - s["product"]) + following * m) / (np.sqrt(v) + o.epsilon)


@rule
def rmsprop(o, g, w, s, t):
    d = decayed(o, g, w)
    n = mean(s, "n", o.gamma1, d**2)
    if o.centered:
        n = n - mean(s, "mean", o.gamma1, d) ** 2
        s["delta"] = o.gamma2 * s.get("delta", 0.0) - o.lr * d / np.sqrt(n + o.epsilon)
        new = w + s["delta"]
    else:
        new = w - o.lr * d / np.sqrt(n + o.epsilon)
    return new if not o.clip_weights else np.clip(new, -o.clip_weights, o.clip_weights)


@rule
def adagrad(o, g, w, s, t):
    d = clipped(o, g)
    s["n"] = s.get("n", 0.0) + d**2
    return w - o.lr * (d / np.sqrt(s["n"] + o.eps) + o.wd * w)


@rule
def adadelta(o, g, w, s, t):
    d = clipped(o, g)
    step = np.sqrt(s.get("moved", 0.0) + o.epsilon) / np.sqrt(mean(s, "n", o.rho, d**2) + o.epsilon) * d
    mean(s, "moved", o.rho, step**2)
    return w - step - o.wd * w


@rule
def ftrl(o, g, w, s, t):
    d, before = clipped(o, g), s.get("n", 0.0)
    s["n"] = before + d**2
    s["z"] = s.get("z", 0.0) + d - (np.sqrt(s["n"]) - np.sqrt(before)) * w / o.lr
    new = (np.sign(s["z"]) * o.lamda1 - s["z"]) / ((o.beta + np.sqrt(s["n"])) / o.lr + o.wd)
    return np.where(abs(s["z"]) > o.lamda1, new, 0.0)


@rule
def ftml(o, g, w, s, t):
    x, before = decayed(o, g, w), s.get("d", 0.0)
    v = mean(s, "v", o.beta2, x**2)
    s["d"] = (1 - o.beta1**t) / o.lr * (np.sqrt(v / (1 - o.beta2**t)) + o.epsilon)
    s["z"] = o.beta1 * s.get("z", 0.0) + (1 - o.beta1) * x - (s["d"] - o.beta1 * before) * w
    return -s["z"] / s["d"]


@rule
def lamb(o, g, w, s, t):
    d = clipped(o, g)
    m, v = mean(s, "m", o.beta1, d), mean(s, "v", o.beta2, d**2)
    if o.bias_correction:
        m, v = m / (1 - o.beta1**t), v / (1 - o.beta2**t)
    r = m / (np.sqrt(v) + o.epsilon) + o.wd * w
    length = np.clip(np.linalg.norm(w), o.lower_bound or 0, o.upper_bound or np.inf)
    return w - o.lr * length / np.linalg.norm(r) * r
