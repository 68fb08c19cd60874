"""Ctrl-C and SIGTERM, in processes of their own."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from symcli.run.start import resume
from tests.run.files import ROOT, job_file

LONG = ("--set", "train.epochs=300", "--set", "train.checkpoint.keep=1", "--set", "data.valid=")


@pytest.fixture
def process(tmp_path):
    """Return a training process that is in its first epochs."""
    job_file(tmp_path)
    command = [sys.executable, "-m", "symcli", "train", "small.yaml", *LONG]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, text=True, stderr=subprocess.PIPE) as started:
        for line in started.stderr:
            if line.startswith("epoch 2/"):
                break
        yield started
        started.kill()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_ends(process, tmp_path, number, code):
    begin = time.monotonic()
    process.send_signal(number)
    assert process.wait(20) == code
    assert time.monotonic() - begin < 5
    assert process.stderr.read().splitlines()[-1] == (
        "interrupted and saved; to go on: symcli train --resume runs/small/1"
    )
    path = tmp_path / "runs" / "small" / "1"
    assert json.loads((path / "run.json").read_text())["status"] == "interrupted"
    training, broken = resume(str(path))
    training.folder.unlock()
    assert not broken and training.position.epoch == len((path / "metrics.jsonl").read_text().splitlines()) >= 2


def test_a_second_signal_ends_at_once(process):
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 130
