"""What stands between a workload's training step and the machine's peak: each instruction of its tapes, timed alone.

    SYMCLI_NUM_THREADS=1 python -m tests.benchmarks.roofline [WORKLOAD ...] [--seconds N] [--each]

First the peak: multiply-adds a second of a tile whose operands stay in the first cache, and bytes a second of a copy in
memory. Then each instruction in the order of the step, so that it finds the caches as it does there; those of one
kind are summed. *ideal* is what its multiplications would take at the peak, or its arrays once through memory where
that is longer and they exceed the last cache's share (16 MB); a Winograd kernel counts the multiplications that it
makes. What an instruction waits for the other threads is its own.
"""

import argparse
import statistics
import time
from collections import defaultdict

import numpy as np

import symcli as mx
from symcli import engine
from symcli.engine.jit import LANES
from tests.benchmarks.run import described
from tests.benchmarks.workers.timing import inputs

CACHED = 16e6  # bytes


def multiplications(name, a):
    """Return the multiply-adds of an instruction by its arguments; 0 if they are not what it is about."""
    tiles = 36 * LANES
    counts = {
        "gemm._product": lambda: a[7] * a[8] * a[9],
        "gemm.panel_product": lambda: a[6] * a[7] * a[8],
        "gemm.product_t": lambda: a[6] * a[7] * a[8],
        "packed.product": lambda: a[7] * a[8] * a[9],
        "recurrence.step": lambda: a[9] * a[10] * a[3].shape[-1],
        "recurrence.step_grad": lambda: a[12] * a[13] * a[4].shape[-1] * (not isinstance(a[1], int)),
        "winograd.winograd": lambda: a[3] * tiles * a[8] * a[9],
        "winograd.winograd_gradient": lambda: a[3] * tiles * a[7] * a[8],
        "shift.shift_convolution": lambda: a[7] * a[10] * a[11] * a[12] * a[16],
        "weight_gradient.weight_gradient": lambda: a[6] * a[9] * a[10] * a[11] * a[14],
        "weight_gradient.outer_gradient": lambda: a[4] * a[6] * a[7] * a[8],
    }
    return counts[name]() if name in counts else 0


def kind(instruction):
    """Return the family and name of an instruction."""
    body = instruction.body
    name = body.__name__
    if body.__module__.endswith("recurrence") and name == "body":
        name = body.__qualname__.split(".")[0].strip("_")
    return f"{body.__module__.rsplit('.', 1)[1]}.{name}"


def seconds(run, least=3, lasting=0.3):
    """Return the least seconds of several runs."""
    times, end = [], time.perf_counter() + lasting
    while len(times) < least or time.perf_counter() < end:
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return min(times)


def peaks():
    """Return the multiply-adds and the bytes a second of all threads together."""
    threads = engine.team.current().size
    k = 256
    a, b = np.ones((12 * threads, k), np.float32), np.ones((k, 2 * LANES), np.float32)
    c = np.zeros((12 * threads, 2 * LANES), np.float32)
    times = 2000
    product = engine.gemm.product.__globals__["_product"].run
    tape = engine.instruction.Tape(
        [(product, (a, k, 1, b, 2 * LANES, c, 2 * LANES, len(a), 2 * LANES, k, 0, 0))] * times
    )
    rate = times * a.size * 2 * LANES / seconds(tape)
    x, y = np.ones(1 << 25, np.float32), np.ones(1 << 25, np.float32)
    scale = engine.instruction.Tape([(engine.elementwise.scale.run, (x, y, 2.0, 0.0, 0, x.size))])
    return rate, 2 * x.nbytes / seconds(scale)


def trained(name):
    """Return a module after two steps of a workload, and its step."""
    work, symbol = described(name)
    arrays = inputs(work)
    labels = [one for one in arrays if one.endswith("label")]
    data = [one for one in arrays if one not in labels]
    along = {"W6": {"data": "TN", "softmax_label": "T"}}.get(name, {})
    module = mx.mod.Module(symbol, data, labels)
    module.bind(*([mx.io.DataDesc(one, arrays[one].shape, layout=along.get(one, "NCHW")) for one in names]
                  for names in (data, labels)))  # fmt: skip
    module.init_params(mx.init.Xavier())
    module.init_optimizer(
        optimizer="sgd", optimizer_params={"learning_rate": 1e-4, "momentum": work.get("momentum", 0)}
    )
    batch = mx.io.DataBatch([mx.nd.array(arrays[one]) for one in data], [mx.nd.array(arrays[one]) for one in labels])

    def step():
        module.forward_backward(batch)
        module.update()

    step()
    step()
    return module, step


def calls_of(module):
    """Return the recorded calls of a step: (what of it, function, arguments)."""
    passes = module._group.execs[0]._passes()
    found = []
    for what, records in (("forward", passes._forwards), ("backward", passes._backwards)):
        for record in records.values():
            found += [(what, *call) for call in (*record._preparations, *record._calls)]
    return found


def timed(module, step, lasting):
    """Return the milliseconds of a step, and of each call and instruction in it: medians and lowest."""
    calls = calls_of(module)
    times, whole, tapes = defaultdict(list), [], []
    end = time.perf_counter() + lasting
    clock = time.perf_counter
    while clock() < end or len(whole) < 3:
        begin = clock()
        step()
        whole.append(clock() - begin)
        begin = clock()
        for _, function, arguments in calls:
            function(*arguments)
        tapes.append(clock() - begin)
        for i, (_, function, arguments) in enumerate(calls):
            if not hasattr(function, "run_one"):
                begin = clock()
                function(*arguments)
                times[i, -1].append(clock() - begin)
                continue
            for j in range(len(function.calls)):
                begin = clock()
                function.run_one(j)
                times[i, j].append(clock() - begin)
    return calls, {key: statistics.median(values) for key, values in times.items()}, whole, tapes


def table(name, rate, bandwidth, lasting, each):
    """Print the table of a workload."""
    module, step = trained(name)
    calls, times, whole, tapes = timed(module, step, lasting)
    rows = defaultdict(lambda: [0, 0.0, 0.0, 0.0])
    for (i, j), took in times.items():
        what, function, arguments = calls[i]
        if j < 0:
            key, work, nbytes = f"{what} {function.__name__}", 0, 0
        else:
            instruction, arguments = function.calls[j]
            key = f"{what} {kind(instruction)}"
            work = multiplications(kind(instruction), arguments)
            spans = {one.__array_interface__["data"][0]: one.nbytes for one in arguments if isinstance(one, np.ndarray)}
            nbytes = sum(spans.values())
        if each:
            print(f"    {took * 1e3:9.4f} ms  {work / took / 5e8 if work else 0:7.1f} GFLOP/s  {key}  "
                  + " ".join(str(one) for one in arguments if not isinstance(one, np.ndarray)))  # fmt: skip
        ideal = max(work / rate, nbytes / bandwidth if nbytes > CACHED else 0)
        row = rows[key]
        row[0], row[1], row[2], row[3] = row[0] + 1, row[1] + took, row[2] + ideal, row[3] + work
    print(f"\n{name}: step {statistics.median(whole) * 1e3:.3f} ms (least {min(whole) * 1e3:.3f}), its forward and "
          f"backward tapes {statistics.median(tapes) * 1e3:.3f}; {engine.team.current().size} threads")  # fmt: skip
    print("| instruction | runs | ms | GFLOP/s | ideal ms | above ideal |")
    print("| --- | --- | --- | --- | --- | --- |")
    for key, (count, took, ideal, work) in sorted(rows.items(), key=lambda one: -one[1][1]):
        if took > 0.004 * sum(row[1] for row in rows.values()):
            rated = f"{2 * work / took / 1e9:.0f}" if work else ""
            print(f"| {key} | {count} | {took * 1e3:.3f} | {rated} | {ideal * 1e3:.3f} | {(took - ideal) * 1e3:.3f} |")
    total, ideal = sum(row[1] for row in rows.values()), sum(row[2] for row in rows.values())
    print(f"| all | {sum(row[0] for row in rows.values())} | {total * 1e3:.3f} | | {ideal * 1e3:.3f} | "
          f"{(total - ideal) * 1e3:.3f} |")  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("workloads", nargs="*", default=["W1", "W3", "W5", "W6"])
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each workload is repeated")
    parser.add_argument("--each", action="store_true", help="also each instruction by itself")
    given = parser.parse_args()
    rate, bandwidth = peaks()
    print(f"peak {2 * rate / 1e9:.0f} GFLOP/s, copy {bandwidth / 1e9:.1f} GB/s, {engine.team.current().size} threads")
    for name in given.workloads:
        table(name, rate, bandwidth, given.seconds, given.each)


if __name__ == "__main__":
    main()
