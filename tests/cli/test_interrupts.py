"""Ctrl-C and SIGTERM, in processes of their own.

Nothing here depends on who is faster: the training never ends by itself, how long it may take to save is set by the
test, and a process that hangs is killed by a timer that no working one meets.
"""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from symcli.cli import interrupts
from symcli.run.start import resume
from tests.run.files import ROOT, job_file

ENDLESS = ("--set", "train.epochs=1000000", "--set", "train.checkpoint.keep=1", "--set", "data.valid=")
HANGS = 300  # seconds; the commands take one or two
SAVING = "saving where it stands; Ctrl-C again stops at once, without saving"

# The command with as much patience as a test wants.
PATIENT = """
import sys
from symcli.cli import interrupts, main

interrupts.PATIENCE = {patience}
{more}
sys.exit(main(sys.argv[1:]))
"""

# Its step does not end once it has been asked to: the first signal has come, and nothing is saved yet.
HELD_UP = """
import time

def asked(self):
    if self.signal:
        print("asked to end", file=sys.stderr, flush=True)
        while True:
            time.sleep(0.1)
    return False

interrupts.Interrupts.asked = asked
"""


@pytest.fixture
def training(tmp_path):
    """Return a function that starts a training and waits until it is in its second epoch."""
    job_file(tmp_path)
    started = []

    def start(*options, patience=HANGS, more=""):
        program = PATIENT.format(patience=patience, more=more)
        process = subprocess.Popen(
            [sys.executable, "-c", program, "train", "small.yaml", *ENDLESS, *options], cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True, stderr=subprocess.PIPE,
        )  # fmt: skip
        timer = threading.Timer(HANGS, process.kill)
        timer.start()
        started.append((process, timer))
        return process

    yield start
    for process, timer in started:
        timer.cancel()
        process.kill()
        with process:
            pass


def read_until(process, beginning):
    """Read what the process says, up to a line that begins so."""
    for line in process.stderr:
        if line.startswith(beginning):
            return
    raise AssertionError(f"it ended without saying {beginning!r}")


def rest(process):
    """Return the exit code and the lines that are said until the end."""
    lines = process.stderr.read().splitlines()
    return process.wait(), lines


def status(folder):
    return json.loads((folder / "runs" / "small" / "1" / "run.json").read_text())["status"]


def test_saving_is_given_up_within_five_seconds():
    assert interrupts.PATIENCE < 5


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_ends(training, tmp_path, number, code):
    process = training()
    read_until(process, "epoch 2/")
    process.send_signal(number)
    ended, lines = rest(process)
    assert (ended, lines[-1]) == (code, "interrupted and saved; to go on: symcli train --resume runs/small/1")
    path = tmp_path / "runs" / "small" / "1"
    assert status(tmp_path) == "interrupted"
    again, broken = resume(str(path))
    again.folder.unlock()
    assert not broken and again.position.epoch == len((path / "metrics.jsonl").read_text().splitlines()) >= 2


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_at_once(training, tmp_path, second):
    process = training(more=HELD_UP)
    read_until(process, "epoch 2/")
    process.send_signal(signal.SIGINT)
    read_until(process, "asked to end")
    process.send_signal(second)
    # Neither saved nor overdue, which would be said: the process is gone as after a kill.
    assert rest(process) == (130, [])
    assert status(tmp_path) == "running"


def test_a_step_that_does_not_end_is_given_up(training):
    process = training(patience=0.1, more=HELD_UP)
    read_until(process, "epoch 2/")
    process.send_signal(signal.SIGINT)
    code, lines = rest(process)
    assert (code, lines[-1]) == (130, "interrupted; what was saved before is as it was")


def test_a_signal_is_answered_before_it_is_obeyed(training):
    process = training(more=HELD_UP)
    read_until(process, "epoch 2/")
    process.send_signal(signal.SIGINT)
    read_until(process, SAVING)
    read_until(process, "asked to end")


def test_a_quiet_training_does_not_answer(training):
    process = training("--quiet", more="from symcli.cli.screen import Screen\n"
                       "Screen.step = lambda *_: print('a step', file=sys.stderr)")  # fmt: skip
    read_until(process, "a step")
    process.send_signal(signal.SIGINT)
    code, lines = rest(process)
    assert code == 130 and set(lines) <= {"a step"}
