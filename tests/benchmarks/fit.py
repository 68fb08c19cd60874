"""What ``Module.fit`` costs over the bare step: forward, backward and update of one batch that lies ready.

    python -m tests.benchmarks.fit [WORKLOAD ...]

Fit reads 16 batches an epoch from an NDArrayIter and computes accuracy, or accuracy and cross-entropy. Epochs and
as many bare steps take turns, so that both see the same machine; the fastest turn of each is printed, and the ratio.
"""

import logging
import sys
import time

import numpy as np

import symcli as mx
from tests.benchmarks.run import described
from tests.benchmarks.workers.timing import inputs

BATCHES, SECONDS = 16, 10.0
METRICS = {"accuracy": "acc", "accuracy, cross-entropy": ["acc", "ce"]}


def seconds(call):
    """Return how long a call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def measured(name):
    """Print milliseconds a batch, bare and by fit with each choice of metrics."""
    work, symbol = described(name)
    arrays = inputs(work)
    many = {one: np.concatenate([array] * BATCHES) for one, array in arrays.items()}
    data, label = ({one: array for one, array in many.items() if one.endswith("label") == labels}
                   for labels in (False, True))  # fmt: skip
    reader = mx.io.NDArrayIter(data, label, len(next(iter(arrays.values()))))
    values = {"learning_rate": 1e-4, "momentum": work["momentum"]}
    module = mx.mod.Module(symbol, list(data), list(label))
    module.bind(reader.provide_data, reader.provide_label)
    module.init_params(mx.init.Xavier())
    module.init_optimizer(optimizer="sgd", optimizer_params=values)
    batch = next(reader)
    reader.reset()

    def bare():
        for _ in range(BATCHES):
            module.forward_backward(batch)
            module.update()

    calls = {"bare": bare} | {
        shown: lambda metric=metric: module.fit(reader, num_epoch=1, eval_metric=metric)
        for shown, metric in METRICS.items()
    }
    times = {shown: [] for shown in calls}
    for call in calls.values():
        call()
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        for shown, call in calls.items():
            times[shown].append(seconds(call) / BATCHES * 1e3)
    fastest = {shown: min(found) for shown, found in times.items()}
    print(f"{name} {work['title']}: " + "; ".join(
        f"{shown} {best:.3f} ms" + (f" ({(best / fastest['bare'] - 1) * 100:+.1f} %)" if shown != "bare" else "")
        for shown, best in fastest.items()
    ), flush=True)  # fmt: skip


if __name__ == "__main__":
    logging.getLogger().setLevel(logging.ERROR)
    for workload in sys.argv[1:] or ["W1", "W2", "W3"]:
        measured(workload)
