"""Rows of the random changes of images; where the bounds are equal, numbers are MXNet's too."""

import numpy as np

from tests.check import case

COLOUR = lambda rng: rng.uniform(0, 255, (3, 2, 3))  # noqa: E731
GREY = lambda rng: rng.uniform(0, 255, (3, 2, 1))  # noqa: E731
BYTES = np.array([[[0, 10, 250], [200, 200, 200]], [[255, 3, 90], [17, 200, 100]]], np.uint8)
FIXED, WIDE = {"min_factor": 0.7, "max_factor": 0.7}, {"min_factor": 0.5, "max_factor": 1.5}
EXACT = {"min_factor": 0.75, "max_factor": 0.75}  # bytes are cut down after each product
JITTER = {"brightness": 0.4, "contrast": 0.5, "saturation": 0.6, "hue": 0.1}
NONE = dict.fromkeys(JITTER, 0)

ROWS = [
    *(case(f"_image_random_{kind}", bounds, data=data, note=note)
      for kind in ("brightness", "contrast", "saturation", "hue")
      for bounds, data, note in ((FIXED, COLOUR, "colour"), (FIXED, GREY, "grey"), (WIDE, COLOUR, "wide"))),
    *(case(f"_image_random_{kind}", EXACT, data=BYTES, fixed=("data",), note="bytes")
      for kind in ("brightness", "contrast", "saturation")),
    case("_image_random_color_jitter", JITTER, data=COLOUR),
    case("_image_random_color_jitter", NONE, data=COLOUR),
    case("_image_random_lighting", {"alpha_std": 0.5}, data=COLOUR),
    case("_image_random_lighting", {"alpha_std": 0}, data=COLOUR),
    case("_image_random_lighting", data=GREY, note="grey"),
    case("_image_random_flip_left_right", data=COLOUR),
    case("_image_random_flip_top_bottom", data=COLOUR),
]  # fmt: skip
