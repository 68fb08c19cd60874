"""Kills a training with SIGKILL at random moments and resumes it, until it has ended.

python -m tests.run.killing 50 [SEED]     50 kills; prints where each one fell
"""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from symcli.run.checkpoint import Position, newest
from tests.run.files import ROOT, bytes_of, job_file

__all__ = ["kill_and_resume"]

SAVED = re.compile(r"saved model-(\d+)(?:-(\d+))?")


def kill_and_resume(folder: Path, kills: int, seed: int, epochs: int) -> tuple[Path, list[str]]:
    """Train with so many kills, then to the end; return the run and a line for each kill.

    How far a process gets before it is killed does not depend on who is stalled: what it says is read up to its first
    checkpoint, and then it waits as soon as the pipe is full, which is 4 kB, or some 26 epochs, where the system lets
    it be so small. Elsewhere it may end before all kills are done; then there are fewer.

    Raises
    ------
    AssertionError
        If a checkpoint that was said to be saved is gone after a kill.
    """
    job_file(folder)
    choose, lines, saved = random.Random(seed), [], Position(0)
    path = folder / "runs" / "small" / "1"
    arguments = ["small.yaml", "--set", f"train.epochs={epochs}"]
    at = Position(0)
    while len(lines) < kills and at.epoch < epochs:
        with _started(folder, arguments) as process:
            said = _read_until_training(process)
            time.sleep(choose.uniform(0, 0.15))
            process.kill()
            said += process.stderr.read().decode().splitlines()
        reached = [Position(int(one[1]), int(one[2] or 0)) for one in map(SAVED.match, said) if one]
        saved = max([saved, *reached])
        found, broken = newest(path)
        at = found.position if found else Position(0)
        assert at >= saved, f"{saved.name} was saved; after the kill there is {at.name}; {broken}"
        assert not broken, broken
        lines.append(f"killed after {at.name}; left behind: {', '.join(_left(path)) or 'nothing'}")
        arguments = ["--resume", str(path)]
    with _started(folder, arguments) as process:
        said = process.communicate()[1]
        assert process.returncode == 0, said.decode()
    return path, lines


def _started(folder: Path, arguments: list[str]) -> subprocess.Popen:
    command = [sys.executable, "-m", "symcli", "train", "-v", *arguments]
    # Without a buffer of ours, what is not asked for stays in the pipe.
    return subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, bufsize=0,
                            pipesize=4096, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)  # fmt: skip


def _read_until_training(process: subprocess.Popen) -> list[str]:
    said = []
    for line in process.stderr:
        said.append(line.decode().rstrip())
        if said[-1].startswith("saved "):
            break
    return said


def _left(path: Path) -> list[str]:
    """Return what a kill has left half written."""
    return [re.sub(r"\.\w{8}$", ".…", one.name) for one in sorted(path.iterdir())
            if (one.name.startswith(".") and one.name != ".lock")
            or (one.suffix == ".params" and not one.with_suffix(".state").exists())]  # fmt: skip


def main() -> None:
    kills, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    folder = Path(tempfile.mkdtemp())
    (folder / "killed").mkdir(), (folder / "whole").mkdir()
    path, lines = kill_and_resume(folder / "killed", kills, seed, 30 * kills)
    whole, _ = kill_and_resume(folder / "whole", 0, seed, 30 * kills)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    same = bytes_of(path) == bytes_of(whole)
    sys.stdout.write(f"{len(lines)} kills; {'the same bytes' if same else 'OTHER BYTES'} as a run without any\n")
    shutil.rmtree(folder)
    sys.exit(not same)


if __name__ == "__main__":
    main()
