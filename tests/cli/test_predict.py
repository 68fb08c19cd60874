"""``symcli predict`` and ``symcli eval``: whole outputs."""

import json
import os
import re
import shutil

import numpy as np
import pytest
from PIL import Image

import symcli as mx
from symcli.cli import main
from tests.cli.run import run
from tests.run.files import DIGITS, train


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    path = train(folder, "train.epochs=8")
    (folder / "images").mkdir()
    with np.load(DIGITS) as file:
        for i in (0, 1, 2, 10):
            Image.fromarray(file["images"][i]).save(folder / "images" / f"{i}.png")
        np.savez(folder / "some.npz", images=file["images"][:3])
    return path


@pytest.fixture
def here(trained, monkeypatch):
    monkeypatch.chdir(trained.parents[2])
    return "runs/small/1"


def test_classes_as_csv(capsys, here):
    found = run(capsys, "predict", here, "images", "--top-k", "2")
    heading, *lines = found.out.splitlines()
    assert found.code == 0 and heading == "input,rank,class,probability"
    rows = [line.split(",") for line in lines]
    assert [row[:2] for row in rows] == [[f"images/{i}.png", rank] for i in (0, 1, 2, 10) for rank in "12"]
    assert [row[2] for row in rows[::2]] == ["0", "1", "2", "0"] and all(0 <= float(row[3]) <= 1 for row in rows)
    best = json.loads((mx_path(here) / "best.json").read_text())["epoch"]
    assert re.sub("^compiling .*\n", "", found.err, flags=re.M) == (
        f"model: runs/small/1/model-{best:04d}.params\n"
        "preprocessing: images in grey, to_tensor (max_value 16.0)  (runs/small/1/preprocess.yaml)\n"
    )


def mx_path(here):
    from pathlib import Path

    return Path(here)


def test_classes_as_json(capsys, here):
    answer = json.loads(run(capsys, "predict", f"{here}:8", "images/10.png", "--json").out)
    assert list(answer) == ["schema", "model", "preprocessing", "predictions", "skipped"]
    assert answer["model"] == "runs/small/1/model-0008.params"
    (one,) = answer["predictions"]
    assert one["input"] == "images/10.png" and one["classes"][0]["number"] == 0


def test_arrays_give_what_their_images_give(capsys, here):
    of_arrays = run(capsys, "predict", here, "some.npz", "-q").out
    of_images = run(capsys, "predict", here, "images/0.png", "images/1.png", "images/2.png", "-q").out
    assert re.sub(r"some.npz\[(\d)\]", r"images/\1.png", of_arrays) == of_images


def test_the_batch_size_changes_nothing(capsys, here):
    answers = {run(capsys, "predict", here, "images", "-q", "--batch-size", size).out for size in ("1", "3", "64")}
    assert len(answers) == 1


def test_what_cannot_be_read_is_named_and_skipped(capsys, here, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_text("no image")
    found = run(capsys, "predict", here, str(broken), "images/0.pgn", "nothing/*.png", "images/1.png", "-q")
    assert found.code == 1 and [line.split(",")[0] for line in found.out.splitlines()] == ["input", "images/1.png"]
    first, second, third = sorted(found.err.splitlines(), key=lambda line: line.split(": ")[1])
    assert first.startswith(f"skipped: {broken}: ")
    assert second == "skipped: images/0.pgn: there is no such file; did you mean '0.png'?"
    assert third == "skipped: nothing/*.png: nothing is named so"


def test_features_go_to_a_file(capsys, here, tmp_path):
    found = run(capsys, "predict", here, "images", "--output", "fc1", "--npz", str(tmp_path / "out.npz"), "-q")
    assert (found.code, found.out) == (0, "")
    with np.load(tmp_path / "out.npz") as file:
        assert file["fc1_output"].shape == (4, 16)
        assert file["inputs"].tolist() == [f"images/{i}.png" for i in (0, 1, 2, 10)]
    found = run(capsys, "predict", here, "images", "--output", "fc3", "--npz", "x.npz", "-q")
    assert found.code == 1 and "there is no node 'fc3'; did you mean 'fc2'?" in found.err


def test_a_submission_has_each_id_once_in_order(capsys, here, tmp_path):
    target, sample = tmp_path / "out.csv", tmp_path / "sample.csv"
    assert run(capsys, "predict", here, "images", "--submission", str(target), "-q").code == 0
    assert target.read_text() == "id,label\n0,0\n1,1\n2,2\n10,0\n"
    sample.write_text("Id,Digit\n10,x\n0,x\n1,x\n2,x\n")
    run(capsys, "predict", here, "images", "--submission", str(target), "--sample", str(sample), "-q")
    assert target.read_text() == "Id,Digit\n10,0\n0,0\n1,1\n2,2\n"
    sample.write_text("id,label\n10,x\n0,x\n3,x\n")
    found = run(capsys, "predict", here, "images", "--submission", "x.csv", "--sample", str(sample), "-q")
    assert found.code == 1
    assert found.err == f"{sample}: wants ids that no image has: 3; predict for the images of this sample\n"


def test_mxnets_files_with_declared_preprocessing(capsys, here, tmp_path):
    symbol, arguments, states = mx.model.load_checkpoint("runs/small/1/model", 8)
    arguments = {name: array.astype("float16") for name, array in arguments.items()}
    mx.model.save_checkpoint(str(tmp_path / "net"), 3, symbol, arguments, states)
    (tmp_path / "synset.txt").write_text("".join(f"n{i} digit {i}\n" for i in range(10)))
    transforms = "[{to_tensor: {max_value: 16}}]"
    (tmp_path / "preprocess.yaml").write_text(f"flag: 0\ntransforms: {transforms}\n")
    found = run(capsys, "predict", str(tmp_path / "net"), "images/0.png", "images/2.png")
    assert [line.split(",")[2] for line in found.out.splitlines()] == ["class", "n0 digit 0", "n2 digit 2"]
    assert found.err.splitlines()[0] == f"model: {tmp_path}/net-0003.params"
    assert run(capsys, "predict", f"{tmp_path}/net:4", "images/0.png").err == (
        f"{tmp_path}/net: there is no epoch 4; epochs: 3\n"
    )


def test_a_shape_that_does_not_fit_says_what_to_declare(capsys, here):
    found = run(capsys, "predict", here, "images/0.png", "--transform", "[{resize: 9}, to_tensor]", "-q")
    assert found.code == 1
    assert found.err.startswith("images/0.png: after preprocessing it is data (1, 9, 9), which does not fit the "
                                "network; declare other transforms (--transform)\n")  # fmt: skip


def test_eval_and_its_bars(capsys, here):
    found = run(capsys, "eval", here)
    value = float(re.fullmatch(r"valid accuracy (0\.\d{4}), cross-entropy \d\.\d{4}\n", found.out)[1])
    assert found.code == 0 and value > 0.5
    assert run(capsys, "eval", here, "--min", "accuracy=0.5", "-q").code == 0
    missed = run(capsys, "eval", here, "--min", "accuracy=1.1", "--max", "cross-entropy=0", "-q")
    assert missed.code == 5 and re.sub(r"is [\d.]+", "is N", missed.err) == (
        "accuracy is N; --min asks for at least 1.1\ncross-entropy is N; --max asks for at most 0\n"
    )
    answer = json.loads(run(capsys, "eval", f"{here}:8", "--split", "train", "--json", "-q").out)
    assert answer["split"] == "train" and list(answer["metrics"]) == ["accuracy", "cross-entropy"]
    assert run(capsys, "eval", here, "--min", "acuracy=0.5", "-q").code == 2


def test_eval_of_the_best_is_what_training_said(capsys, here):
    noted = json.loads((mx_path(here) / "best.json").read_text())
    answer = json.loads(run(capsys, "eval", here, "--json", "-q").out)
    assert answer["metrics"]["accuracy"] == noted["value"]


def test_arrays_of_an_npy(capsys, here):
    with np.load("some.npz") as file:
        np.save("some.npy", file["images"])
    answer = run(capsys, "predict", here, "some.npy", "-q")
    assert answer.code == 0 and [line.split(",")[2] for line in answer.out.splitlines()[1:]] == ["0", "1", "2"]


def test_an_image_that_does_not_fit_does_not_stop_the_others(capsys, here):
    Image.new("L", (9, 5)).save("wide.png")
    answer = run(capsys, "predict", here, "images/0.png", "wide.png", "images/1.png", "-q")
    assert answer.code == 1 and [line.split(",")[:3] for line in answer.out.splitlines()[1:]] == [
        ["images/0.png", "1", "0"], ["images/1.png", "1", "1"]
    ]  # fmt: skip
    assert answer.err == ("skipped: wide.png: after preprocessing it is data (1, 5, 9), which does not fit the "
                          "network; declare other transforms (--transform)\n")  # fmt: skip
    answer = run(capsys, "predict", here, "wide.png", "images/0.png", "-q")
    assert answer.code == 1 and answer.out == "" and answer.err.startswith("wide.png: after preprocessing")


def test_a_name_that_is_no_utf8_is_json(capfdbinary, here):
    name = os.fsdecode(b"bad\xff.png")
    shutil.copy("images/0.png", name)
    assert main(["predict", here, name, "-q", "--json"]) == 0
    (one,) = json.loads(capfdbinary.readouterr().out.decode("utf-8", "strict"))["predictions"]
    os.unlink(name)
    assert one["input"] == name


def test_a_model_that_is_not_there(capsys, here):
    for command in (["predict", "nowhere", "images"], ["eval", "nowhere"]):
        answer = run(capsys, *command)
        assert answer.code == 4 and answer.err.startswith("nowhere: is no model: ")
        answer = run(capsys, *command, "--json")
        assert answer.code == 4 and json.loads(answer.out)["error"].startswith("nowhere: is no model: ")
