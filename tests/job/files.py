"""Small job files for tests."""

from pathlib import Path

import numpy as np

__all__ = ["DIGITS", "ROOT", "digits_job"]

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "datasets" / "digits" / "digits.npz"

_JOB = """\
vars: {{classes: 10}}
network:
  name: digits
  inputs: {{data: {shape}, softmax_label: [batch]}}
  graph:
    softmax: [Flatten, {{FullyConnected: {{name: fc, num_hidden: $classes}}}}, SoftmaxOutput]
data:
  train: {{npz: {{path: digits.npz, data: images, label: labels, shuffle: true}}}}
  transforms: {{all: [{transforms}]}}
train: {{epochs: 2, batch_size: 20, seed: 3, optimizer: {{sgd: {{learning_rate: 0.5}}}}}}
"""


def digits_job(folder, shape="[batch, 1, 8, 8]", transforms="{to_tensor: {max_value: 16}}", examples=100):
    """Write a job on the first embedded digits into a folder; return its path."""
    with np.load(DIGITS) as file:
        np.savez(folder / "digits.npz", images=file["images"][:examples], labels=file["labels"][:examples])
    (folder / "job.yaml").write_text(_JOB.format(shape=shape, transforms=transforms))
    return str(folder / "job.yaml")
