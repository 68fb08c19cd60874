"""Detectors as jobs: boxes reach the network with the image's transforms, and each epoch has its average precision."""

import json

import numpy as np
import pytest

from symcli.data.batches import Batches
from symcli.errors import SpecError
from symcli.job.data_checks import check_data
from symcli.job.job import load_job
from symcli.run.evaluation import evaluate
from symcli.run.model import open_model
from symcli.run.start import begin, open_batches, open_data
from tests.detect.job import write_job


@pytest.fixture(scope="module")
def job_path(tmp_path_factory):
    return write_job(tmp_path_factory.mktemp("squares"))


def batches_of(path, split, *overrides) -> Batches:
    job = load_job(str(path), list(overrides))
    examples = open_data(job)
    inputs = check_data(job, examples)
    job.findings.raise_if_any()
    return open_batches(job, examples, inputs)[split]


def test_boxes_move_with_their_images(job_path):
    """What is bright in a transformed image is where its boxes are."""
    batches = batches_of(job_path, "train")
    assert batches.provide_label[0].shape == (4, 2, 5)
    moved = 0
    for batch in batches:
        for image, rows in zip(batch.data[0].asnumpy(), batch.label[0].asnumpy(), strict=True):
            there = rows[rows[:, 0] >= 0]
            assert (rows[len(there) :] == -1).all()
            bright = image[0] > 0.5
            for _, x1, y1, x2, y2 in np.rint(there * [1, 32, 32, 32, 32]).astype(int):
                assert bright[y1:y2, x1:x2].mean() > 0.8
                bright[max(y1 - 1, 0) : y2 + 1, max(x1 - 1, 0) : x2 + 1] = False
                moved += 1
            assert bright.mean() < 0.2  # of squares whose centre was cut away little is left
    assert moved > 8


def test_the_second_epoch_is_drawn_anew_and_the_same_again(job_path):
    batches = batches_of(job_path, "train")
    first = [one.label[0].asnumpy() for one in batches]
    batches.reset()
    second = [one.label[0].asnumpy() for one in batches]
    assert not all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    batches.seek(0)
    assert all(np.array_equal(a, b.label[0].asnumpy()) for a, b in zip(first, batches, strict=True))


@pytest.fixture(scope="module")
def run(job_path):
    training = begin(load_job(str(job_path)), str(job_path.parent / "runs"))
    list(training.run())
    return training.folder.path


def test_a_run_has_losses_and_average_precision_of_each_epoch(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert list(lines[0]["train"]) == ["class-loss", "box-loss"]
    assert list(lines[0]["valid"]) == ["class-loss", "box-loss", "map", "map/grey", "map/red"]
    assert lines[-1]["train"]["class-loss"] < lines[0]["train"]["class-loss"]
    best = json.loads((run / "best.json").read_text())
    assert best["metric"] == "map" and best["value"] == max(line["valid"]["map"] for line in lines)
    assert (run / "synset.txt").read_text() == "grey\nred\n"


def test_evaluation_of_the_run_is_that_of_its_best_epoch(run):
    job = load_job(str(run / "job.yaml"))
    *_, last = evaluate(open_model(str(run)), job, "valid")
    best = json.loads((run / "best.json").read_text())
    assert dict(last.values)["map"] == pytest.approx(best["value"])


def test_training_does_not_begin_without_a_box(job_path, tmp_path):
    path = write_job(tmp_path)
    index = tmp_path / "squares" / "train.lst"
    index.write_text("".join("\t".join([*line.split("\t")[:5], line.split("\t")[-1]])
                             for line in index.read_text().splitlines(True)))  # fmt: skip
    with pytest.raises(Exception, match="none of the 24 images of the split 'train' has a box; needs one at least"):
        begin(load_job(str(path)), str(tmp_path / "runs"))
    assert not (tmp_path / "runs").exists()


def test_labels_that_do_not_fit_are_told_at_the_input(tmp_path):
    path = write_job(tmp_path)
    network = tmp_path / "network.yaml"
    network.write_text(network.read_text().replace("objects, 5]", "objects, 6]"))
    with pytest.raises(SpecError, match=r"a batch of label is \(4, 2, 5\); the input label is \(batch, objects, 6\)"):
        batches_of(path, "train")
