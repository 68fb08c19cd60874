"""Rows of the first versions of convolution and pooling."""

import numpy as np

from tests.check import case
from tests.ops.rows_pool import apart


def off_zero(rng):
    """Elements further apart, from each other and from the padding, than the steps of the finite differences."""
    return apart(rng) + 0.01


ROWS = [
    case("Convolution_v1", {"kernel": (3, 2), "stride": (2, 1), "dilate": (1, 2), "pad": (1, 2), "num_group": 2,
                            "num_filter": 4}, data=(2, 4, 3, 3), weight=(4, 2, 3, 2), bias=(4,)),
    case("Convolution_v1", {"kernel": (2, 1, 2), "num_filter": 2, "no_bias": True}, data=(1, 2, 2, 2, 3),
         weight=(2, 2, 2, 1, 2)),
    case("Pooling_v1", {"kernel": (2, 3), "stride": (2, 2), "pad": (1, 1)}, data=off_zero),
    case("Pooling_v1", {"kernel": (3, 3), "stride": (2, 2), "pooling_convention": "full"}, data=off_zero),
    case("Pooling_v1", {"global_pool": True, "kernel": (2, 2), "pad": (1, 1)}, data=off_zero),
    case("Pooling_v1", {"kernel": (2, 1, 2), "pad": (1, 0, 0)}, data=lambda rng: off_zero(rng).reshape(1, 2, 5, 3, 4)),
    case("Pooling_v1", {"kernel": (3, 2), "stride": (2, 2), "pad": (1, 1), "pool_type": "avg"}, data=(2, 1, 5, 4)),
    case("Pooling_v1", {"kernel": (3, 3), "stride": (2, 2), "pool_type": "avg", "pooling_convention": "full"},
         data=(1, 2, 4, 6)),
    case("Pooling_v1", {"global_pool": True, "pool_type": "avg"}, data=(1, 2, 3, 2)),
    case("Pooling_v1", {"kernel": (1, 2), "stride": (3, 5), "pooling_convention": "full", "pool_type": "sum"},
         data=(1, 2, 5, 11), note="the last windows lie outside"),
    case("Pooling_v1", {"kernel": (1, 2), "stride": (3, 5), "pooling_convention": "full"}, fixed=("data",),
         data=lambda rng: off_zero(rng)[..., :11], note="the last windows lie outside"),
    case("Pooling_v1", {"kernel": (1, 2), "stride": (1, 2)}, fixed=("data",), note="NaN stays",
         data=np.array([[[[np.nan, 1, 2, np.nan, np.inf, 4, -np.inf, 3]]]])),
]  # fmt: skip
