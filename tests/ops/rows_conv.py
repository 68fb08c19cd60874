"""Rows of the convolutions."""

from tests.check import case

ROWS = [
    case("Convolution", {"kernel": (3, 2), "num_filter": 4}, data=(2, 3, 5, 4), weight=(4, 3, 3, 2), bias=(4,)),
    case("Convolution", {"kernel": (3, 3), "stride": (2, 3), "pad": (1, 2), "num_filter": 2},
         data=(2, 1, 5, 6), weight=(2, 1, 3, 3), bias=(2,)),
    case("Convolution", {"kernel": (2, 3), "stride": (2, 1), "dilate": (3, 2), "pad": (0, 3), "num_filter": 2},
         data=(1, 2, 6, 4), weight=(2, 2, 2, 3), bias=(2,)),
    case("Convolution", {"kernel": (3, 3), "num_group": 2, "num_filter": 4, "pad": (1, 1), "no_bias": True},
         data=(2, 4, 3, 3), weight=(4, 2, 3, 3)),
    case("Convolution", {"kernel": (2, 2), "num_group": 3, "num_filter": 3}, data=(1, 3, 3, 3), weight=(3, 1, 2, 2),
         bias=(3,), note="a group for each channel"),
    case("Convolution", {"kernel": (1, 1), "num_filter": 3}, data=(2, 2, 2, 3), weight=(3, 2, 1, 1), bias=(3,)),
    case("Convolution", {"kernel": (3,), "stride": (2,), "pad": (1,), "num_filter": 2, "layout": "NCW"},
         data=(2, 2, 6), weight=(2, 2, 3), bias=(2,)),
    case("Convolution", {"kernel": (2, 1, 2), "stride": (1, 2, 1), "pad": (1, 0, 0), "num_filter": 2},
         data=(1, 2, 2, 3, 3), weight=(2, 2, 2, 1, 2), bias=(2,)),
    case("Convolution", {"kernel": (3, 2), "num_group": 2, "num_filter": 4, "layout": "NHWC"},
         data=(2, 4, 3, 4), weight=(4, 3, 2, 2), bias=(4,)),
    case("Convolution", {"kernel": (1, 2, 1), "num_filter": 2, "layout": "NDHWC", "no_bias": True},
         data=(1, 2, 3, 2, 3), weight=(2, 1, 2, 1, 3)),
    case("Convolution", {"kernel": (1, 5), "pad": (0, 4), "num_filter": 1, "no_bias": True}, data=(1, 1, 1, 1),
         weight=(1, 1, 1, 5), note="windows all in the padding but for one element"),
]  # fmt: skip
