"""The road on committed images of CIFAR-10: from Kaggle's zips to a submission."""

import csv

import pytest

from symcli.cli import main
from symcli.job.data_checks import check_data
from symcli.job.job import load_job
from tests.cli.run import run
from tests.job.files import ROOT

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
TINY = ROOT / "configs" / "jobs" / "cifar10-tiny-resnet20.yaml"


@pytest.fixture(scope="module")
def top(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cifar10") / "prepared"
    assert main(["prepare-data", "cifar10", str(ROOT / "datasets" / "cifar10-tiny"), str(folder), "-q"]) == 0
    return folder / "train_valid_test"


def test_from_zips_to_a_submission(capsys, tmp_path, monkeypatch, top):
    paths = [f"--set=data.{split}.image_folder.path={top}/{split}" for split in ("train", "valid")]
    small = ["-D", "width=4", "-D", "depth=1", "--set=train.epochs=2"]
    monkeypatch.chdir(tmp_path)
    answer = run(capsys, "train", str(TINY), *paths, *small)
    assert answer.code == 0 and "examples: train 920, valid 80; batches of 32" in answer.err
    answer = run(capsys, "predict", "runs/cifar10-tiny-resnet20/1", f"{top}/test", "--submission", "out.csv")
    assert (answer.code, answer.out) == (0, "")
    with open("out.csv", newline="") as file:
        heading, *rows = csv.reader(file)
    assert heading == ["id", "label"] and [name for name, _ in rows] == [str(i) for i in range(1, 201)]
    assert {label for _, label in rows} <= set(CLASSES)


@pytest.mark.parametrize("path", sorted(ROOT.glob("configs/jobs/cifar10-*.yaml")), ids=lambda path: path.stem)
def test_jobs_fit_the_images(path, top):
    overrides = [f"data.{split}.image_folder.path={top}/{split}" for split in ("train", "valid")]
    job = load_job(str(path), overrides)
    examples = {name: pick.make().open() for name, pick in job.formats().items()}
    assert list(examples["train"].classes) == CLASSES
    inputs = check_data(job, examples)
    job.findings.raise_if_any()
    assert inputs.data[0].shape == (job.train.batch_size, 3, 32, 32)
