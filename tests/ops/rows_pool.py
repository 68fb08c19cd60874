"""Rows of pooling."""

import numpy as np

from tests.check import case


def apart(rng):
    """Elements further apart than the steps of the finite differences."""
    return rng.permutation(120).reshape(1, 2, 5, 12) / 40 - 1.5


ROWS = [
    case("Pooling", {"kernel": (2, 3), "stride": (2, 1)}, data=apart),
    case("Pooling", {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1), "pooling_convention": "full"}, data=apart),
    case("Pooling", {"global_pool": True}, data=apart),
    case("Pooling", {"kernel": (2, 2), "layout": "NHWC"}, data=apart),
    case("Pooling", {"kernel": (1, 2), "stride": (3, 5), "pooling_convention": "full", "pool_type": "sum"},
         data=(1, 2, 5, 11), note="the last windows lie outside"),
    case("Pooling", {"kernel": (3,), "stride": (2,), "pooling_convention": "same"}, data=lambda rng: apart(rng)[0]),
    case("Pooling", {"kernel": (2, 1, 3), "stride": (1, 2, 2), "pad": (1, 0, 1)},
         data=lambda rng: apart(rng).reshape(1, 2, 5, 3, 4)),
    case("Pooling", {"kernel": (3, 2), "stride": (2, 2), "pad": (1, 1), "pool_type": "avg"}, data=(2, 1, 5, 4)),
    case("Pooling", {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1), "pooling_convention": "full",
                     "pool_type": "avg"}, data=(1, 2, 5, 4)),
    case("Pooling", {"kernel": (3, 3), "stride": (2, 2), "pad": (2, 1), "pool_type": "avg",
                     "count_include_pad": False}, data=(1, 2, 5, 4)),
    case("Pooling", {"global_pool": True, "kernel": (2, 2), "pad": (1, 1), "pool_type": "avg", "layout": "NHWC"},
         data=(2, 3, 4, 2)),
    case("Pooling", {"kernel": (2,), "pool_type": "sum", "layout": "NWC"}, data=(2, 5, 2)),
    case("Pooling", {"kernel": (2, 2), "pool_type": "lp", "p_value": 1}, data=(1, 1, 3, 3)),
    case("Pooling", {"kernel": (2, 2), "pad": (1, 1), "pool_type": "lp", "p_value": 2}, data=(1, 1, 3, 3), low=0.2),
    case("Pooling", {"kernel": (1, 2, 2), "stride": (1, 2, 2), "pool_type": "lp", "p_value": 3},
         data=(1, 2, 2, 4, 4), low=0.2),
    case("Pooling", {"kernel": (2,), "stride": (2,)}, fixed=("data",), note="NaN is passed over",
         data=np.array([[[np.nan, 1, 2, np.nan, np.inf, np.nan, -np.inf, 3]]])),
]  # fmt: skip
