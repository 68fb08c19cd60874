"""Rows of what is done to images on their way into a network."""

from tests.check import case


def pixels(*shape):
    """A function that draws whole numbers from 0 to 255."""
    return lambda rng: rng.randint(0, 256, shape).astype("uint8")


ROWS = [
    case("_image_to_tensor", data=(2, 4, 3), high=255, float64=False),
    case("_image_to_tensor", data=pixels(2, 3, 4, 3), fixed=("data",), float64=False),
    case("_image_normalize", {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.3, 0.4)}, data=(3, 2, 4)),
    case("_image_normalize", {"mean": 0.5, "std": 2}, data=(2, 1, 3, 2)),
    case("_image_normalize", {"mean": 1.5, "std": (2, 3, 4)}, data=lambda rng: pixels(3, 2, 2)(rng) // 2 + 2,
         fixed=("data",)),
    case("_image_crop", {"x": 1, "y": 0, "width": 2, "height": 3}, data=(4, 3, 3)),
    case("_image_crop", {"x": 0, "y": 2, "width": 3, "height": 1}, data=(2, 4, 3, 1)),
    case("_image_flip_left_right", data=(2, 4, 3)),
    case("_image_flip_top_bottom", data=(4, 2, 3)),
    case("_image_adjust_lighting", {"alpha": (0.1, 0.2, -0.3)}, data=(2, 3, 3)),
    case("_image_adjust_lighting", {"alpha": (1, 2, -3)}, data=pixels(4, 5, 3), fixed=("data",)),
    case("_image_adjust_lighting", {"alpha": (1, 2, 3)}, data=(2, 3, 1)),
    *(case("_image_resize", {"size": size, "interp": interp}, data=(5, 7, 2))
      for size in ((4, 3), (9, 6), (3, 8)) for interp in range(5)),
    case("_image_resize", {"size": (3, 2)}, data=(2, 4, 5, 3)),
    case("_image_resize", {"size": 3, "keep_ratio": True}, data=(4, 6, 1)),
    case("_image_resize", {"size": 3, "keep_ratio": True}, data=(6, 4, 1)),
    case("_image_resize", {"size": 6, "interp": 2}, data=pixels(4, 5, 3), note="rounded and cut off"),
]  # fmt: skip
