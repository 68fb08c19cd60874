"""Rows of the operators that move elements: reshape, move, join, tile and pad."""

import numpy as np

from tests.check import case

RESHAPES = [
    case("Reshape", {"shape": shape}, data=(2, 3, 4))
    for shape in [(4, 6), (0, -1), (-2, 1), (-3, 4), (0, -3), (2, -4, -1, 3, -2), (-4, 1, 2, -1, 0), (-1,)]
]
RESHAPES += [
    case("Reshape", {"shape": (0, -1), "reverse": True}, data=(2, 3, 4)),
    case("Reshape", {"shape": (-2, 2, -1, -4), "reverse": True}, data=(2, 3, 4)),
    case("Reshape", {"target_shape": (0, 12)}, data=(2, 3, 4)),
    case("Reshape", {"target_shape": (7, 0), "keep_highest": True}, data=(2, 3, 4)),
    case("Flatten", data=(2, 3, 4)),
    case("Flatten", data=(5,)),
    case("expand_dims", {"axis": 1}, data=(2, 3)),
    case("expand_dims", {"axis": -1}, data=(2, 3)),
    case("squeeze", data=(1, 3, 1)),
    case("squeeze", {"axis": (0, 2)}, data=(1, 3, 1, 1)),
    case("squeeze", {"axis": -1}, data=(1, 1)),
    case("squeeze", data=(1, 1)),
    case("reshape_like", lhs=(2, 3, 4), rhs=(6, 4)),
    case("reshape_like", {"lhs_begin": 1, "rhs_begin": -1}, lhs=(2, 3, 4), rhs=(5, 12)),
]

VIEWS = [
    case("_copy", data=(2, 3)),
    case("Cast", {"dtype": "float64"}, data=(2, 3), float64=False),
    case("Cast", {"dtype": "int32"}, data=np.array([1, -3, 200], np.int64), fixed=("data",)),
    case("transpose", data=(2, 3, 4)),
    case("transpose", {"axes": (1, -1, 0)}, data=(2, 3, 4)),
    case("SwapAxis", {"dim1": 0, "dim2": -1}, data=(2, 3, 4)),
    case("reverse", {"axis": 0}, data=(2, 3)),
    case("reverse", {"axis": (0, -1)}, data=(2, 3, 4)),
    case("slice", {"begin": (0, 1), "end": (2, 3)}, data=(3, 4, 2)),
    case("slice", {"begin": (None, 3), "end": (-1, None), "step": (2, -2)}, data=(4, 5)),
    case("slice", {"begin": (-9,), "end": (9,)}, data=(2, 3)),
    case("slice_axis", {"axis": 1, "begin": 1, "end": 3}, data=(2, 4)),
    case("slice_axis", {"axis": -1, "begin": -2, "end": None}, data=(2, 3, 4)),
    case("slice_like", data=(3, 4), shape_like=(2, 3)),
    case("slice_like", {"axes": (0, -1)}, data=(3, 4, 5), shape_like=(2, 9, 3)),
]

JOINS = [
    case("Concat", arg0=(2, 3), arg1=(2, 1)),
    case("Concat", {"dim": -3}, arg0=(2, 3, 2), arg1=(1, 3, 2), arg2=(3, 3, 2)),
    case("Concat", {"dim": 0}, arg0=(2,)),
    case("stack", arg0=(2, 3), arg1=(2, 3)),
    case("stack", {"axis": -1}, arg0=(2, 3), arg1=(2, 3), arg2=(2, 3)),
    case("SliceChannel", {"num_outputs": 3}, data=(2, 6, 2)),
    case("SliceChannel", {"num_outputs": 3, "squeeze_axis": True}, data=(2, 3, 4)),
    case("SliceChannel", {"num_outputs": 2, "axis": -1}, data=(2, 4)),
    case("SliceChannel", {"num_outputs": 1, "axis": 0}, data=(2, 4)),
    case("_split_v2", {"indices": (0, 2, 3), "axis": 1}, data=(2, 6)),
    case("_split_v2", {"indices": (), "sections": 2, "axis": -1}, data=(2, 4)),
    case("_split_v2", {"indices": (0, 1), "axis": 0, "squeeze_axis": True}, data=(2, 3)),
]

REPEATS = [
    case("tile", {"reps": (2, 3)}, data=(2, 3)),
    case("tile", {"reps": (2, 1, 3)}, data=(3,)),
    case("tile", {"reps": (2,)}, data=(2, 2, 3)),
    case("repeat", {"repeats": 2}, data=(2, 3)),
    case("repeat", {"repeats": 3, "axis": 1}, data=(2, 3, 2)),
    case("repeat", {"repeats": 2, "axis": -1}, data=(2, 3)),
    case("broadcast_to", {"shape": (3, 0, 4)}, data=(1, 2, 1)),
    case("broadcast_axis", {"axis": (0, -1), "size": (2, 3)}, data=(1, 4, 1)),
    case("broadcast_like", lhs=(1, 3), rhs=(2, 3)),
    case("broadcast_like", {"lhs_axes": (0,), "rhs_axes": (-1,)}, lhs=(1, 3), rhs=(2, 5)),
]

PADS = [
    case("Pad", {"mode": mode, "pad_width": (0, 0, 0, 0, 1, 2, 2, 0), "constant_value": 1.5}, data=(1, 2, 3, 4))
    for mode in ("constant", "edge", "reflect")
]
PADS += [
    case("Pad", {"mode": "reflect", "pad_width": (0, 0, 0, 0, 0, 2, 3, 3)}, data=(1, 1, 3, 4)),
    case("Pad", {"mode": "edge", "pad_width": (1, 0, 0, 2)}, data=(2, 3)),
]

PART = {"begin": (None, -1), "end": (3, None), "step": (2, -2)}
ASSIGNED = [
    case("_slice_assign", PART, lhs=(4, 5), rhs=(2, 3)),
    case("_slice_assign", {"begin": (1,), "end": (2,)}, lhs=(4, 5), rhs=(1, 5)),
    case("_slice_assign_scalar", PART | {"scalar": 2.5}, data=(4, 5)),
]

ROWS = [*RESHAPES, *VIEWS, *JOINS, *REPEATS, *PADS, *ASSIGNED]
