"""Rows of the reductions."""

import numpy as np

from tests.check import case

HOLES = np.array([[1.5, np.nan, -2.0], [np.nan, 0.5, 3.0]])
AXES = (
    {},
    {"axis": 1},
    {"axis": (-1, 0), "keepdims": True},
    {"axis": 1, "exclude": True},
    {"axis": (0, 1, 2), "exclude": True},
    {"axis": (), "exclude": True, "keepdims": True},
)

ROWS = [
    *(case(name, axes, data=(2, 3, 2)) for name in ("sum", "mean", "max", "min") for axes in AXES),
    *(case("prod", axes, data=(2, 3, 2), low=0.5, high=2) for axes in AXES),
    case("sum", {"axis": 0}, data=(4,)),
    case("mean", {"axis": (1, 3)}, data=(2, 3, 2, 2)),
    *(case(name, {"axis": 0}, data=HOLES, fixed=("data",)) for name in ("nansum", "nanprod")),
    *(case(name, axes, data=(2, 3, 2), low=0.5, high=2) for name in ("nansum", "nanprod") for axes in AXES[:3]),
    *(case("norm", {"ord": k, **axes}, data=(2, 3, 2)) for k in (1, 2) for axes in AXES[:3]),
    case("moments", {"axes": 0}, data=(4, 3)),
    case("moments", {"axes": (0, -1), "keepdims": True}, data=(2, 3, 2)),
]
