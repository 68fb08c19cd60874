"""``symcli detect``: what it prints and writes, and what it says of images that are none."""

import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

import symcli as mx
from symcli.detect.network import detections
from symcli.errors import MXNetError
from symcli.job.job import load_job
from symcli.run.start import begin
from tests.cli.run import run
from tests.detect.job import write_job
from tests.detect.test_mtcnn import FOLDER as MTCNN

SSD = MTCNN.parent / "ssd"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a folder with a detector of squares in runs/job/1, and the images in squares/."""
    folder = tmp_path_factory.mktemp("detect")
    plain = "data.transforms.train=[{resize: 32}, random_flip_left_right]"
    job = load_job(str(write_job(folder)), ["train.epochs=20", "train.checkpoint.best=class-loss", plain])
    training = begin(job, str(folder / "runs"))
    list(training.run())
    return folder


@pytest.fixture
def here(trained, monkeypatch):
    monkeypatch.chdir(trained)
    return trained


def ask(capsys, *words):
    return run(capsys, "detect", "runs/job/1", *words, "--no-progress")


def test_boxes_are_in_the_pixels_of_the_image(capsys, here, tmp_path):
    """An image three times as large has boxes three times as large."""
    truth = (here / "squares" / "val.lst").read_text().splitlines()[0].split("\t")
    rows = np.array(truth[5:-1], float).reshape(-1, 6)
    pixels = Image.open(here / "squares" / truth[-1])
    pixels.resize((96, 96)).save(tmp_path / "large.png")
    answer = ask(capsys, str(tmp_path / "large.png"), "--json", "--threshold", "0.3")
    assert answer.code == 0
    found = json.loads(answer.out)
    assert found["images"] == [{"id": 1, "file_name": str(tmp_path / "large.png"), "width": 96, "height": 96}]
    assert found["classes"] == ["grey", "red"] and found["skipped"] == []
    for label, *corners in rows[:, :5]:
        x1, y1, x2, y2 = np.array(corners) * 96
        best = max(found["detections"], key=lambda one: shared(one["bbox"], (x1, y1, x2 - x1, y2 - y1)))
        assert shared(best["bbox"], (x1, y1, x2 - x1, y2 - y1)) > 0.5
        assert best["category"] == ["grey", "red"][int(label)] and best["category_id"] == int(label) + 1


def shared(a, b):
    low = np.maximum(a[:2], b[:2])
    high = np.minimum(np.add(a[:2], a[2:]), np.add(b[:2], b[2:]))
    both = (high - low).clip(0).prod()
    return both / (np.prod(a[2:]) + np.prod(b[2:]) - both)


def test_lines_files_and_pictures(capsys, here, tmp_path):
    answer = ask(capsys, "squares/images/val0.png", "squares/images/val4.png", "--draw", str(tmp_path / "out"),
                 "--coco", str(tmp_path / "boxes.json"))  # fmt: skip
    assert answer.code == 0
    first, last = answer.out.splitlines()
    assert first.startswith("squares/images/val0.png: 1 ") and last == "squares/images/val4.png: nothing"
    said = answer.err.splitlines()
    assert said[0].startswith("model: runs/job/1/model-00")
    assert said[1].startswith("preprocessing: images in colour, resize")
    assert said[-1].startswith("2 images, ") and said[-1].endswith(" images/s")
    results = json.loads((tmp_path / "boxes.json").read_text())
    assert {one["image_id"] for one in results} == {1} and {one["file_name"] for one in results} == {"val0.png"}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["val0.png", "val4.png"]
    drawn, plain = (np.asarray(Image.open(path)) for path in (tmp_path / "out/val0.png", "squares/images/val0.png"))
    assert drawn.shape == plain.shape and (drawn != plain).any()
    drawn, plain = (np.asarray(Image.open(path)) for path in (tmp_path / "out/val4.png", "squares/images/val4.png"))
    assert (drawn == plain).all()


def test_folders_globs_and_lists_from_standard_input(capsys, here, monkeypatch):
    everything = ask(capsys, "squares/images", "-q").out.splitlines()
    assert len(everything) == 29
    some = ask(capsys, "squares/images/val*.png", "-q").out.splitlines()
    assert some == [line for line in everything if "/val" in line]
    monkeypatch.setattr("sys.stdin", io.StringIO("squares/images/val1.png\n\nsquares/images/val0.png\n"))
    assert ask(capsys, "-", "-q").out.splitlines() == [some[1], some[0]]
    assert ask(capsys, "squares/images/val*.png", "-q", "--batch-size", "2").out.splitlines() == some


def test_what_is_no_image_is_named_and_skipped(capsys, here, tmp_path):
    good = (here / "squares" / "images" / "val0.png").read_bytes()
    for name, data in (("cut.png", good[:200]), ("text.jpg", b"no image"), ("whole.png", good)):
        (tmp_path / name).write_bytes(data)
    answer = ask(capsys, str(tmp_path), str(tmp_path / "gone.png"), "-q")
    assert answer.code == 1 and answer.out.startswith(f"{tmp_path}/whole.png: 1 ") and answer.out.count("\n") == 1
    skipped = sorted(answer.err.replace(f"{tmp_path}/", "").splitlines())
    assert [line.split(":")[1].strip() for line in skipped] == ["cut.png", "gone.png", "text.jpg"]
    empty = tmp_path / "empty"
    empty.mkdir()
    answer = ask(capsys, str(empty), "-q", "--json")
    assert answer.code == 1 and json.loads(answer.out)["skipped"][0]["reason"].startswith("the folder has no images")


def test_which_boxes_are_wanted(capsys, here):
    def scores(*options):
        answer = ask(capsys, "squares/images/val0.png", "-q", "--json", *options)
        return [(one["score"], one["category"]) for one in json.loads(answer.out)["detections"]]

    everything = scores("--threshold", "0.02")
    assert len(everything) > len(scores("--threshold", "0.3")) >= 1
    assert [score for score, _ in everything] == sorted((score for score, _ in everything), reverse=True)
    assert scores("--threshold", "0.02", "--top", "2") == everything[:2]
    assert {name for _, name in scores("--threshold", "0.02", "--classes", "red")} == {"red"}
    assert len(scores("--threshold", "0.02", "--nms", "0.1")) < len(scores("--threshold", "0.02", "--nms", "0.9"))
    answer = ask(capsys, "squares/images/val0.png", "--classes", "grey,rde")
    assert answer.code == 1 and answer.err.endswith("there is no class 'rde'; did you mean 'red'?\n")


def test_mxnets_files_in_both_forms_give_the_same(capsys, here, tmp_path):
    """A network in its form for training wants no label here; the deployed one has none."""
    best = json.loads((here / "runs/job/1/best.json").read_text())
    symbol = mx.sym.load("runs/job/1/model-symbol.json")
    assert "label" in symbol.list_arguments()
    symbol.save(str(tmp_path / "train-symbol.json"))
    deployed = detections(symbol)
    assert deployed.list_arguments()[0] == "data" and "label" not in deployed.list_arguments()
    deployed.save(str(tmp_path / "deploy-symbol.json"))
    answers = []
    for name in ("train", "deploy"):
        shutil.copy(f"runs/job/1/{best['params']}", tmp_path / f"{name}-0003.params")
        answer = run(capsys, "detect", str(tmp_path / name), "squares/images/val0.png", "-q", "--json", "--transform",
                     "[{resize: 32}, to_tensor]")  # fmt: skip
        answers.append(json.loads(answer.out)["detections"])
    expected = json.loads(ask(capsys, "squares/images/val0.png", "-q", "--json").out)["detections"]
    for found in answers:
        assert [(one["bbox"], one["score"]) for one in found] == [(one["bbox"], one["score"]) for one in expected]
        assert {one["category"] for one in found} <= {"0", "1"}  # no names beside the files


def test_a_detector_that_mxnet_made_finds_what_it_finds_there(capsys, tmp_path):
    """Its symbol is in the form for training; the boxes are recorded."""
    with np.load(SSD / "recorded.npz") as stored, np.load(SSD / "detections.npz") as found:
        inputs = {name[3:]: stored[name] for name in stored.files if name.startswith("in/")}
        pixels, expected = found["image"], found["det_out"]
    symbol = mx.sym.load(str(SSD / "ssd-symbol.json"))
    params = {f"arg:{name}": mx.nd.array(one) for name, one in inputs.items() if name not in ("data", "label")}
    for name in symbol.list_auxiliary_states():
        params[f"aux:{name}"] = mx.nd.array(np.full(inputs[f"{name[0]}_bn_beta"].shape, float(name.endswith("var"))))
    symbol.save(str(tmp_path / "ssd-symbol.json"))
    mx.nd.save(str(tmp_path / "ssd-0000.params"), params)
    Image.fromarray(pixels).save(tmp_path / "image.png")
    answer = run(capsys, "detect", str(tmp_path / "ssd"), str(tmp_path / "image.png"), "--threshold", "0.01", "-q",
                 "--json", "--transform", "[to_tensor]")  # fmt: skip
    found = json.loads(answer.out)["detections"]
    assert [one["category_id"] - 1 for one in found] == expected[:, 0].tolist()
    np.testing.assert_allclose([one["score"] for one in found], expected[:, 1], atol=1e-5)
    corners = expected[:, 2:] * 32
    corners[:, 2:] -= corners[:, :2]
    np.testing.assert_allclose([one["bbox"] for one in found], corners, atol=2e-3)  # written to thousandths of a pixel


def test_a_cascade(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.load(MTCNN / "recorded.npz")["image"]).save("faces.png")
    model = str(MTCNN.parents[2] / "configs/cascades/mtcnn.yaml")
    answer = run(capsys, "detect", model, "faces.png", "--threshold", "0.95", "--set", f"cascade.folder={MTCNN}",
                 "--set", "cascade.min_face=16")  # fmt: skip
    assert answer.code == 0 and answer.out == "faces.png: 4 face\n"
    assert "not there, and left out: det3; more boxes are wrong without" in answer.err


def test_a_model_that_finds_no_boxes():
    with pytest.raises(MXNetError, match="the network finds no boxes: it needs one MultiBoxDetection, and has none"):
        detections(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2))


def test_arrays_are_no_images(capsys, here, tmp_path):
    np.savez(tmp_path / "a.npz", data=np.zeros((2, 3, 32, 32)))
    answer = ask(capsys, str(tmp_path / "a.npz"))
    assert answer.code == 2 and "a.npz: is no image; detect takes image files" in answer.err
