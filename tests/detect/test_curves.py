"""Curves of precision and recall, as pictures, as JSON, and as ``symcli eval`` writes them."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from symcli.detect.average_precision import DetectionRecord, voc
from symcli.detect.curves import SIDE, precision_recall_json, precision_recall_svg
from symcli.job.job import load_job
from symcli.run.start import begin
from tests.cli.run import run
from tests.detect.job import write_job


def results():
    record = DetectionRecord(3)
    record.add(
        [[0, 0.9, 0, 0, 10, 10], [0, 0.8, 50, 50, 60, 60], [1, 0.7, 0, 0, 5, 5]], [[0, 0, 0, 10, 10], [0, 9, 9, 12, 12]]
    )
    return dict(zip(["cell & plate", "ghost", "unseen"], voc(record), strict=True))


def test_picture():
    root = ElementTree.fromstring(precision_recall_svg(results(), "squares <3"))
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "squares <3" in texts and "cell & plate 0.500" in texts and "ghost no boxes" in texts
    lines = [one.get("d") for one in root.iter("{http://www.w3.org/2000/svg}path") if one.get("stroke-width") == "1.8"]
    assert len(lines) == 1  # of the class that has boxes and detections
    first, last = lines[0][1:].split("L")[0], lines[0].split("L")[-1]
    assert first == f"{56 + SIDE / 2:.1f} 40.0" and last == f"{56 + SIDE / 2:.1f} {40 + SIDE / 2:.1f}"


def test_many_classes_are_counted():
    record = DetectionRecord(25)
    record.add(np.empty((0, 6)), [[0, 0, 0, 1, 1]])
    assert "and 5 more" in precision_recall_svg({str(i): one for i, one in enumerate(voc(record))}, "many")


def test_numbers():
    found = json.loads(precision_recall_json(results(), "squares"))["classes"]
    assert found["cell & plate"] == {"boxes": 2, "detections": 2, "average_precision": 0.5, "recall": [0.5, 0.5],
                                     "precision": [1.0, 0.5], "score": [0.9, 0.8]}  # fmt: skip
    assert found["ghost"]["average_precision"] is None and found["ghost"]["recall"] == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("curves")
    job = write_job(path)
    index = path / "squares" / "classes.txt"
    index.write_text("grey\nred\nblue\n")
    (path / "network.yaml").write_text((path / "network.yaml").read_text().replace("classes: 2", "classes: 3"))
    list(begin(load_job(str(job), ["train.epochs=2"]), str(path / "runs")).run())
    return path


def test_eval_writes_curves_and_says_what_has_no_boxes(capsys, folder, monkeypatch):
    monkeypatch.chdir(folder)
    answer = run(capsys, "eval", "runs/job/1", "--curves", "pr.svg", "-q")
    assert answer.code == 0 and answer.out.startswith("valid class-loss ") and ", map " in answer.out
    assert answer.err == ("map: there is no box of blue, so no average precision; the mean is over the other classes\n")
    assert "blue no boxes" in (folder / "pr.svg").read_text()
    answer = run(capsys, "eval", "runs/job/1", "--curves", "pr.json", "-q", "--json")
    metrics = json.loads(answer.out)["metrics"]
    assert metrics["map/blue"] is None and json.loads((folder / "pr.json").read_text())["classes"]["blue"]["boxes"] == 0
    lines = (folder / "runs/job/1/metrics.jsonl").read_text().splitlines()
    assert all(json.loads(line, parse_constant=pytest.fail)["valid"]["map/blue"] is None for line in lines)


def test_curves_of_a_job_without_boxes(capsys, tmp_path):
    from tests.run.files import train

    path = train(tmp_path, "train.epochs=2")
    answer = run(capsys, "eval", str(path), "--curves", str(tmp_path / "pr.svg"), "-q")
    assert answer.code == 2 and "no metric of the job has curves: it needs map, map07 or map-coco" in answer.err
    answer = run(capsys, "eval", str(path), "--curves", str(tmp_path / "pr.txt"))
    assert answer.code == 2 and "write curves as .svg or .json" in answer.err
