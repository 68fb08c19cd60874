"""Rows of the constants."""

from tests.check import case

ROWS = [
    case("_zeros", {"shape": (2, 3)}),
    case("_zeros", {"shape": (4,), "dtype": "int32", "ctx": "cpu(0)"}),
    case("_zeros_without_dtype", {"shape": (2, 3)}),
    case("_zeros_without_dtype", {"shape": (4,), "dtype": 4}),
    case("_ones", {"shape": (2, 3), "dtype": "float64"}),
    case("_full", {"shape": (2, 3), "value": 2.5}),
    case("_full", {"shape": (3,), "value": 2.7, "dtype": "int32"}),
    case("_full", {"shape": (3,), "value": 0.5, "dtype": "bool"}),
    case("_arange", {"start": 5}),
    case("_arange", {"start": 1, "stop": 2, "step": 0.25, "repeat": 2}),
    case("_arange", {"start": 5, "stop": 0, "step": -2, "dtype": "int32"}),
    case("zeros_like", data=(2, 3)),
    case("ones_like", data=(2, 3)),
    case("_contrib_arange_like", {"start": 1.0, "step": 0.5}, data=(2, 3)),
    case("_contrib_arange_like", {"repeat": 4}, data=(2, 3)),
    case("_contrib_arange_like", {"axis": -1, "repeat": 3}, data=(2, 3)),
    case("shape_array", data=(2, 3, 4)),
    case("size_array", data=(2, 3, 4)),
]
