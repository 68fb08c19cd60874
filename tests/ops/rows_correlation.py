"""Rows of the correlation of patches."""

from tests.check import case

ROWS = [
    case("Correlation", data1=(2, 3, 4, 5), data2=(2, 3, 4, 5)),
    case("Correlation", {"max_displacement": 2, "stride1": 2, "stride2": 2, "pad_size": 2}, data1=(1, 2, 3, 4),
         data2=(1, 2, 3, 4)),
    case("Correlation", {"kernel_size": 3, "pad_size": 1}, data1=(1, 2, 4, 3), data2=(1, 2, 4, 3)),
    case("Correlation", {"is_multiply": False, "pad_size": 1}, data1=(2, 2, 2, 3), data2=(2, 2, 2, 3)),
    case("Correlation", {"is_multiply": False, "kernel_size": 3, "max_displacement": 3, "stride2": 2, "pad_size": 4},
         data1=(1, 1, 2, 3), data2=(1, 1, 2, 3)),
    case("Correlation", {"max_displacement": 0}, data1=(1, 2, 2, 2), data2=(1, 2, 2, 2)),
]  # fmt: skip
