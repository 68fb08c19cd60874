"""Small runs for tests."""

from pathlib import Path

from symcli.job.job import load_job
from symcli.run.start import begin, resume
from symcli.run.training import Ended
from tests.job.files import DIGITS, ROOT

__all__ = ["DIGITS", "ROOT", "bytes_of", "go_on", "job_file", "train"]

_JOB = f"""\
network:
  name: small
  inputs: {{data: [batch, 1, 8, 8], softmax_label: [batch]}}
  graph:
    softmax:
      - Flatten
      - FullyConnected: {{name: fc1, num_hidden: 16}}
      - BatchNorm: {{name: bn, fix_gamma: false}}
      - Activation: relu
      - Dropout: {{p: 0.2}}
      - FullyConnected: {{name: fc2, num_hidden: 10}}
      - SoftmaxOutput
data:
  train: {{npz: {{path: {DIGITS}, data: images, label: labels, take: "0:150", shuffle: true}}}}
  valid: {{npz: {{path: {DIGITS}, data: images, label: labels, take: "150:200"}}}}
  transforms:
    train: [random_flip_left_right]
    all: [{{to_tensor: {{max_value: 16}}}}]
train:
  epochs: 4
  batch_size: 32
  seed: 3
  optimizer: {{adam: {{learning_rate: 0.01}}}}
  lr_scheduler: {{cosine: {{warmup_epochs: 1}}}}
  checkpoint: {{keep: 2, best: accuracy}}
"""


def job_file(folder):
    """Write a job on 150 digits, 5 batches an epoch, with dropout, BatchNorm and random flips; return its path."""
    path = Path(folder) / "small.yaml"
    path.write_text(_JOB)
    return str(path)


def train(folder, *overrides, batches=None):
    """Train the job in ``folder``, interrupted after so many batches if they are given; return the run's path."""
    return _ended(begin(load_job(job_file(folder), list(overrides)), str(Path(folder) / "runs")), batches)


def go_on(path, batches=None):
    """Resume a run."""
    return _ended(resume(str(path))[0], batches)


def _ended(training, batches):
    done = 0

    def interrupted():
        nonlocal done
        done += 1
        return batches is not None and done >= batches

    events = list(training.run(interrupted))
    assert isinstance(events[-1], Ended)
    return training.folder.path


def bytes_of(path):
    """Return the files of a run whose bytes a resume must reproduce."""
    names = [one for one in Path(path).iterdir() if one.suffix in (".params", ".state") or one.name == "metrics.jsonl"]
    return {one.name: one.read_bytes() for one in sorted(names)}
