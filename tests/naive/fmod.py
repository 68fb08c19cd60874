"""Twins of the remainders with the sign of the dividend."""

import numpy as np

from tests.naive.twin import twin


def truncated(a, b):
    return np.where(b == 0, 0.0, a - b * np.trunc(a / np.where(b == 0, 1.0, b)))


@twin("broadcast_fmod")
def fmod(op, inputs, run):
    return [truncated(inputs["lhs"], inputs["rhs"])]


@twin("_fmod_scalar")
def fmod_scalar(op, inputs, run):
    return [truncated(inputs["data"], op.scalar)]


@twin("_rfmod_scalar")
def rfmod_scalar(op, inputs, run):
    return [truncated(op.scalar, inputs["data"])]
