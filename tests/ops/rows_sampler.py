"""Rows of the sampling of images at the points of a grid."""

import numpy as np

from tests.check import case


def near_identity(rng):
    """Affine maps that look at the whole image, and somewhat beyond its edges."""
    return np.array([1, 0, 0, 0, 1, 0]) + rng.uniform(-0.4, 0.4, (2, 6))


ROWS = [
    case("GridGenerator", {"transform_type": "affine", "target_shape": (3, 4)}, data=(2, 6)),
    case("GridGenerator", {"transform_type": "warp"}, data=(2, 2, 3, 4)),
    case("BilinearSampler", data=(2, 3, 3, 4), grid=(2, 2, 2, 5)),
    case("BilinearSampler", low=-2.5, high=2.5, data=(1, 2, 3, 2), grid=(1, 2, 4, 5), note="points outside"),
    case("BilinearSampler", fixed=("grid",), data=(1, 1, 2, 3), note="corners and edges",
         grid=np.array([[[[-1.0, 1, 0, 1, -9]], [[-1.0, 1, 1, -1, 0]]]])),
    case("SpatialTransformer", {"transform_type": "affine", "sampler_type": "bilinear", "target_shape": (3, 4)},
         data=(2, 2, 4, 3), loc=near_identity),
    case("SpatialTransformer", {"transform_type": "affine", "sampler_type": "bilinear", "target_shape": (2, 2)},
         data=(2, 1, 3, 3), loc=near_identity),
]  # fmt: skip
