"""Updates of one weight, in place and in one pass.

All arrays are of one size and one type, C-contiguous, one axis: the gradient ``g``, then the states, the
weight ``w`` last. Numbers before the states: ``lr`` the learning rate, ``wd`` the weight decay,
``rescale`` what gradients are multiplied by, ``clip`` the bound of their magnitude (infinity for none).
The formulas, and where each clips and decays, are those of MXNet's ``src/operator/optimizer_op-inl.h``
and ``python/mxnet/optimizer/optimizer.py``; ``bound(x) = min(max(x, -clip), clip)``.

They are computed as they are written: v + (1 - beta) (d d - v) in another order would be NaN for a d of 1e25, whose
square is infinite, where MXNet leaves the weight as it is.
"""

import numpy as np

from symcli.kernels.jit import function, kernel, ordered_kernel

__all__ = [
    "adadelta", "adagrad", "adam", "adamax", "adamw", "copy_unless_overflow", "dcasgd", "ftml", "ftrl", "group_adagrad",
    "lamb_direction", "lamb_step", "lars_rates", "nadam", "nag", "rmsprop", "rmsprop_centered", "sgd", "sgd_at",
    "sgd_momentum", "sgd_momentum_at", "sign_momentum", "sign_sgd", "sum_squares",
]  # fmt: skip


@function
def _bound(x, clip):
    if x > clip:
        return clip
    if x < -clip:
        return -clip
    return x


@function
def _sign(x):
    if x > 0:
        return 1
    if x < 0:
        return -1
    return 0


@ordered_kernel
def sgd(g, lr, wd, rescale, clip, w):
    """w -= lr * (bound(rescale * g) + wd * w)."""
    real = w.dtype.type
    lr_, wd_, rescale_, clip_ = real(lr), real(wd), real(rescale), real(clip)
    for i in range(w.size):
        w[i] -= lr_ * (_bound(rescale_ * g[i], clip_) + wd_ * w[i])


@ordered_kernel
def sgd_momentum(g, lr, wd, rescale, clip, momentum, m, w):
    """m = momentum * m - lr * (bound(rescale * g) + wd * w); w += m."""
    real = w.dtype.type
    lr_, wd_, rescale_, clip_, momentum_ = real(lr), real(wd), real(rescale), real(clip), real(momentum)
    for i in range(w.size):
        m[i] = momentum_ * m[i] - lr_ * (_bound(rescale_ * g[i], clip_) + wd_ * w[i])
        w[i] += m[i]


@ordered_kernel
def nag(g, lr, wd, rescale, clip, momentum, m, w):
    """d = bound(rescale * g); w += momentum^2 * m - (momentum + 1) * lr * (d + wd * w).

    m = momentum * m - lr * (d + wd * w), as in MXNet with the new w.
    """
    real = w.dtype.type
    lr_, wd_, rescale_, clip_, momentum_ = real(lr), real(wd), real(rescale), real(clip), real(momentum)
    for i in range(w.size):
        d = _bound(rescale_ * g[i], clip_)
        kept, step = momentum_ * m[i], lr_ * (d + wd_ * w[i])
        w[i] += momentum_ * (kept - step) - step
        m[i] = kept - lr_ * (d + wd_ * w[i])


@ordered_kernel
def dcasgd(g, lr, wd, rescale, clip, momentum, lamda, m, before, w):
    """d = bound(rescale * g); m = momentum * m - lr * (d + wd * w + lamda * d^2 * (w - before)); before = w; w += m."""
    real = w.dtype.type
    lr_, wd_, rescale_, clip_ = real(lr), real(wd), real(rescale), real(clip)
    momentum_, lamda_ = real(momentum), real(lamda)
    for i in range(w.size):
        d = _bound(rescale_ * g[i], clip_)
        m[i] = momentum_ * m[i] - lr_ * (d + wd_ * w[i] + lamda_ * d * d * (w[i] - before[i]))
        before[i] = w[i]
        w[i] += m[i]


@ordered_kernel
def sign_sgd(g, lr, wd, w):
    """w = (1 - lr * wd) * w - lr * sign(g)."""
    real = w.dtype.type
    lr_, keep = real(lr), real(1 - lr * wd)
    for i in range(w.size):
        w[i] = keep * w[i] - lr_ * real(_sign(g[i]))


@ordered_kernel
def sign_momentum(g, lr, wd, rescale, clip, momentum, wd_lh, m, w):
    """m = momentum * m - (1 - momentum) * (bound(rescale * g) + wd * w); w = (1 - lr * wd_lh) * w + lr * sign(m)."""
    real = w.dtype.type
    lr_, wd_, rescale_, clip_, momentum_ = real(lr), real(wd), real(rescale), real(clip), real(momentum)
    new, keep = real(1) - momentum_, real(1 - lr * wd_lh)
    for i in range(w.size):
        m[i] = momentum_ * m[i] - new * (_bound(rescale_ * g[i], clip_) + wd_ * w[i])
        w[i] = keep * w[i] + lr_ * real(_sign(m[i]))


@ordered_kernel
def adam(g, lr, wd, rescale, clip, beta1, beta2, epsilon, m, v, w):
    """d = bound(rescale * g + wd * w); m, v: moving means of d and d^2; w -= lr * m / (sqrt(v) + epsilon)."""
    real = w.dtype.type
    lr_, wd_, rescale_, clip_ = real(lr), real(wd), real(rescale), real(clip)
    beta1_, beta2_, epsilon_ = real(beta1), real(beta2), real(epsilon)
    new1, new2 = real(1) - beta1_, real(1) - beta2_
    for i in range(w.size):
        d = _bound(rescale_ * g[i] + wd_ * w[i], clip_)
        m[i] = beta1_ * m[i] + new1 * d
        v[i] = beta2_ * v[i] + new2 * d * d
        w[i] -= lr_ * m[i] / (np.sqrt(v[i]) + epsilon_)


@ordered_kernel
def adamax(g, lr, wd, rescale, clip, beta1, beta2, m, u, w):
    """d = bound(rescale * g + wd * w); m: moving mean of d; u = max(beta2 * u, |d|); w -= lr * m / u."""
    real = w.dtype.type
    lr_, wd_, rescale_, clip_ = real(lr), real(wd), real(rescale), real(clip)
    beta1_, beta2_ = real(beta1), real(beta2)
    new1 = real(1) - beta1_
    for i in range(w.size):
        d = _bound(rescale_ * g[i] + wd_ * w[i], clip_)
        m[i] = beta1_ * m[i] + new1 * d
        u[i] = max(beta2_ * u[i], abs(d))
        w[i] -= lr_ * m[i] / u[i]


@ordered_kernel
def nadam(g, lr, wd, rescale, clip, beta1, beta2, epsilon, by_g, by_m, by_v, m, v, w):
    """d, m, v as in adam; w -= lr * (by_g * d + by_m * m) / (sqrt(by_v * v) + epsilon)."""
    real = w.dtype.type
    lr_, wd_, rescale_, clip_ = real(lr), real(wd), real(rescale), real(clip)
    beta1_, beta2_, epsilon_ = real(beta1), real(beta2), real(epsilon)
    by_g_, by_m_, by_v_ = real(by_g), real(by_m), real(by_v)
    new1, new2 = real(1) - beta1_, real(1) - beta2_
    for i in range(w.size):
        d = _bound(rescale_ * g[i] + wd_ * w[i], clip_)
        m[i] = beta1_ * m[i] + new1 * d
        v[i] = beta2_ * v[i] + new2 * d * d
        w[i] -= lr_ * (by_g_ * d + by_m_ * m[i]) / (np.sqrt(by_v_ * v[i]) + epsilon_)


@ordered_kernel
def rmsprop(g, lr, wd, rescale, clip, gamma1, epsilon, clip_weights, n, w):
    """d = bound(rescale * g + wd * w); n: moving mean of d^2; w -= lr * d / sqrt(n + epsilon).

    Then w is bounded by clip_weights (infinity for none).
    """
    real = w.dtype.type
    lr_, wd_, rescale_, clip_ = real(lr), real(wd), real(rescale), real(clip)
    gamma1_, epsilon_, clip_weights_ = real(gamma1), real(epsilon), real(clip_weights)
    new = real(1) - gamma1_
    for i in range(w.size):
        d = _bound(rescale_ * g[i] + wd_ * w[i], clip_)
        n[i] = gamma1_ * n[i] + new * d * d
        w[i] = _bound(w[i] - lr_ * d / np.sqrt(n[i] + epsilon_), clip_weights_)


@ordered_kernel
def rmsprop_centered(g, lr, wd, rescale, clip, gamma1, gamma2, epsilon, clip_weights, n, mean, delta, w):
    """d, n as in rmsprop, mean: moving mean of d.

    delta = gamma2 * delta - lr * d / sqrt(n - mean^2 + epsilon); w += delta, bounded by clip_weights.
    """
    real = w.dtype.type
    lr_, wd_, rescale_, clip_ = real(lr), real(wd), real(rescale), real(clip)
    gamma1_, gamma2_, epsilon_, clip_weights_ = real(gamma1), real(gamma2), real(epsilon), real(clip_weights)
    new = real(1) - gamma1_
    for i in range(w.size):
        d = _bound(rescale_ * g[i] + wd_ * w[i], clip_)
        n[i] = gamma1_ * n[i] + new * d * d
        mean[i] = gamma1_ * mean[i] + new * d
        delta[i] = gamma2_ * delta[i] - lr_ * d / np.sqrt(n[i] - mean[i] * mean[i] + epsilon_)
        w[i] = _bound(w[i] + delta[i], clip_weights_)


@ordered_kernel
def adagrad(g, lr, wd, rescale, clip, epsilon, n, w):
    """d = bound(rescale * g); n += d^2; w -= lr * (d / sqrt(n + epsilon) + wd * w)."""
    real = w.dtype.type
    lr_, wd_, rescale_, clip_, epsilon_ = real(lr), real(wd), real(rescale), real(clip), real(epsilon)
    for i in range(w.size):
        d = _bound(rescale_ * g[i], clip_)
        n[i] += d * d
        w[i] -= lr_ * (d / np.sqrt(n[i] + epsilon_) + wd_ * w[i])


@ordered_kernel
def adadelta(g, wd, rescale, clip, rho, epsilon, n, moved, w):
    """d = bound(rescale * g); n, moved: moving means of d^2 and s^2; w -= s + wd * w.

    s = d * sqrt(moved + epsilon) / sqrt(n + epsilon), with the old moved and the new n.
    """
    real = w.dtype.type
    wd_, rescale_, clip_, rho_, epsilon_ = real(wd), real(rescale), real(clip), real(rho), real(epsilon)
    new = real(1) - rho_
    for i in range(w.size):
        d = _bound(rescale_ * g[i], clip_)
        n[i] = rho_ * n[i] + new * d * d
        s = np.sqrt(moved[i] + epsilon_) / np.sqrt(n[i] + epsilon_) * d
        moved[i] = rho_ * moved[i] + new * s * s
        w[i] -= s + wd_ * w[i]


@ordered_kernel
def ftrl(g, lr, wd, rescale, clip, lamda1, beta, z, n, w):
    """d = bound(rescale * g); z += d - (sqrt(n + d^2) - sqrt(n)) * w / lr; n += d^2.

    w = (sign(z) * lamda1 - z) / ((beta + sqrt(n)) / lr + wd) where |z| > lamda1, else 0.
    """
    real = w.dtype.type
    lr_, wd_, rescale_, clip_ = real(lr), real(wd), real(rescale), real(clip)
    lamda1_, beta_ = real(lamda1), real(beta)
    for i in range(w.size):
        d = _bound(rescale_ * g[i], clip_)
        z[i] += d - (np.sqrt(n[i] + d * d) - np.sqrt(n[i])) * w[i] / lr_
        n[i] += d * d
        step = (real(_sign(z[i])) * lamda1_ - z[i]) / ((beta_ + np.sqrt(n[i])) / lr_ + wd_)
        w[i] = step if abs(z[i]) > lamda1_ else step * 0  # NaN stays, as in MXNet


@ordered_kernel
def ftml(g, wd, rescale, clip, beta1, beta2, epsilon, by_lr, by_v, d, v, z, w):
    """x = bound(rescale * g + wd * w); v: moving mean of x^2; d' = by_lr * (sqrt(by_v * v) + epsilon).

    z = beta1 * z + (1 - beta1) * x - (d' - beta1 * d) * w; d = d'; w = -z / d.
    """
    real = w.dtype.type
    wd_, rescale_, clip_, epsilon_ = real(wd), real(rescale), real(clip), real(epsilon)
    beta1_, beta2_, by_lr_, by_v_ = real(beta1), real(beta2), real(by_lr), real(by_v)
    new1, new2 = real(1) - beta1_, real(1) - beta2_
    for i in range(w.size):
        x = _bound(rescale_ * g[i] + wd_ * w[i], clip_)
        v[i] = beta2_ * v[i] + new2 * x * x
        now = by_lr_ * (np.sqrt(by_v_ * v[i]) + epsilon_)
        z[i] = beta1_ * z[i] + new1 * x - (now - beta1_ * d[i]) * w[i]
        d[i] = now
        w[i] = -z[i] / now


@ordered_kernel
def lamb_direction(g, wd, rescale, clip, beta1, beta2, epsilon, by_m, by_v, w, m, v, out):
    """d = bound(rescale * g); m, v: moving means of d and d^2; out = by_m * m / (sqrt(by_v * v) + epsilon) + wd * w."""
    real = w.dtype.type
    wd_, rescale_, clip_, epsilon_ = real(wd), real(rescale), real(clip), real(epsilon)
    beta1_, beta2_, by_m_, by_v_ = real(beta1), real(beta2), real(by_m), real(by_v)
    new1, new2 = real(1) - beta1_, real(1) - beta2_
    for i in range(w.size):
        d = _bound(rescale_ * g[i], clip_)
        m[i] = beta1_ * m[i] + new1 * d
        v[i] = beta2_ * v[i] + new2 * d * d
        out[i] = by_m_ * m[i] / (np.sqrt(by_v_ * v[i]) + epsilon_) + wd_ * w[i]


@ordered_kernel
def lamb_step(g, lr, lower, upper, r1, r2, w):
    """w -= lr * norm / r2 * g, norm = min(max(r1, lower), upper); w -= lr * g where norm or r2 is 0; r1, r2 (1,)."""
    real = w.dtype.type
    norm = min(max(r1[0], real(lower)), real(upper))
    step = real(lr) if norm == 0 or r2[0] == 0 else real(lr) * norm / r2[0]
    for i in range(w.size):
        w[i] -= step * g[i]


@ordered_kernel
def adamw(g, lr, wd, eta, clip, beta1, beta2, epsilon, rescale, m, v, w):
    """d = bound(rescale * g); m, v as in adam; w -= eta * (lr * m / (sqrt(v) + epsilon) + wd * w).

    Nothing is done where rescale (1,) is 0, NaN or infinite, the sign of an overflow.
    """
    real = w.dtype.type
    lr_, wd_, eta_, clip_, rescale_ = real(lr), real(wd), real(eta), real(clip), real(rescale[0])
    beta1_, beta2_, epsilon_ = real(beta1), real(beta2), real(epsilon)
    new1, new2 = real(1) - beta1_, real(1) - beta2_
    if rescale_ != 0 and np.isfinite(rescale_):
        for i in range(w.size):
            d = _bound(rescale_ * g[i], clip_)
            m[i] = beta1_ * m[i] + new1 * d
            v[i] = beta2_ * v[i] + new2 * d * d
            w[i] -= eta_ * (lr_ * m[i] / (np.sqrt(v[i]) + epsilon_) + wd_ * w[i])


@kernel
def copy_unless_overflow(rescale, a, out):
    """out = a, but where rescale (1,) is 0, NaN or infinite."""
    if rescale[0] != 0 and np.isfinite(rescale[0]):
        for i in range(a.size):
            out[i] = a[i]


@kernel
def group_adagrad(g, lr, rescale, clip, epsilon, history, w):
    """d = bound(rescale * g); history[i] += mean of d[i]^2; w[i] -= lr * d[i] / sqrt(history[i] + epsilon).

    g, w (n, m), history (n,).
    """
    real = w.dtype.type
    lr_, rescale_, clip_, epsilon_ = real(lr), real(rescale), real(clip), real(epsilon)
    for i in range(w.shape[0]):
        total = real(0)
        for j in range(w.shape[1]):
            d = _bound(rescale_ * g[i, j], clip_)
            total += d * d
        history[i] += total / real(w.shape[1])
        step = lr_ / np.sqrt(history[i] + epsilon_)
        for j in range(w.shape[1]):
            w[i, j] -= step * _bound(rescale_ * g[i, j], clip_)


@ordered_kernel
def sgd_at(g, lrs, wds, place, rescale, clip, w):
    """As sgd, with lrs[place] and wds[place]."""
    real = w.dtype.type
    lr_, wd_, rescale_, clip_ = real(lrs[place]), real(wds[place]), real(rescale), real(clip)
    for i in range(w.size):
        w[i] -= lr_ * (_bound(rescale_ * g[i], clip_) + wd_ * w[i])


@ordered_kernel
def sgd_momentum_at(g, lrs, wds, place, rescale, clip, momentum, m, w):
    """As sgd_momentum, with lrs[place] and wds[place]."""
    real = w.dtype.type
    lr_, wd_, rescale_, clip_, momentum_ = real(lrs[place]), real(wds[place]), real(rescale), real(clip), real(momentum)
    for i in range(w.size):
        m[i] = momentum_ * m[i] - lr_ * (_bound(rescale_ * g[i], clip_) + wd_ * w[i])
        w[i] += m[i]


@kernel
def sum_squares(a, out):
    """out[0] = the sum of a^2, in float64; a of any size."""
    total = 0.0
    for i in range(a.size):
        total += np.float64(a[i]) * np.float64(a[i])
    out[0] = total


@kernel
def lars_rates(lrs, weights, grads, wds, eta, epsilon, rescale, out):
    """out[i] = lrs[i] * eta * |w| / (|g| + wds[i] * |w| + epsilon), or lrs[i] where |w| or |g| is 0.

    |w| = sqrt(weights[i]), |g| = rescale * sqrt(grads[i]): sums of squares.
    """
    real = out.dtype.type
    for i in range(out.size):
        length, slope = np.sqrt(weights[i]), np.sqrt(grads[i])
        if length > 0 and slope > 0:
            out[i] = lrs[i] * real(eta) * length / (slope * real(rescale) + wds[i] * length + real(epsilon))
        else:
            out[i] = lrs[i]
