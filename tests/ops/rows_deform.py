"""Rows of the deformable convolutions. Differences need places between cells, so offsets are no halves."""

import numpy as np

from tests.check import case

PLAIN = {"kernel": (2, 3), "num_filter": 4}
STEPS = {"stride": (2, 1), "pad": (1, 1), "dilate": (1, 2)}
GROUPS = {"num_group": 2, "num_deformable_group": 2, "no_bias": True}


def offsets(*shape):
    return lambda rng: np.round(rng.uniform(-2, 2, shape) * 4) / 4 + 0.1


ROWS = [
    case("_contrib_DeformableConvolution", PLAIN, data=(2, 2, 4, 5), offset=offsets(2, 12, 3, 3),
         weight=(4, 2, 2, 3), bias=(4,)),
    case("_contrib_DeformableConvolution", PLAIN | STEPS | GROUPS, data=(1, 4, 4, 5), offset=offsets(1, 24, 3, 3),
         weight=(4, 2, 2, 3)),
    case("_contrib_ModulatedDeformableConvolution", PLAIN, data=(2, 2, 4, 5), offset=offsets(2, 12, 3, 3),
         mask=(2, 6, 3, 3), weight=(4, 2, 2, 3), bias=(4,)),
    case("_contrib_ModulatedDeformableConvolution", PLAIN | STEPS | GROUPS, data=(1, 4, 4, 5),
         offset=offsets(1, 24, 3, 3), mask=(1, 12, 3, 3), weight=(4, 2, 2, 3)),
]  # fmt: skip
