"""Prepared data are there whole or not at all: interruptions, second runs, what is at the target already."""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time

import filelock
import pytest

from symcli.data.prepare import Cifar10, prepare
from symcli.data.prepare import staging as staging_room
from tests.data.prepare.archives import kaggle, png, tree, zipped


def run(source, target, **options):
    *_, result = prepare(Cifar10(**options), str(source), str(target))
    return result


def refused(source, target, **options):
    before = tree(target.parent)
    with pytest.raises(FileExistsError) as error:
        run(source, target, **options)
    assert tree(target.parent) == before
    return error.value.strerror.replace(str(target), "DST")


@pytest.fixture
def source(tmp_path):
    return kaggle(tmp_path / "src", {"cat": 12, "dog": 12})


@pytest.mark.parametrize("files", [2, 40, 200, 399])
def test_killed_process_leaves_nothing_at_the_target(tmp_path, files):
    source, target = kaggle(tmp_path / "src", {"cat": 100, "dog": 100}, test=2), tmp_path / "out" / "dst"
    command = [sys.executable, "-m", "symcli", "prepare-data", "cifar10", str(source), str(target)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # os.walk, and not glob, goes on where a folder is renamed meanwhile
    while sum(len(names) for _, _, names in os.walk(target.parent)) < files and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if target.exists():  # it was faster; the kill may still have met it on its way out, after the rename
        assert run(source, target).new is False
        return
    assert not target.exists() and len(list(target.parent.glob(".dst.*.partial"))) == 1
    assert run(source, target).new is True
    assert os.listdir(target.parent) == ["dst"]  # what the killed process had left is gone
    assert run(source, target).new is False


def test_interruption_from_the_keyboard_leaves_nothing(tmp_path, source):
    for step in prepare(Cifar10(), str(source), str(tmp_path / "out" / "dst")):
        if step.what == "writing":
            assert os.listdir(tmp_path / "out")
            break
    del step
    assert os.listdir(tmp_path / "out") == []


def test_full_disk_leaves_nothing(tmp_path, source, monkeypatch):
    written = staging_room.Staging.write

    def full(self, path, data, digest=None):
        if path.endswith("/17.png"):
            raise OSError(28, "No space left on device", path)
        written(self, path, data, digest)

    monkeypatch.setattr(staging_room.Staging, "write", full)
    with pytest.raises(OSError, match="No space left"):
        run(source, tmp_path / "out" / "dst")
    assert os.listdir(tmp_path / "out") == []


def test_an_error_in_writing_names_the_target(tmp_path, source):
    """The system itself refuses a file's bytes beyond a limit, and names no file then."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(OSError) as raised:
            run(source, tmp_path / "out" / "dst")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert (raised.value.errno, raised.value.filename) == (errno.EFBIG, str(tmp_path / "out" / "dst"))
    assert os.listdir(tmp_path / "out") == []


def test_second_run_does_nothing(tmp_path, source):
    target = tmp_path / "dst"
    first = run(source, target)
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*")}
    second = run(source, target)
    assert not second.new and second.manifest == json.loads(json.dumps(first.manifest))
    assert {path: path.stat().st_mtime_ns for path in target.rglob("*")} == before


def test_manifest_is_the_same_wherever_it_is_made(tmp_path, source):
    (tmp_path / "elsewhere").mkdir()
    source.rename(tmp_path / "elsewhere" / "src")
    made = []
    for place in (tmp_path / "elsewhere" / "src", kaggle(tmp_path / "again", {"cat": 12, "dog": 12})):
        run(place, tmp_path / f"dst{len(made)}")
        made.append((tmp_path / f"dst{len(made)}" / "manifest.json").read_bytes())
    assert made[0] == made[1] and str(tmp_path).encode() not in made[0]
    os.utime(tmp_path / "again" / "train.zip", (0, 0))
    assert run(tmp_path / "again", tmp_path / "dst0").new is False


def test_other_inputs_or_options_are_refused(tmp_path, source):
    target = tmp_path / "dst"
    run(source, target)
    help = "\n  help: remove DST and run this again, or give another folder; nothing was changed"
    assert refused(source, target, seed=3, link="copy") == (
        f"was prepared in another way: link was 'hard', now 'copy'; seed was 0, now 3{help}"
    )
    zipped(source / "test.zip", {"test/1.png": png(5)})
    (source / "trainLabels.csv").rename(source / "labels.csv")
    assert refused(source, target) == (
        "was prepared in another way: labels.csv is new; test.zip is another file; trainLabels.csv is gone" + help
    )


def test_missing_files_are_noticed(tmp_path, source):
    target = tmp_path / "dst"
    run(source, target)
    (target / "train_valid_test" / "test" / "unknown" / "2.png").unlink()
    assert refused(source, target).startswith(
        "is no longer what was prepared: train_valid_test/test/unknown has 2 of 3 files"
    )


def test_what_is_at_the_target_stays(tmp_path, source, monkeypatch):
    target = tmp_path / "dst"
    target.mkdir()
    (target / "notes").write_text("mine")
    assert refused(source, target) == (
        "is not empty, and has no manifest.json; nothing is overwritten: give a new folder"
    )
    (target / "manifest.json").write_text("{}")
    assert refused(source, target).startswith("is no manifest of prepared data")
    assert refused(source, target / "notes") == "is a file; give a new folder"
    (tmp_path / "empty").mkdir()
    assert run(source, tmp_path / "empty").new
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(FileExistsError, match="is the current folder"):
        run(source, ".")


def test_one_process_at_a_time(tmp_path, source):
    with filelock.FileLock(tmp_path / ".dst.lock"), pytest.raises(FileExistsError, match="another process prepares it"):
        run(source, tmp_path / "dst")
    assert run(source, tmp_path / "dst").new
    assert sorted(os.listdir(tmp_path)) == ["dst", "src"]


def test_permissions_are_those_of_other_folders(tmp_path, source):
    run(source, tmp_path / "dst")
    (tmp_path / "other").mkdir()
    assert (tmp_path / "dst").stat().st_mode == (tmp_path / "other").stat().st_mode
