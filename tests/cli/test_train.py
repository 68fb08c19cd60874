"""``symcli train``: what a person sees, and the exit codes."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.run import run
from tests.run.files import job_file


@pytest.fixture
def job(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job_file(tmp_path)
    return "small.yaml"


def without_times(text):
    return re.sub(r"\d+\.\d s, \d+ images/s, data \d+%", "TIMES", re.sub(r"\d\.\d{4}", "N", text))


def test_a_run(capsys, job):
    found = run(capsys, "train", job, "--set", "train.epochs=2")
    assert found.code == 0
    assert re.sub("epoch [12],", "epoch BEST,", without_times(found.out)) == (
        "valid accuracy N, cross-entropy N after epoch BEST, the best by accuracy\nrun: runs/small/1\n"
    )
    lines = without_times(found.err).replace(
        "compiling kernels that are not in the cache yet; the next run finds them there\n", ""
    )
    epoch = "train accuracy N, cross-entropy N  valid accuracy N, cross-entropy N  (TIMES)\n"
    assert lines == (
        "run: runs/small/1\nexamples: train 150, valid 50; batches of 32\n"
        f"epoch 1/2  {epoch}epoch 2/2  {epoch}"
    )  # fmt: skip


def test_quiet_says_the_result_alone(capsys, job):
    found = run(capsys, "train", job, "--set", "train.epochs=2", "-q")
    assert (found.code, found.err, found.out.splitlines()[-1]) == (0, "", "run: runs/small/1")


def test_json_is_the_same_each_time(capsys, job):
    answers = [run(capsys, "train", job, "--set", "train.epochs=2", "--json", "-q").out for _ in range(2)]
    first = json.loads(answers[0])
    assert list(first) == ["schema", "run", "job", "epochs", "batches", "best", "test", "history"]
    assert answers[0].replace("runs/small/1", "runs/small/2") == answers[1]


def test_run_dir_and_resume(capsys, job):
    found = run(capsys, "train", job, "--run-dir", "out", "-q")
    assert found.out.splitlines()[-1] == "run: out/small/1"
    again = run(capsys, "train", "--resume", "out/small/1")
    assert again.out == found.out
    assert again.err == "run: out/small/1, resumed after epoch 4\nexamples: train 150, valid 50; batches of 32\n"


def test_the_test_split_is_evaluated_with_the_best(capsys, job):
    found = run(capsys, "train", job, "-q", "--set", f"data.test={_npz('200:300')}")
    assert re.fullmatch(r"test accuracy 0\.\d{4}, cross-entropy \d\.\d{4}", found.out.splitlines()[1])
    noted = json.loads(Path("runs/small/1/run.json").read_text())
    assert list(noted["test"]) == ["accuracy", "cross-entropy"]
    assert f"{noted['test']['accuracy']:.4f}" in run(capsys, "eval", "runs/small/1", "-q").out


def _npz(take):
    from tests.run.files import DIGITS

    return f'{{npz: {{path: {DIGITS}, data: images, label: labels, take: "{take}"}}}}'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give a JOB to begin a run, or --resume RUN to go on with one"),
        (("small.yaml", "--resume", "runs/small/1"), "give a JOB to begin a run, or --resume RUN"),
        (("--resume", "runs/small/1", "-D", "a=1"), "--resume goes on as the run began"),
    ],
)
def test_wrong_command_lines(capsys, job, arguments, message):
    found = run(capsys, "train", *arguments)
    assert found.code == 2 and message in found.err


def test_findings_of_the_job(capsys, job):
    found = run(capsys, "train", job, "--set", "train.epoch=2")
    assert found.code == 1 and "did you mean 'epochs'?" in found.err


def test_no_such_run(capsys, job):
    found = run(capsys, "train", "--resume", "runs/small/7")
    assert found.code == 4
    assert found.err == ("runs/small/7: is no run: there is no runs/small/7/job.yaml; "
                         "give a folder that train made, runs/JOB/1\n")  # fmt: skip


def test_smoke_leaves_nothing(capsys, job, tmp_path):
    found = run(capsys, "train", job, "--smoke", "--no-progress")
    assert (found.code, found.out) == (0, "small: data, training, checkpoint, resume and evaluation work\n")
    lines = re.sub("^compiling .*\n", "", re.sub(r"\d\.\d{4}", "N", found.err), flags=re.M)
    assert lines == (
        "data: train 64, valid 50 examples, batches of 32\n"
        "train: accuracy N, cross-entropy N, saved model-0001\n"
        "resume: from model-0001\n"
        "train: accuracy N, cross-entropy N, saved model-0002\n"
        "eval: valid accuracy N, cross-entropy N\n"
    )
    assert {path.name for path in tmp_path.iterdir()} == {"small.yaml"}


def test_smoke_in_a_folder(capsys, job, tmp_path):
    assert run(capsys, "train", job, "--smoke", "-q", "--run-dir", "out").code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"small.yaml", "out"}
    assert (tmp_path / "out" / "small" / "1" / "model-0002.params").exists()


def test_synthetic_data_where_the_real_is_absent(capsys, job):
    override = "data.train.npz.path=absent.npz"
    assert run(capsys, "train", job, "--set", override).code == 1
    found = run(capsys, "train", job, "--set", override, "--synthetic", "--set", "train.epochs=8")
    assert found.code == 0 and "data are absent: they are made up in the network's shapes" in found.err
    assert float(re.match(r"valid accuracy (\S+),", found.out)[1]) > 0.9  # each class has a pattern to learn
    again = run(capsys, "train", "--resume", "runs/small/1")
    assert again.out == found.out
    evaluated = run(capsys, "eval", "runs/small/1")
    assert evaluated.code == 0 and "data are absent: they are made up as this run's were" in evaluated.err
    assert found.out.startswith(f"{evaluated.out.strip()} after epoch")
    real = run(capsys, "eval", "runs/small/1", "--job", "small.yaml", "-q")
    assert real.code == 0 and real.out != evaluated.out


def test_synthetic_keeps_data_that_are_here(capsys, job):
    found = run(capsys, "train", job, "--synthetic", "--set", "train.epochs=2")
    assert "examples: train 150, valid 50;" in found.err
