"""Rows of what NumPy knows by name."""

from tests.check import case

ROWS = [
    case("_eye", {"N": 3}),
    case("_eye", {"N": 3, "M": 5, "k": 2}),
    case("_eye", {"N": 4, "M": 2, "k": -1, "dtype": "int32"}),
    case("_eye", {"N": 2, "k": 5}),
    case("_linspace", {"start": 0, "stop": 1, "num": 5}),
    case("_linspace", {"start": 1, "stop": -2, "num": 4, "endpoint": False, "dtype": "float64"}),
    case("_linspace", {"start": 0, "stop": 10, "num": 4, "dtype": "int32"}),
    case("_linspace", {"start": 2, "stop": 5, "num": 1}),
    case("_np_cumsum", a=(2, 3)),
    case("_np_cumsum", {"axis": 0}, a=(3, 2, 2)),
    case("_np_cumsum", {"axis": -2}, a=(2, 3, 2)),
    case("_np_cumsum", {"axis": 1, "dtype": "float64"}, a=(2, 3)),
    case("khatri_rao", arg0=(2, 3), arg1=(4, 3)),
    case("khatri_rao", arg0=(2, 2), arg1=(3, 2), arg2=(2, 2)),
    case("khatri_rao", arg0=(2, 3)),
]
