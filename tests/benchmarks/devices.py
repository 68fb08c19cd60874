"""Data parallel training on one machine: a step of ResNet-20 on 128 pictures by one device and by two, a thread each.

    SYMCLI_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.devices

prints the least and the median milliseconds of a step and how many times faster two devices are.
"""

import os
import statistics
import sys
import time

os.environ.setdefault("SYMCLI_NUM_THREADS", "1")  # of each device
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import symcli as mx
from symcli.spec.network import load_network
from tests.house.source import ROOT

__all__ = ["measured"]

BATCH, STEPS = 128, 12


def measured(devices: int, steps: int = STEPS) -> list[float]:
    """Return the seconds of each of ``steps`` training steps, after three that compile and warm up."""
    network = load_network(str(ROOT / "configs/networks/resnet20.yaml")).symbol
    rng = np.random.RandomState(0)
    images, labels = mx.nd.array(rng.rand(BATCH, 3, 32, 32)), mx.nd.array(rng.randint(0, 10, BATCH))
    module = mx.mod.Module(network, context=[mx.cpu(i) for i in range(devices)])
    module.bind([("data", images.shape)], [("softmax_label", labels.shape)])
    module.init_params(mx.init.Xavier())
    module.init_optimizer(optimizer_params={"momentum": 0.9, "wd": 1e-4})
    batch, seconds = mx.io.DataBatch([images], [labels]), []
    for _ in range(steps + 3):
        begin = time.perf_counter()
        module.forward_backward(batch)
        module.update()
        module.get_outputs()[0].asnumpy()
        seconds.append(time.perf_counter() - begin)
    return seconds[3:]


def main() -> None:
    times = {devices: measured(devices) for devices in (1, 2)}
    for devices, seconds in times.items():
        print(f"{devices} device{'s' * (devices > 1)}: {1e3 * min(seconds):.1f} ms least, "
              f"{1e3 * statistics.median(seconds):.1f} ms median")  # fmt: skip
    least, median = (choose(times[1]) / choose(times[2]) for choose in (min, statistics.median))
    print(f"two devices are {least:.2f} times faster by the least, {median:.2f} by the median")


if __name__ == "__main__":
    sys.exit(main())
