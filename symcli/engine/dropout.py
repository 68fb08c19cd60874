"""The mask of dropout, with the numbers of the plain kernel: each is a hash of its place in MXNet's layout."""

import numpy as np

from symcli.engine.instruction import instruction
from symcli.engine.tape import floats, integers, reals, share, word
from symcli.kernels.random import origin, unit

__all__ = ["keep_mask"]


@instruction
def keep_mask(p, thread, threads):
    """mask = 1 / keep with probability keep, else 0; in planes of n samples of ``size`` pixels. 0 / 0 with keep = 0.

    0 key, 1 node, 2 keep, 3 mask, 4 n, 5 channels, 6 size, 7 pitch. A plain value is one channel of one sample.
    """
    n, channels, size, pitch = word(p, 4), word(p, 5), word(p, 6), word(p, 7)
    start, keep = origin(integers(word(p, 0), 3).view(np.uint64), word(p, 1)), reals(p, 3)[2]
    first, last = share(n * channels * size, 16, thread, threads)
    mask, scale = floats(word(p, 3), channels * pitch), 1 / keep
    for i in range(first, last):
        sample, rest = i // (channels * size), i % (channels * size)
        mask[rest // size * pitch + sample * size + rest % size] = (unit(start, i) < keep) * scale
