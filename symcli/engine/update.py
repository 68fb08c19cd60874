"""Updates of many weights in one call: the formulas of ``kernels/update.py`` as passes over all of them.

    update[name](table, numbers, runs, blocks)

A run is one weight. ``table`` (runs, 2 + arrays) int64 holds its first block, its size, then the addresses of
gradient, states and weight, of float32; ``numbers`` (runs, count) float32 what the plain kernel is given before the
states. A block is CHUNK elements; all blocks are dealt to the threads alike, whatever the weights' sizes, and no
element depends on another, so that any number of threads gives the same bytes.
"""

from symcli.engine.elementwise import CHUNK, Body, by_name
from symcli.engine.instruction import instruction
from symcli.engine.tape import floats, integers, share, word
from symcli.kernels.kernel import Kernel

__all__ = ["CHUNK", "UPDATES", "update"]


def _bound(v, x, clip):
    x = v.b.select(v.b.fcmp_ordered(">", x, clip), clip, x)
    low = v.b.fneg(clip)
    return v.b.select(v.b.fcmp_ordered("<", x, low), low, x)


def _sgd(v, x, s):
    (g, w), (lr, wd, rescale, clip) = x, s
    return [v.fma(v.b.fneg(lr), v.fma(wd, w, _bound(v, v.b.fmul(rescale, g), clip)), w)], []


def _sgd_momentum(v, x, s):
    (g, m, w), (lr, wd, rescale, clip, momentum) = x, s
    step = v.fma(wd, w, _bound(v, v.b.fmul(rescale, g), clip))
    m = v.fma(momentum, m, v.b.fneg(v.b.fmul(lr, step)))
    return [m, v.b.fadd(w, m)], []


def _nag(v, x, s):
    (g, m, w), (lr, wd, rescale, clip, momentum) = x, s
    d, kept = _bound(v, v.b.fmul(rescale, g), clip), v.b.fmul(momentum, m)
    step = v.b.fmul(lr, v.fma(wd, w, d))
    w = v.b.fadd(w, v.fma(momentum, v.b.fsub(kept, step), v.b.fneg(step)))
    return [v.fma(v.b.fneg(lr), v.fma(wd, w, d), kept), w], []


def _adam(v, x, s):
    (g, m, n, w), (lr, wd, rescale, clip, beta1, beta2, epsilon) = x, s
    b, one = v.b, v.constant(1)
    d = _bound(v, v.fma(wd, w, b.fmul(rescale, g)), clip)
    m = v.fma(beta1, m, b.fmul(b.fsub(one, beta1), d))
    n = v.fma(beta2, n, b.fmul(b.fmul(b.fsub(one, beta2), d), d))
    return [m, n, b.fsub(w, b.fdiv(b.fmul(lr, m), b.fadd(v.unary("sqrt", n), epsilon)))], []


def _rmsprop(v, x, s):
    (g, n, w), (lr, wd, rescale, clip, gamma1, epsilon, bound) = x, s
    b = v.b
    d = _bound(v, v.fma(wd, w, b.fmul(rescale, g)), clip)
    n = v.fma(gamma1, n, b.fmul(b.fmul(b.fsub(v.constant(1), gamma1), d), d))
    w = b.fsub(w, b.fdiv(b.fmul(lr, d), v.unary("sqrt", b.fadd(n, epsilon))))
    return [n, _bound(v, w, bound)], []


# the plain kernel's name -> (its formula, states, numbers)
UPDATES: dict[str, tuple[Body, int, int]] = {
    "sgd": (_sgd, 0, 4),
    "sgd_momentum": (_sgd_momentum, 1, 5),
    "nag": (_nag, 1, 5),
    "adam": (_adam, 2, 7),
    "rmsprop": (_rmsprop, 1, 7),
}


_pass = by_name({name: (body, 2 + states, 1 + states, count) for name, (body, states, count) in UPDATES.items()}, 2)


def _update(name: str, states: int, count: int) -> Kernel:

    def run(p, thread, threads):
        """0 table, 1 numbers, 2 runs, 3 blocks"""
        runs, blocks = word(p, 2), word(p, 3)
        wide = 4 + states
        table, numbers = integers(word(p, 0), runs * wide), floats(word(p, 1), runs * count)
        start, stop = share(blocks, 1, thread, threads)
        for i in range(runs):
            first, size = table[i * wide], table[i * wide + 1]
            low, high = max(start - first, 0) * CHUNK, min((stop - first) * CHUNK, size)
            if low < high:
                at, s = i * wide + 2, i * count
                g = table[at] + 4 * low
                a, b, c = numbers[s], numbers[s + 1], numbers[s + 2]
                d = numbers[s + 3]
                if states == 0:
                    w = table[at + 1] + 4 * low
                    _pass(name, high - low, (g, w, w), (a, b, c, d))
                elif states == 1:
                    m, w = table[at + 1] + 4 * low, table[at + 2] + 4 * low
                    if count == 5:
                        _pass(name, high - low, (g, m, w, m, w), (a, b, c, d, numbers[s + 4]))
                    else:
                        _pass(name, high - low, (g, m, w, m, w),
                                 (a, b, c, d, numbers[s + 4], numbers[s + 5], numbers[s + 6]))  # fmt: skip
                else:
                    m, n, w = table[at + 1] + 4 * low, table[at + 2] + 4 * low, table[at + 3] + 4 * low
                    _pass(name, high - low, (g, m, n, w, m, n, w),
                             (a, b, c, d, numbers[s + 4], numbers[s + 5], numbers[s + 6]))  # fmt: skip

    return instruction(run)


update: dict[str, Kernel] = {name: _update(name, *sizes) for name, (_, *sizes) in UPDATES.items()}
