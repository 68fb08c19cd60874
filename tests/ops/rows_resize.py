"""Rows of what brings images to another size or form."""

from tests.check import case

ROWS = [
    case("_contrib_BilinearResize2D", {"height": 5, "width": 3}, data=(2, 2, 3, 4)),
    case("_contrib_BilinearResize2D", {"height": 5, "width": 3, "align_corners": False}, data=(2, 2, 3, 4)),
    case("_contrib_BilinearResize2D", data=(1, 2, 3, 2)),
    case("_contrib_BilinearResize2D", {"height": 1, "width": 4, "align_corners": False}, data=(1, 1, 3, 2)),
    case("_contrib_BilinearResize2D", {"height": 3, "width": 2}, data=(1, 1, 3, 2)),
    case("_contrib_BilinearResize2D", {"scale_height": 2.5, "scale_width": 0.5}, data=(1, 1, 3, 5)),
    case("_contrib_BilinearResize2D", {"mode": "odd_scale", "scale_height": 2.0, "scale_width": 0.5},
         data=(1, 1, 3, 6)),
    case("_contrib_BilinearResize2D", {"mode": "like"}, data=(2, 1, 3, 2), like=(1, 3, 2, 5)),
    *(case("_contrib_BilinearResize2D", {"mode": mode}, data=(1, 2, 3, 4))
      for mode in ("to_even_down", "to_even_up", "to_odd_down", "to_odd_up")),
    case("_contrib_AdaptiveAvgPooling2D", data=(2, 2, 3, 2)),
    case("_contrib_AdaptiveAvgPooling2D", {"output_size": 2}, data=(1, 2, 5, 4)),
    case("_contrib_AdaptiveAvgPooling2D", {"output_size": (3, 4)}, data=(1, 1, 5, 3)),
    case("Crop", {"h_w": (2, 3), "offset": (1, 0)}, arg0=(2, 2, 4, 3)),
    case("Crop", {"h_w": (2, 2), "center_crop": True}, arg0=(1, 2, 5, 4)),
    case("Crop", {"offset": (0, 2)}, arg0=(1, 2, 3, 4), arg1=(2, 1, 3, 2)),
    case("im2col", {"kernel": (2, 3)}, data=(2, 2, 3, 4)),
    case("im2col", {"kernel": (2, 2), "stride": (2, 1), "dilate": (1, 2), "pad": (1, 2)}, data=(2, 1, 3, 4)),
    case("im2col", {"kernel": (2,), "pad": (1,)}, data=(2, 2, 3)),
    case("im2col", {"kernel": (1, 2, 2)}, data=(1, 2, 2, 3, 2)),
    case("col2im", {"kernel": (2, 2), "output_size": (3, 4)}, data=(2, 8, 6)),
    case("col2im", {"kernel": (2, 2), "output_size": (3, 3), "stride": (2, 2), "dilate": (2, 1), "pad": (1, 1)},
         data=(1, 4, 4)),
    case("col2im", {"kernel": (3,), "output_size": (4,)}, data=(2, 3, 2)),
    case("depth_to_space", {"block_size": 2}, data=(2, 8, 2, 3)),
    case("depth_to_space", {"block_size": 3}, data=(1, 9, 1, 2)),
    case("space_to_depth", {"block_size": 2}, data=(2, 3, 4, 2)),
    case("space_to_depth", {"block_size": 3}, data=(1, 1, 3, 6)),
]  # fmt: skip
