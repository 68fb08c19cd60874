"""Twins of the losses whose output is the loss itself."""

from itertools import groupby, product

import numpy as np

from tests.naive.softmax import softmax_of
from tests.naive.twin import twin


@twin("softmax_cross_entropy")
def softmax_cross_entropy(op, inputs, run):
    p = softmax_of(inputs["data"], 1)
    labels = inputs["label"].astype(int)
    found = [p[n, c] if 0 <= c < p.shape[1] else 0 for n, c in enumerate(labels)]
    return [-np.log(np.maximum(found, 1e-8)).sum(keepdims=True)]


@twin("CTCLoss")
def ctc_loss(op, inputs, run):
    """Add up the probabilities of all paths, one by one."""
    p = softmax_of(inputs["data"], 2)
    steps, samples, classes = p.shape
    blank, padding = (0, 0) if op.blank_label == "first" else (classes - 1, -1)
    losses = []
    for n in range(samples):
        count = int(inputs["data_lengths"][n]) if op.use_data_lengths else steps
        label = [int(c) for c in inputs["label"][n]]
        if op.use_label_lengths:
            label = label[: int(inputs["label_lengths"][n])]
        elif padding in label:
            label = label[: label.index(padding)]
        total = 0.0
        for path in product(range(classes), repeat=count):
            if [c for c, _ in groupby(path) if c != blank] == label:
                total += np.prod([p[t, n, c] for t, c in enumerate(path)])
        losses.append(-np.log(total) if total else 0.0)
    return [np.array(losses)]
