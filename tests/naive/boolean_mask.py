"""Rows taken by a mask."""

from tests.naive.twin import twin


@twin("_contrib_boolean_mask")
def boolean_mask(op, inputs, run):
    return [inputs["data"][inputs["index"] != 0]]
