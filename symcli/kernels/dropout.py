"""The mask of dropout."""

from symcli.kernels.jit import kernel
from symcli.kernels.random import origin, unit

__all__ = ["keep_mask"]


@kernel
def keep_mask(key, node, keep, mask):
    """mask[i] = 1 / keep with probability keep, else 0; key (3,) uint64. With keep = 0 it is 0 / 0, NaN."""
    start, scale = origin(key, node), 1 / keep
    for i in range(mask.size):
        mask[i] = (unit(start, i) < keep) * scale
