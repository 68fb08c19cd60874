"""Twins of the operators of two arrays."""

from tests.naive.twin import twin


@twin("elemwise_add")
def elemwise_add(op, inputs, run):
    return [inputs["lhs"] + inputs["rhs"]]
