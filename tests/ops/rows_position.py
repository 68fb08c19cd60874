"""Rows of position-sensitive pooling and of regions that are turned."""

import numpy as np

from tests.check import case

ROIS = np.array([[0, 0.2, 0.7, 5.1, 4.6], [1, 2.6, 1.4, 3.3, 9.0], [0, 7.0, 7.0, 9.0, 9.0]])
TURNED = np.array([[0, 2.5, 2.5, 4.0, 3.0, 30.0], [1, 1.0, 3.0, 0.5, 2.0, -70.0], [0, 5.5, 5.5, 4.0, 4.0, 120.0]])
PLAIN = {"spatial_scale": 0.8, "output_dim": 2, "pooled_size": 2}
DATA = (2, 8, 6, 6)


def shifts(rng):
    return rng.uniform(-1, 1, (3, 2, 2, 2))


ROWS = [
    case("_contrib_PSROIPooling", PLAIN, data=DATA, rois=ROIS, fixed=("rois",)),
    case("_contrib_PSROIPooling", PLAIN | {"pooled_size": 3, "group_size": 2}, data=DATA, rois=ROIS, fixed=("rois",)),
    case("_contrib_DeformablePSROIPooling", PLAIN | {"group_size": 2, "no_trans": True, "sample_per_part": 2},
         data=DATA, rois=ROIS, fixed=("rois",)),
    case("_contrib_DeformablePSROIPooling", PLAIN | {"group_size": 2, "sample_per_part": 3, "trans_std": 0.1},
         data=DATA, rois=ROIS, trans=shifts, fixed=("rois",)),
    case("_contrib_DeformablePSROIPooling",
         PLAIN | {"group_size": 2, "pooled_size": 3, "part_size": 2, "sample_per_part": 2, "trans_std": 0.2},
         data=DATA, rois=ROIS, trans=lambda rng: rng.uniform(-1, 1, (3, 4, 2, 2)), fixed=("rois",)),
    case("_contrib_RROIAlign", {"pooled_size": (2, 3), "spatial_scale": 0.8}, data=(2, 2, 6, 6), rois=TURNED),
    case("_contrib_RROIAlign", {"pooled_size": (2, 2), "spatial_scale": 1, "sampling_ratio": 2}, data=(2, 2, 6, 6),
         rois=TURNED),
]  # fmt: skip
