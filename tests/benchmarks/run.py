"""Times symcli beside the libraries that are installed, and writes the table of docs/performance.md.

    python tests/benchmarks/run.py W2 W3i --torch PYTHON --mxnet PYTHON --onnxruntime PYTHON --results FILE
    python tests/benchmarks/run.py --results FILE --table
    python tests/benchmarks/run.py --results FILE --summary

Each measurement is a process of its own, under the interpreter that has the library; the libraries take turns,
round after round, and each measurement is one line of the results file, so that rounds may be made in pieces.
The table compares medians: those of the best mode of each library, and the ratio of the best peer to symcli in
each round, of which it shows median and lower quartile. The summary, which the README has, shows these ratios alone.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import yaml

from symcli.spec.shaped import load_shaped

HERE = Path(__file__).parent
WORKLOADS = yaml.safe_load((HERE / "workloads.yaml").read_text())
PEERS = ("torch", "mxnet", "onnxruntime")
TITLES = {"torch": "PyTorch", "mxnet": "MXNet", "onnxruntime": "ONNX Runtime", "symcli": "symcli"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("workloads", nargs="*", help=f"of {', '.join(WORKLOADS)}; all by default")
    for peer in PEERS:
        parser.add_argument(f"--{peer}", metavar="PYTHON", help=f"the interpreter that has {TITLES[peer]}")
    parser.add_argument("--rounds", type=int, default=5, help="how often each library takes its turn")
    parser.add_argument("--threads", default="2,1", help="numbers of threads, as 2,1")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each measurement repeats its step")
    parser.add_argument("--modes", help="only these, as symcli,torch:compile,mxnet:gluon")
    parser.add_argument("--fit", action="store_true", help="also time Module.fit on the training workloads")
    parser.add_argument("--results", default="results.jsonl", help="file that measurements are added to")
    parser.add_argument(
        "--figure",
        choices=("median", "p05"),
        default="median",
        help="of the steps of a measurement: p05, the 5th percentile, where the machine was not idle",
    )
    parser.add_argument("--table", action="store_true", help="measure nothing, print the table of the results")
    parser.add_argument("--summary", action="store_true", help="measure nothing, print the ratios alone")
    given = parser.parse_args()
    unknown = [name for name in given.workloads if name not in WORKLOADS]
    if unknown:
        parser.error(f"no workload {unknown[0]}; there are {', '.join(WORKLOADS)}")
    return given


def described(name):
    """Return what a worker must know of a workload, and its symbol."""
    work = {"name": name, **WORKLOADS[name]}
    defines = {word: str(size) for word, size in work.pop("sizes").items()}
    shaped = load_shaped(str((HERE / work.pop("network")).resolve()), defines=defines)
    roles = {node.name: node for node, role in shaped.roles().items() if role in ("input", "label")}
    known = shaped.closed(1).known
    return {**work, "inputs": {name: list(map(int, known[node, 0])) for name, node in roles.items()}}, \
        shaped.network.symbol  # fmt: skip


def modes(name, given):
    """Yield (library, mode, interpreter) for a workload, in the order of their turns."""
    images, trains = name[:2] not in ("W1", "W6"), "momentum" in WORKLOADS[name]
    yield "symcli", "module" if trains else "executor", sys.executable
    if given.fit and name in ("W2", "W3"):
        yield "symcli", "fit", sys.executable
    if given.torch:
        for mode in ("eager", *(["channels_last"] if images else []), "compile"):
            yield "torch", mode, given.torch
    if given.mxnet:
        detector = name.startswith("W5")
        fused = ["symbol-fused", "gluon-fused"] if images and not trains and not detector else []
        for mode in ("symbol", *([] if detector else ["gluon"]), *fused):
            yield "mxnet", mode, given.mxnet
    if given.onnxruntime and given.torch and not trains:
        yield "onnxruntime", "default", given.onnxruntime


def environment(library, threads):
    """Return the environment of a worker: its threads, and no setting of OpenBLAS that would hold NumPy back."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    if library != "symcli":
        kept.pop("PYTHONPATH", None)
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "SYMCLI_NUM_THREADS")
    return kept | dict.fromkeys(names, str(threads))


def call(library, interpreter, work):
    """Run a worker and return its measurement, or say why there is none."""
    command = [interpreter, str(HERE / "workers" / f"{library}_worker.py"),
               json.dumps({**work, "library": library, "started": time.time()})]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env=environment(library, work["threads"]))
    if done.returncode or (work["mode"] != "export" and not done.stdout.strip()):
        reason = (done.stderr.strip().splitlines() or ["no output"])[-1]
        print(f"{work['name']} {library} {work['mode']}: {reason}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1]) if work["mode"] != "export" else None


def measure(given):
    chosen = set(given.modes.split(",")) if given.modes else None
    with tempfile.TemporaryDirectory() as folder, open(given.results, "a", encoding="utf-8") as results:
        for name in given.workloads or WORKLOADS:
            work, symbol = described(name)
            work |= {"symbol": f"{folder}/{name}.json", "onnx": f"{folder}/{name}.onnx", "seconds": given.seconds}
            symbol.save(work["symbol"])
            turns = [one for one in modes(name, given) if not chosen or {one[0], f"{one[0]}:{one[1]}"} & chosen]
            if any(library == "onnxruntime" for library, _, _ in turns):
                call("torch", given.torch, {**work, "mode": "export", "threads": 1})
            for number in range(given.rounds):
                for threads in map(int, given.threads.split(",")):
                    for library, mode, interpreter in turns:
                        found = call(library, interpreter, {**work, "mode": mode, "threads": threads, "round": number})
                        if found:
                            found["round"] = time.time()  # rounds of several runs are told apart by their order
                            results.write(json.dumps(found) + "\n")
                            results.flush()
                            print(f"{name:7} {threads} {library:12} {mode:14} {found['median_ms']:10.3f} ms")


def quartile(values):
    """Return the lower quartile."""
    return statistics.quantiles(values, n=4, method="inclusive")[0] if len(values) > 1 else values[0]


def read(path):
    """Return the measurements of a results file: (workload, threads) -> (library, mode) -> list."""
    found = defaultdict(lambda: defaultdict(list))
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        found[one["workload"], one["threads"]][one["library"], one["mode"]].append(one)
    return found


def middle(measurements, figure):
    """Return the median of the rounds."""
    return statistics.median(one[figure] for one in measurements)


def best_modes(found, figure):
    """Return each library's fastest mode with its measurements."""
    best = {}
    for (library, mode), measurements in found.items():
        if mode != "fit" and (library not in best or middle(measurements, figure) < middle(best[library][1], figure)):
            best[library] = mode, measurements
    return best


def compared(best, figure):
    """Return the strongest peer and, for each round, its time over symcli's."""
    peers = [peer for peer in PEERS if peer in best]
    if not peers or "symcli" not in best:
        return None, []
    strongest = min(peers, key=lambda peer: middle(best[peer][1], figure))
    pairs = zip(best["symcli"][1], best[strongest][1], strict=False)
    return strongest, [other[figure] / own[figure] for own, other in pairs]


def row(name, threads, found, figure):
    """Return the cells of one workload: times of each library's best mode, ratio, memory, start."""
    best = best_modes(found, figure)
    times = {library: f"{middle(measurements, figure):.3g}" + (f" ({mode})" if library != "symcli" else "")
             for library, (mode, measurements) in best.items()}  # fmt: skip
    _, ratios = compared(best, figure)
    memory = {library: f"{max(one['peak_mb'] for one in best[library][1]):.0f}" for library in best}
    starts = [one["first_step_s"] for one in best["symcli"][1]] if "symcli" in best else []
    kind = "training" if "momentum" in WORKLOADS[name] else "inference"
    return (
        name, f"{WORKLOADS[name]['title']}, {kind}", str(threads), *(times.get(one, "") for one in TITLES),
        f"{statistics.median(ratios):.2f}" if ratios else "", f"{quartile(ratios):.2f}" if ratios else "",
        str(len(ratios)), " / ".join(memory.get(one, "-") for one in TITLES), f"{min(starts):.2f}" if starts else "",
    )  # fmt: skip


def table(path, figure="median"):
    """Return the Markdown table of a results file, of medians or 5th percentiles (p05) of the steps."""
    titles = ("", "workload", "threads", *(f"{title}, ms" for title in TITLES.values()), "ratio", "lower quartile",
              "rounds", "peak MB", "first step, s")  # fmt: skip
    order = list(WORKLOADS)
    found = sorted(read(path).items(), key=lambda item: (order.index(item[0][0]), -item[0][1]))
    rows = [titles, ["---"] * len(titles), *(row(*key, measurements, f"{figure}_ms") for key, measurements in found)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def summary(path, figure="median"):
    """Return a Markdown table of how many times faster symcli is than the best peer, the lower quartile of rounds."""
    found, rows = read(path), [("", "2 threads", "1 thread"), ["---"] * 3]
    for name in (name for name in WORKLOADS if any(name == key[0] for key in found)):
        cells = []
        for threads in (2, 1):
            peer, ratios = compared(best_modes(found.get((name, threads), {}), f"{figure}_ms"), f"{figure}_ms")
            cells.append(f"{quartile(ratios):.2f} ({TITLES[peer]})" if ratios else "")
        kind = "training" if "momentum" in WORKLOADS[name] else "inference"
        rows.append((f"{WORKLOADS[name]['title']}, {kind}", *cells))
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


if __name__ == "__main__":
    options = arguments()
    if not (options.table or options.summary):
        measure(options)
    print((summary if options.summary else table)(options.results, options.figure))
