"""Rows of the operators that compute little or nothing."""

import numpy as np

from tests.check import case

BROKEN = np.array([1.0, np.nan, np.inf])

ROWS = [
    case("_identity_with_attr_like_rhs", lhs=(2, 3), rhs=(2, 3)),
    case("_CrossDeviceCopy", data=(2, 3)),
    case("_copyto", data=(2, 3)),
    case("cast_storage", {"stype": "csr"}, data=(2, 3)),
    case("amp_cast", {"dtype": "float32"}, data=(2, 3)),
    case("amp_cast", {"dtype": "float32"}, data=np.array([1, 2]), fixed=("data",), note="integers stay"),
    case("amp_multicast", a=(2, 3), b=(4,)),
    case("amp_multicast", {"cast_narrow": True}, a=(2, 3)),
    case("all_finite", data=(2, 3)),
    case("all_finite", data=BROKEN),
    case("multi_all_finite", a=(2, 3), b=(1,)),
    case("multi_all_finite", a=(2, 3), b=BROKEN),
]
