"""The twin of the correlation of patches."""

import numpy as np

from tests.naive.twin import twin


@twin("Correlation")
def correlation(op, inputs, run):
    p, k, m, s1, s2 = op.pad_size, op.kernel_size, op.max_displacement, op.stride1, op.stride2
    one, two = (np.pad(inputs[name], [(0, 0), (0, 0), (p, p), (p, p)]) for name in ("data1", "data2"))
    sizes = [int(np.ceil((n - 2 * m - k + 1) / s1)) for n in one.shape[2:]]
    moves = [s2 * move for move in range(-(m // s2), m // s2 + 1)]
    out = np.zeros((len(one), len(moves) ** 2, *sizes))
    for number, (q, r) in enumerate((q, r) for q in moves for r in moves):
        for i, j in np.ndindex(*sizes):
            y, x = i * s1 + m, j * s1 + m
            a, b = one[:, :, y : y + k, x : x + k], two[:, :, y + q : y + q + k, x + r : x + r + k]
            out[:, number, i, j] = np.mean(a * b if op.is_multiply else np.abs(a - b), axis=(1, 2, 3))
    return [out]
