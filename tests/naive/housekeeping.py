"""Twins of the operators that compute little or nothing."""

import numpy as np

from tests.naive.twin import twin


@twin("_identity_with_attr_like_rhs", "_CrossDeviceCopy", "_copyto", "cast_storage", "amp_cast")
def identity(op, inputs, run):
    return [next(iter(inputs.values()))]


@twin("amp_multicast")
def amp_multicast(op, inputs, run):
    return list(inputs.values())


@twin("all_finite", "multi_all_finite")
def all_finite(op, inputs, run):
    return [[float(all(np.isfinite(array).all() for array in inputs.values()))]]
