"""What each worker does with its step: run it, time it, say so in one line of JSON.

A worker is called ``python WORKER.py DESCRIPTION`` where the description is a JSON document that ``run.py``
writes: name, shapes of the inputs, what bounds their numbers, threads, mode, seconds, the time of the start.
Only NumPy and the library under test are imported, so that any interpreter that has both can run it.
"""

import json
import resource
import sys
import time

import numpy as np

WARM_UP, LEAST, MOST = 3, 3, 3000


def description():
    """Return what this process is to do."""
    return json.loads(sys.argv[1])


def inputs(work):
    """Return the arrays of a workload by name: measurements, indices, class numbers, or one box an image."""
    draw, made = np.random.RandomState(0), {}
    for name, shape in work["inputs"].items():
        if name == "label":  # (images, objects, 5): class 0 and a box well inside the image
            centre, half = draw.rand(*shape[:2], 2) * 0.4 + 0.3, draw.rand(*shape[:2], 2) * 0.1 + 0.1
            made[name] = np.concatenate([np.zeros((*shape[:2], 1)), centre - half, centre + half], 2).astype("float32")
        elif name.endswith("label"):
            made[name] = draw.randint(0, work.get("classes", 1), shape).astype("float32")
        elif "indices" in work:
            made[name] = draw.randint(0, work["indices"], shape).astype("float32")
        else:
            made[name] = draw.randn(*shape).astype("float32")
    return made


def report(work, step):
    """Time a step for the given seconds and print the measurement.

    Milliseconds: median and 5th percentile of the steps (a call of ``step`` may hold several, ``steps_at_once``);
    seconds from the start of the process to the end of the first step; the most memory that the process has
    taken (MB = 10^6 bytes).
    """
    at_once = work.get("steps_at_once", 1)
    step()
    first = time.time() - work["started"]
    end = time.perf_counter() + work["seconds"]
    for _ in range(WARM_UP):
        if time.perf_counter() < end:
            step()
    times, end = [], time.perf_counter() + work["seconds"]
    while (time.perf_counter() < end or len(times) < LEAST) and len(times) < MOST:
        begin = time.perf_counter()
        step()
        times.append((time.perf_counter() - begin) / at_once)
    times.sort()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({
        "workload": work["name"], "library": work["library"], "mode": work["mode"], "threads": work["threads"],
        "round": work["round"], "median_ms": times[len(times) // 2] * 1e3, "p05_ms": times[len(times) // 20] * 1e3,
        "steps": len(times) * at_once, "first_step_s": first, "peak_mb": peak / 1e6,
    }), flush=True)  # fmt: skip
