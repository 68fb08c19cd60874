"""Rows of deconvolution and upsampling."""

from tests.check import case

ROWS = [
    case("Deconvolution", {"kernel": (3, 2), "num_filter": 4}, data=(2, 3, 3, 2), weight=(3, 4, 3, 2)),
    case("Deconvolution", {"kernel": (3, 3), "stride": (2, 3), "pad": (1, 2), "adj": (1, 2), "num_filter": 2,
                           "no_bias": False}, data=(2, 1, 3, 2), weight=(1, 2, 3, 3), bias=(2,)),
    case("Deconvolution", {"kernel": (2, 3), "stride": (3, 1), "dilate": (3, 2), "pad": (0, 3), "num_filter": 2},
         data=(1, 2, 2, 4), weight=(2, 2, 2, 3)),
    case("Deconvolution", {"kernel": (4, 4), "stride": (2, 2), "target_shape": (3, 6), "pad": (1, 0), "num_filter": 1},
         data=(1, 2, 2, 3), weight=(2, 1, 4, 4), note="pad counts for nothing"),
    case("Deconvolution", {"kernel": (3, 3), "num_group": 2, "num_filter": 6, "pad": (1, 1)}, data=(2, 4, 3, 3),
         weight=(4, 3, 3, 3)),
    case("Deconvolution", {"kernel": (1, 2), "stride": (3, 3), "num_filter": 1}, data=(1, 1, 2, 2), weight=(1, 1, 1, 2),
         note="gaps between the windows"),
    case("Deconvolution", {"kernel": (3,), "stride": (2,), "pad": (1,), "num_filter": 2, "layout": "NCW"},
         data=(2, 2, 4), weight=(2, 2, 3)),
    case("Deconvolution", {"kernel": (2, 1, 2), "stride": (1, 2, 1), "pad": (1, 0, 0), "num_filter": 2},
         data=(1, 2, 2, 3, 2), weight=(2, 2, 2, 1, 2)),
    case("Deconvolution", {"kernel": (3, 2), "num_group": 2, "num_filter": 4, "layout": "NHWC", "no_bias": False},
         data=(2, 3, 2, 4), weight=(4, 3, 2, 2), bias=(4,)),
    case("UpSampling", {"scale": 2, "sample_type": "nearest"}, arg0=(2, 3, 2, 3)),
    case("UpSampling", {"scale": 1, "sample_type": "nearest"}, arg0=(1, 2, 2, 3)),
    case("UpSampling", {"scale": 4, "sample_type": "nearest"}, arg0=(2, 1, 2, 1), arg1=(2, 3, 4, 2), arg2=(2, 1, 8, 1)),
    case("UpSampling", {"scale": 2, "sample_type": "nearest", "multi_input_mode": "sum"}, arg0=(2, 2, 2, 2),
         arg1=(2, 2, 4, 1)),
    case("UpSampling", {"scale": 2, "sample_type": "bilinear", "num_filter": 3}, data=(2, 3, 2, 3),
         weight=(3, 1, 4, 4)),
    case("UpSampling", {"scale": 3, "sample_type": "bilinear", "num_filter": 1}, data=(1, 1, 3, 2),
         weight=(1, 1, 5, 5)),
]  # fmt: skip
