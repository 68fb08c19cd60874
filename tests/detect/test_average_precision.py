"""Average precision: by hand, against a plain loop, and against pycocotools' figures."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from symcli.detect.average_precision import COCO_THRESHOLDS, DetectionRecord, area, coco, eleven_points, mean, voc
from symcli.errors import ShapeError

RECORDED = json.loads((Path(__file__).parent / "pycocotools.json").read_text())


def scene(seed, images=12, classes=3, crowds=True):
    """Made-up images: (detections, truths) in pixels; detections are jittered boxes, doubles and strays, with ties."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(images):
        count = int(rng.integers(0, 8))
        corner, size = rng.uniform(0, 80, (count, 2)), rng.uniform(4, 40, (count, 2))
        flag = rng.choice([0, 0, 0, 0, 2 if crowds else 0], count)
        truths = np.column_stack([rng.integers(0, classes, count), corner, corner + size, flag]).round(2)
        rows = [truths[:0, [0, 5, 1, 2, 3, 4]]]
        for _ in range(2):
            moved = truths[rng.random(count) < 0.8]
            rows.append(np.column_stack([moved[:, 0], rng.random(len(moved)).round(1),
                                         moved[:, 1:5] + rng.normal(0, 3, (len(moved), 4))]))  # fmt: skip
        stray = int(rng.integers(0, 4))
        corner = rng.uniform(0, 80, (stray, 2))
        rows.append(np.column_stack([rng.integers(0, classes, stray), rng.random(stray).round(1), corner, corner + 20]))
        found = np.concatenate(rows).round(2)
        made.append((found[(found[:, 4] > found[:, 2]) & (found[:, 5] > found[:, 3])], truths))
    return made


def record_of(made, classes=3):
    record = DetectionRecord(classes)
    for found, truths in made:
        record.add(found, truths)
    return record


def test_by_hand():
    """Two boxes, three detections: right (0.9), wrong (0.8), right (0.7)."""
    record = DetectionRecord(2)
    record.add([[0, 0.9, 0, 0, 10, 10], [0, 0.8, 50, 50, 60, 60], [-1, 1, 0, 0, 1, 1]], [[0, 0, 0, 10, 10], [-1] * 5])
    record.add([[0, 0.7, 0, 0, 10, 6]], [[0, 0, 0, 10, 10]])
    results = voc(record)
    assert results[0].truths == 2 and results[0].detections == 3
    assert results[0].recall.tolist() == [0.5, 0.5, 1] and results[0].precision.tolist() == [1, 0.5, 2 / 3]
    assert results[0].average_precision == pytest.approx(0.5 + 0.5 * 2 / 3)
    assert voc(record, points=11)[0].average_precision == pytest.approx((6 + 5 * 2 / 3) / 11)
    assert math.isnan(results[1].average_precision) and mean(results) == results[0].average_precision
    assert voc(record, 0.7)[0].average_precision == pytest.approx(0.5)
    assert len(record) == 2


def test_a_box_found_twice_is_wrong_once_and_a_difficult_one_does_not_count():
    record = DetectionRecord(1)
    found = [[0, 0.9, 0, 0, 10, 10], [0, 0.8, 1, 0, 10, 10], [0, 0.7, 30, 0, 40, 10]]
    record.add(found, [[0, 0, 0, 10, 10, 0], [0, 30, 0, 40, 10, 1]])
    (result,) = voc(record)
    assert (result.truths, result.detections) == (1, 2) and result.precision.tolist() == [1, 0.5]


def test_curves_of_nothing():
    record = DetectionRecord(1)
    assert math.isnan(mean(voc(record))) and np.isnan(coco(record)[0]).all()
    record.add(np.empty((0, 6)), [[0, 0, 0, 1, 1]])
    assert mean(voc(record)) == 0 and mean(voc(record, points=11)) == 0 and mean(coco(record)[1]) == 0


def test_rows_of_other_lengths_are_refused():
    with pytest.raises(ShapeError, match="rows of 6 numbers"):
        DetectionRecord(1).add(np.zeros((2, 5)), np.zeros((1, 5)))


def test_area_and_eleven_points_of_a_curve():
    recall, precision = np.array([0.1, 0.3, 0.3, 0.6]), np.array([1.0, 0.5, 0.4, 0.6])
    assert area(recall, precision) == pytest.approx(0.1 * 1 + 0.5 * 0.6)
    assert eleven_points(recall, precision) == pytest.approx((2 * 1 + 5 * 0.6) / 11)


def plain_voc(made, number, threshold):
    """VOCevaldet.m with plain loops: outcomes in the order of scores."""
    found = sorted(((row[1], i, n, row[2:]) for i, (rows, _) in enumerate(made) for n, row in enumerate(rows)
                    if row[0] == number), key=lambda one: (-one[0], one[1], one[2]))  # fmt: skip
    taken, outcome = set(), []
    for _, image, _, box in found:
        best, most = None, -1.0
        for j, row in enumerate(made[image][1]):
            if row[0] != number:
                continue
            wide, high = min(box[2], row[3]) - max(box[0], row[1]), min(box[3], row[4]) - max(box[1], row[2])
            if wide <= 0 or high <= 0:
                continue
            both = (box[2] - box[0]) * (box[3] - box[1]) + (row[3] - row[1]) * (row[4] - row[2]) - wide * high
            if wide * high / both > most:
                best, most = j, wide * high / both
        if best is None or most < threshold:
            outcome.append(0)
        elif not made[image][1][best][5]:
            outcome.append(int((image, best) not in taken))
            taken.add((image, best))
    return outcome


@pytest.mark.parametrize("seed", range(5))
def test_voc_is_what_a_plain_loop_gives(seed):
    made = scene(seed)
    for number, result in enumerate(voc(record_of(made), 0.5)):
        right = np.array(plain_voc(made, number, 0.5))
        np.testing.assert_allclose(result.precision, right.cumsum() / np.arange(1, len(right) + 1))


def pycocotools_figures(made, classes=3):
    """What pycocotools gives: precision averaged over recalls, (thresholds, classes)."""
    api, evaluation = pytest.importorskip("pycocotools.coco"), pytest.importorskip("pycocotools.cocoeval")
    truths, found = [], []
    for image, (rows, real) in enumerate(made, 1):
        truths += [{"id": len(truths) + 1 + i, "image_id": image, "category_id": int(c) + 1, "iscrowd": int(flag == 2),
                    "bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1)}
                   for i, (c, x1, y1, x2, y2, flag) in enumerate(real.tolist())]  # fmt: skip
        found += [{"image_id": image, "category_id": int(c) + 1, "score": score, "bbox": [x1, y1, x2 - x1, y2 - y1]}
                  for c, score, x1, y1, x2, y2 in rows.tolist()]  # fmt: skip
    known = api.COCO()
    known.dataset = {"images": [{"id": i + 1} for i in range(len(made))], "annotations": truths,
                     "categories": [{"id": c + 1, "name": str(c)} for c in range(classes)]}  # fmt: skip
    known.createIndex()
    run = evaluation.COCOeval(known, known.loadRes(found), "bbox")
    run.evaluate()
    run.accumulate()
    precision = run.eval["precision"][:, :, :, 0, -1]  # thresholds, recalls, classes
    return np.where(precision[:, 0] < 0, np.nan, precision.mean(1))


@pytest.mark.parametrize("seed", range(6))
def test_coco_is_what_pycocotools_gave(seed):
    table, results = coco(record_of(scene(seed)))
    recorded = np.array(RECORDED[seed], float)
    np.testing.assert_allclose(table, recorded, atol=1e-6)
    np.testing.assert_allclose([one.average_precision for one in results], recorded.mean(0), atol=1e-6)
    assert len(COCO_THRESHOLDS) == len(table)


@pytest.mark.parametrize("seed", range(6, 12))
def test_coco_is_what_pycocotools_gives(seed):
    made = scene(seed)
    np.testing.assert_allclose(coco(record_of(made))[0], pycocotools_figures(made), atol=1e-6)


def test_coco_takes_100_detections_of_a_class_in_an_image():
    found = np.tile([0, 0.5, 0, 0, 10, 10], (101, 1))
    found[:, 1] -= np.arange(101) / 1000
    found[:100, 2:] += 500
    made = [(found, np.array([[0, 0, 0, 10, 10, 0]], float))]
    assert coco(record_of(made, 1))[0].max() == 0
    found[99, 2:] -= 500
    np.testing.assert_allclose(coco(record_of(made, 1))[0], pycocotools_figures(made, 1), atol=1e-6)
