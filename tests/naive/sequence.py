"""Twins of the operators on sequences."""

import numpy as np

from tests.naive.twin import twin


def by_steps(op, inputs):
    """Return data with the steps first, and the length of each sequence."""
    x = np.moveaxis(inputs["data"], op.axis, 0)
    steps = len(x)
    return x, inputs["sequence_length"].astype(int).clip(0, steps) if op.use_sequence_length else [steps] * x.shape[1]


@twin("SequenceLast")
def sequence_last(op, inputs, run):
    x, lengths = by_steps(op, inputs)
    return [np.stack([x[max(end - 1, 0), n] for n, end in enumerate(lengths)])]


@twin("SequenceMask")
def sequence_mask(op, inputs, run):
    x, lengths = by_steps(op, inputs)
    out = x.copy()
    for n, end in enumerate(lengths):
        out[end:, n] = op.value
    return [np.moveaxis(out, 0, op.axis)]


@twin("SequenceReverse")
def sequence_reverse(op, inputs, run):
    x, lengths = by_steps(op, inputs)
    out = x.copy()
    for n, end in enumerate(lengths):
        out[:end, n] = x[:end, n][::-1]
    return [out]
