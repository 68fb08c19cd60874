"""Times from starting a process to the end of its first training step, for every network of configs/.

    python tests/benchmarks/start.py [NETWORK...] [--warm] [--results FILE]

Each network is measured in a process of its own with an empty cache of kernels, which is deleted afterwards; with
--warm once more over the cache that this has filled. Seconds are of the wall clock and of the processor; where other
programs run, the second tells what an idle machine would take at most. The last column counts the kernels compiled.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
NETWORKS = sorted(path.stem for path in (ROOT / "configs" / "networks").glob("*.yaml"))
LARGEST = 1 << 28  # elements of all values of a batch; networks that have more are measured with fewer samples


def step(name: str) -> None:
    """Bind a network, run one training step, and print what the process took."""
    import numpy as np

    import symcli as mx
    from symcli import kernels
    from symcli.spec.shaped import load_shaped

    path = str(ROOT / "configs" / "networks" / f"{name}.yaml")
    for batch in (32, 8, 2, 1):
        shaped = load_shaped(path, defines={"batch": str(batch)})
        known = shaped.closed(4).known
        if sum(int(np.prod(shape)) for shape in known.values()) <= LARGEST:
            break
    roles = {node.name: tuple(known[node, 0]) for node, role in shaped.roles().items() if role in ("input", "label")}
    labels = [one for one, role in ((node.name, role) for node, role in shaped.roles().items()) if role == "label"]
    data = [one for one in roles if one not in labels]
    module = mx.mod.Module(shaped.network.symbol, data, labels)
    module.bind([(one, roles[one]) for one in data], [(one, roles[one]) for one in labels] or None)
    module.init_params(mx.init.Xavier())
    module.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 1e-4, "momentum": 0.9})
    filled = [[mx.nd.zeros(roles[one]) for one in names] for names in (data, labels)]
    module.forward_backward(mx.io.DataBatch(*filled))
    module.update()
    used = os.times()
    print(json.dumps({
        "network": name, "batch": batch, "seconds": time.time() - float(os.environ["STARTED"]),
        "processor": used.user + used.system + used.children_user + used.children_system,
        "kernels": len([*kernels.cache.directory().rglob("*.nbc")]),
    }))  # fmt: skip


def measured(name: str, cache: str) -> dict:
    environment = {**os.environ, "SYMCLI_CACHE_DIR": cache, "STARTED": repr(time.time()), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, __file__, "--step", name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        return {"network": name, "error": done.stderr.strip().splitlines()[-1]}
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("networks", nargs="*", help=f"of {', '.join(NETWORKS)}; all by default")
    parser.add_argument("--warm", action="store_true", help="measure each a second time")
    parser.add_argument("--results", help="file that measurements are added to, one a line")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        step(given.step)
        return
    print("| network | batch | start | wall, s | processor, s | kernels |\n| --- | --- | --- | --- | --- | --- |")
    for name in given.networks or NETWORKS:
        with tempfile.TemporaryDirectory() as cache:
            for start in ("cold", "warm")[: 1 + given.warm]:
                found = {"start": start, **measured(name, cache)}
                if given.results:
                    with open(given.results, "a") as file:
                        file.write(json.dumps(found) + "\n")
                cells = [found.get("batch", ""), start, *(
                    f"{found[key]:.1f}" if key in found else found.get("error", "") for key in ("seconds", "processor")
                ), found.get("kernels", "")]  # fmt: skip
                print("| " + " | ".join(map(str, [name, *cells])) + " |", flush=True)


if __name__ == "__main__":
    main()
