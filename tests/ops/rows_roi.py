"""Rows of pooling over regions."""

import numpy as np

from tests.check import case


def apart(rng):
    """Elements further apart than the steps of the finite differences."""
    return rng.permutation(320).reshape(2, 4, 5, 8) / 40 - 4


# Inside, across the edges, far outside, ending before it starts, of no image, and with halves to round.
REGIONS = np.array([[0, 1, 1, 6, 4], [1, -3, -2, 3, 2.2], [1, 20, 20, 30, 30], [0, 5.1, 3, 3.1, 1], [-1, 0, 0, 4, 4],
                    [2, 0, 0, 4, 4], [0, 0.5, -0.5, 2.5, 3.5]])  # fmt: skip
# The numbers of the images lie between integers, where a small step changes nothing.
WHOLE = np.array([[0.5, 0, 0, 7, 4.3], [1.5, 1.2, 0.7, 6.4, 3.1]])
POOL, ALIGN = "ROIPooling", "_contrib_ROIAlign"

ROWS = [
    case(POOL, {"pooled_size": (2, 2), "spatial_scale": 1}, data=apart, rois=REGIONS, fixed=("rois",)),
    case(POOL, {"pooled_size": (4, 1), "spatial_scale": 0.5}, data=apart, rois=REGIONS, fixed=("rois",)),
    case(POOL, {"pooled_size": (1, 2), "spatial_scale": 0.7}, data=apart, rois=WHOLE),
    case(POOL, {"pooled_size": (1, 2), "spatial_scale": 1}, fixed=("data", "rois"), note="NaN is passed over",
         data=np.array([[[[np.nan, 1, -2, np.nan]]]]), rois=np.array([[0.0, 0, 0, 3, 0]])),
    case(ALIGN, {"pooled_size": (2, 2), "spatial_scale": 1}, data=(2, 4, 5, 8), rois=REGIONS, fixed=("rois",)),
    case(ALIGN, {"pooled_size": (3, 2), "spatial_scale": 0.5, "sample_ratio": 2}, data=(2, 1, 5, 8), rois=REGIONS,
         fixed=("rois",)),
    case(ALIGN, {"pooled_size": (1, 3), "spatial_scale": 0.8, "sample_ratio": 1, "aligned": True}, data=(2, 2, 5, 8),
         rois=WHOLE, fixed=("rois",)),
    case(ALIGN, {"pooled_size": (2, 2), "spatial_scale": 1, "aligned": True}, data=(2, 1, 5, 8), rois=REGIONS,
         fixed=("rois",), note="a region without area gives 0"),
    case(ALIGN, {"pooled_size": (2, 2), "spatial_scale": 1, "position_sensitive": True}, data=(2, 8, 5, 8), rois=WHOLE,
         fixed=("rois",)),
]  # fmt: skip
