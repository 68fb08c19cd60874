"""Record what MXNet 1.9.1 makes of the runs of ``tests/train/drawn.py``::

    $ PYTHONPATH=. PYTHON tests/train/samples/make_drawn.py

``PYTHON`` is that of an environment with MXNet. Writes ``drawn.npz`` beside this file: of an optimizer (run, update,
entries of all weights), of a metric (run, batch, [get, get_global]), of an initializer (run, entries of all variables).
"""

from pathlib import Path

import mxnet as mx
import numpy as np

from tests.train import drawn


def main() -> None:
    if mx.__version__ != "1.9.1":
        raise SystemExit(f"MXNet {mx.__version__}; needs 1.9.1, which the samples are of")
    found = {}
    for name in drawn.OPTIMIZERS:
        runs = [drawn.optimizer_run(mx, name, seed) for seed in range(drawn.RUNS)]
        found[f"optimizer {name}"] = np.stack([np.concatenate(list(run.values()), 1) for run in runs]).astype(
            np.float32
        )
    for name in drawn.METRICS:
        found[f"metric {name}"] = np.stack([drawn.metric_run(mx, name, seed) for seed in range(drawn.RUNS)])
    for name in drawn.INITIALIZERS:
        runs = [drawn.initializer_run(mx, name, seed) for seed in range(drawn.RUNS)]
        found[f"initializer {name}"] = np.float32([np.concatenate(list(run.values())) for run in runs])
    np.savez_compressed(Path(__file__).with_name("drawn.npz"), **found)


if __name__ == "__main__":
    main()
