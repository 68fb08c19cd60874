"""Rows of the operators that read or write at places which several indices name together."""

import numpy as np

from tests.check import case

PAIRS = np.array([[0, 2, 0], [1, 3, 1]])
ROWS_OF = np.array([[0.5, 2.25, 0.5, -1.5]])

ROWS = [
    case("gather_nd", data=(3, 4), indices=PAIRS, fixed=("indices",)),
    case("gather_nd", data=(3, 4), indices=ROWS_OF[:, :3] * 0.8, note="fractions are cut off"),
    case("gather_nd", data=(3, 4, 2), indices=PAIRS.reshape(2, 3, 1), fixed=("indices",)),
    case("gather_nd", data=(3, 4), indices=np.array([[-1, -3, 1]]), fixed=("indices",), note="from the end"),
    case("scatter_nd", {"shape": (3, 4)}, data=(2,), indices=PAIRS[:, :2], fixed=("indices",)),
    case("scatter_nd", {"shape": (3, 2)}, data=(2, 2), indices=np.array([[1.5, 0.5]])),
    case("scatter_nd", {"shape": (3,)}, data=(2, 1), indices=np.array([[[-1], [0]]]), fixed=("indices",)),
    case("_scatter_set_nd", {"shape": (3, 4)}, lhs=(3, 4), rhs=(3,), indices=PAIRS),
    case("_scatter_set_nd", {"shape": (3, 4)}, lhs=(3, 4), rhs=(2, 4), indices=np.array([[2, 0]])),
    case("batch_take", a=(3, 4), indices=np.array([7, -1, 1], np.int32)),
    case("_ravel_multi_index", {"shape": (7, 6)}, data=np.array([[3, 6, 6.5], [4, 5.7, 1]])),
    case("_ravel_multi_index", {"shape": (-1, 6)}, data=np.array([[9, -1], [4, 50]]), note="no bounds"),
    case("_ravel_multi_index", {"shape": (2, 3, 4)}, data=np.array([[1], [2], [3]])),
    case("_unravel_index", {"shape": (7, 6)}, data=np.array([22.5, 41, 37, -1, 100])),
    case("_unravel_index", {"shape": (-1, 3, 2)}, data=np.array([[11, 0], [5, 23]])),
    case("_contrib_index_array", data=(3, 2)),
    case("_contrib_index_array", {"axes": (1, 0, -1)}, data=(2, 1, 3)),
    case(
        "_contrib_index_copy",
        old_tensor=(5, 2),
        index_vector=np.array([0, 4, 2]),
        new_tensor=(3, 2),
        fixed=("index_vector",),
    ),
    case("_contrib_index_copy", old_tensor=(5,), index_vector=np.array([0.5, 3.5]), new_tensor=(2,)),
]
