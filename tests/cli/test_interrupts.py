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


# A training whose step does not end once it has been asked to: the first signal has come, and nothing is saved yet.
HELD_UP = """
import sys, time
from symcli.cli import main
from symcli.cli.interrupts import Interrupts

def asked(interrupts):
    if interrupts.signal:
        print("asked to end", file=sys.stderr, flush=True)
        time.sleep(60)
    return False

Interrupts.asked = asked
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def process(tmp_path, request):
    """Return a training process that is in its first epochs; a test's parameter is the program, by default symcli."""
    job_file(tmp_path)
    program = ["-c", request.param] if hasattr(request, "param") else ["-m", "symcli"]
    command = [sys.executable, *program, "train", "small.yaml", *LONG]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, text=True, stderr=subprocess.PIPE) as started:
        read_until(started, "epoch 2/")
        yield started
        started.kill()


def read_until(process, beginning):
    """Read what the process says, up to a line that begins so."""
    for line in process.stderr:
        if line.startswith(beginning):
            return
    raise AssertionError(f"it ended without saying {beginning!r}")


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


@pytest.mark.parametrize("process", [HELD_UP], indirect=True)
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_at_once(process, tmp_path, second):
    process.send_signal(signal.SIGINT)
    read_until(process, "asked to end")
    process.send_signal(second)
    assert process.wait(20) == 130
    # Neither saved nor overdue, which would be said: the process is gone as after a kill.
    assert process.stderr.read() == ""
    assert json.loads((tmp_path / "runs" / "small" / "1" / "run.json").read_text())["status"] == "running"


@pytest.mark.parametrize("process", [HELD_UP], indirect=True)
def test_a_step_that_does_not_end_is_given_up(process):
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert process.stderr.read().splitlines()[-1] == "interrupted; what was saved before is as it was"
