"""The twin of the histogram."""

import numpy as np

from tests.naive.twin import twin


@twin("_histogram")
def histogram(op, inputs, run):
    bins = inputs["bins"] if op.bin_cnt is None else op.bin_cnt
    return list(np.histogram(inputs["data"], bins, op.range))
