"""Twins of the operators of an array and a number."""

from tests.naive.twin import twin


@twin("_div_scalar")
def div_scalar(op, inputs, run):
    return [inputs["data"] / op.scalar]
