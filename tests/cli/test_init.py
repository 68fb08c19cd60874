"""``symcli init``: a job in a folder of its own that works there, written whole or not at all."""

import os
import re
from pathlib import Path

import pytest

from symcli.job import start
from symcli.job.job import load_job
from tests.cli.run import run
from tests.job.files import DIGITS, ROOT


@pytest.mark.parametrize("name", start.jobs_to_start_from())
def test_job_works_where_it_is_written(capsys, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    answer = run(capsys, "init", name, "first/try")
    job = f"first/try/{name}.yaml"
    assert (answer.code, answer.err) == (0, "")
    *written, empty, line = answer.out.splitlines()
    assert written[0] == job and (empty, line) == ("", f"next: symcli train {job}")
    assert all(Path(path).exists() for path in written) and os.listdir("first") == ["try"]
    found = load_job(job)
    assert len(found.data.train.make().open()) == {"bccd-tiny-ssd": 30}.get(name, 1258)
    text = run(capsys, "config", job).out
    assert str(ROOT) not in text and str(tmp_path / "first" / "try" / "data") in text


def test_files_of_a_job(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = run(capsys, "init", "digits-mlp", "a")
    assert answer.out.splitlines()[:3] == ["a/digits-mlp.yaml", "a/data/digits/digits.npz", "a/data/digits/README.md"]
    assert Path("a/data/digits/digits.npz").read_bytes() == DIGITS.read_bytes()
    run(capsys, "init", "digits-record", "b")
    assert {"train.rec", "train.idx", "synset.txt", "README.md"} <= set(os.listdir("b/data/digits-rec"))
    assert list(load_job("b/digits-record.yaml").data.train.make().open().classes) == list("0123456789")
    run(capsys, "init", "digits-fine-tune", "c")
    assert sorted(os.listdir("c/data/models")) == ["README.md", "digits-lenet-0011.params"]


def test_names_of_jobs(capsys, tmp_path):
    known = ["bccd-tiny-ssd", "digits-fine-tune", "digits-lenet", "digits-mlp", "digits-record"]
    assert start.jobs_to_start_from() == known
    assert all(name in run(capsys, "init", "--help").out for name in known)
    assert run(capsys, "init", "digits", str(tmp_path / "a")).code == 0
    assert (tmp_path / "a" / "digits-lenet.yaml").exists()
    answer = run(capsys, "init", "digits-lnet", str(tmp_path / "b"))
    assert answer.code == 2 and "did you mean 'digits-lenet'?  jobs: bccd-tiny-ssd, digits-fine-tune" in answer.err
    assert not (tmp_path / "b").exists()


def test_nothing_is_overwritten(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes").write_text("mine")
    answer = run(capsys, "init", "digits", "mine")
    assert answer == (4, "", "mine: is not empty; nothing is overwritten: give a new folder\n")
    assert os.listdir("mine") == ["notes"] and os.listdir(".") == ["mine"]
    assert run(capsys, "init", "digits", "mine/notes").code == 4


def test_empty_folder_is_filled(capsys, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert run(capsys, "init", "digits", ".").code == 0
    assert sorted(os.listdir(".")) == ["data", "digits-lenet.yaml"] and os.listdir("..") == ["here"]


def test_interruption_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "digits.npz")

    monkeypatch.setattr(start.shutil, "copyfile", full)
    with pytest.raises(OSError) as raised:
        start.write_start("digits", str(tmp_path / "a"))
    assert raised.value.filename == str(tmp_path / "a") and os.listdir(tmp_path) == []


def test_files_that_files_name_come_along(tmp_path, monkeypatch):
    source = tmp_path / "configs"
    (source / "jobs").mkdir(parents=True)
    (source / "blocks").mkdir()
    (source / "jobs" / "own.yaml").write_text(
        "network: {file: ../net.yaml}  # mine\ndata: {train: {csv: {path: ../a.csv}}}\n"
    )
    (source / "net.yaml").write_text("network: {blocks: {file: [blocks/dense.yaml]}, graph: {out: relu(data)}}\n")
    (source / "blocks" / "dense.yaml").write_text("blocks: {}\n")
    (source / "a.csv").write_text("1,2\n")
    monkeypatch.setattr(start, "JOBS", source / "jobs")
    written = start.write_start("own", str(tmp_path / "new"))
    assert [os.path.relpath(path, tmp_path / "new") for path in written] == [
        "own.yaml", "data/configs/a.csv", "networks/net.yaml", "networks/dense.yaml"
    ]  # fmt: skip
    text = (tmp_path / "new" / "own.yaml").read_text()
    assert text == "network: {file: networks/net.yaml}  # mine\ndata: {train: {csv: {path: data/configs/a.csv}}}\n"
    assert "file: [dense.yaml]" in (tmp_path / "new" / "networks" / "net.yaml").read_text()


def test_what_init_needs_travels_in_the_wheel():
    listed = re.search(r"\[options.package_data\]\nsymcli =\n((?:    .*\n)+)", (ROOT / "setup.cfg").read_text())
    patterns = listed[1].split()
    package = ROOT / "symcli"
    found = {path.resolve() for pattern in patterns for path in package.glob(pattern)}
    data = ("digits", "digits-rec", "bccd-tiny", "bccd-tiny/images")
    wanted = {*ROOT.glob("configs/**/*.yaml"), *ROOT.glob("configs/models/*"),
              *(path for name in data for path in (ROOT / "datasets" / name).iterdir() if path.is_file())}  # fmt: skip
    assert {path.resolve() for path in wanted} <= found
