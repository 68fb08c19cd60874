"""``symcli data``: contact sheets and findings, of jobs and of folders."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.cli.run import run
from tests.data.prepare.archives import png
from tests.job.files import digits_job


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for i in range(6):
        path = tmp_path / "pets" / ["cat", "dog"][i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(i))
    return tmp_path / "pets"


def picture(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_sheet_of_a_folder(capsys, folder):
    assert run(capsys, "data", "show", "pets", "-n", "4") == (0, "pets-all.png: 4 of 6 examples of all\n", "")
    sheet = picture("pets-all.png")
    assert sheet.shape == (96 + 16 + 2 * 6, 4 * 102 + 6, 3)
    tiles = {sheet[6:102:24, 6 + 102 * i : 102 + 102 * i : 24].tobytes() for i in range(4)}
    assert tiles <= {np.asarray(Image.open(path)).tobytes() for path in folder.rglob("*.png")} and len(tiles) == 4
    run(capsys, "data", "show", "pets", "-n", "4", "-o", "again.png")
    assert (picture("again.png") == sheet).all()


def test_sheet_of_a_job_has_its_transforms(capsys, tmp_path, monkeypatch):
    job = digits_job(tmp_path)
    monkeypatch.chdir(tmp_path)
    answer = run(capsys, "data", "show", job, "-n", "3", "--columns", "2", "--json")
    assert answer.code == 0 and json.loads(answer.out) == {
        "schema": 1, "file": "job-train.png", "split": "train", "examples": 3, "times": 1, "width": 210, "height": 242,
        "not_drawn": ["to_tensor"],
    }  # fmt: skip
    grey = {int(value) for value in np.unique(picture("job-train.png")[6:102, 6:102])}
    assert grey <= {round(level * 255 / 16) for level in range(17)} and max(grey) > 200
    flips = "data.transforms.train=[{random_flip_left_right: {p: 1}}]"
    run(capsys, "data", "show", job, "-n", "3", "--columns", "2", "-o", "flipped.png", "--set", flips)
    assert (picture("flipped.png")[6:102, 6:102] == picture("job-train.png")[6:102, 6:102][:, ::-1]).all()


def test_changes_of_an_example_side_by_side(capsys, tmp_path, monkeypatch):
    job = digits_job(tmp_path)
    monkeypatch.chdir(tmp_path)
    crop = "data.transforms.train=[{random_crop: {size: 8, pad: 3}}]"
    answer = run(capsys, "data", "show", job, "-n", "2", "--times", "5", "-o", "a.png", "--set", crop)
    assert answer.out == "a.png: 2 of 100 examples of train, before to_tensor\n"
    sheet = picture("a.png")
    row = [sheet[6:102, 6 + 102 * i : 102 + 102 * i].tobytes() for i in range(5)]
    assert sheet.shape[1] == 5 * 102 + 6 and len(set(row)) > 2


def test_check_of_a_folder(capsys, folder):
    assert run(capsys, "data", "check", "pets") == (
        0, "          all\ncat         3\ndog         3\nexamples    6\nevery example is 4 × 4 × 3\nnothing is wrong\n",
        "checking 6 …\n",
    )  # fmt: skip
    (folder / "cat" / "0.png").write_bytes(b"")
    assert run(capsys, "data", "check", "pets", "-q") == (
        1,
        "          all\ncat         3\ndog         3\nexamples    6\nevery example is 4 × 4 × 3\n"
        "1 example that cannot be read\n  pets/cat/0.png: is empty\n  help: copy them again, or remove them\n",
        "",
    )
    answer = run(capsys, "data", "check", "pets", "-q", "--json")
    found = json.loads(answer.out)
    assert answer.code == 1 and list(found) == ["schema", "splits", "classes", "findings", "notes"]
    assert found["splits"] == {"all": 6} and found["classes"] == {"all": {"cat": 3, "dog": 3}}
    (finding,) = found["findings"]
    assert finding == {"kind": "broken", "message": "1 example that cannot be read",
                       "names": ["pets/cat/0.png: is empty"], "help": "copy them again, or remove them"}  # fmt: skip


def test_check_of_a_job_compares_with_its_network(capsys, tmp_path):
    job = digits_job(tmp_path)
    answer = run(capsys, "data", "check", job, "-q")
    assert answer.code == 0 and answer.out.endswith("examples    100\nevery example is 8 × 8\nnothing is wrong\n")
    answer = run(capsys, "data", "check", job, "-q", "-D", "classes=5")
    assert answer.code == 1 and "labels of" in answer.err and "go to 9" in answer.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["shw", "pets"], 2, "there is no command 'shw'; did you mean 'show'?  commands: check, show"),
        (["show", "pets", "--split", "valid"], 2, "pets has no split 'valid'; splits: all"),
        (["show", "pets", "--set", "a=1"], 2, "--set and -D change values of a job; this is a folder"),
        (
            ["check", "nowhere"],
            4,
            "nowhere: there is no such folder or job; needs a job in YAML or JSON, or a folder of",
        ),
        (["check", "nowhere.yaml"], 4, "nowhere.yaml: error[SYM601]"),
        (["show", "pets", "-o", "no/where.png"], 4, "No such file or directory"),
    ],
)
def test_mistakes(capsys, folder, arguments, code, said):
    answer = run(capsys, "data", *arguments)
    assert answer.code == code and said in answer.err and not answer.out


def test_features_are_not_shown(capsys, folder):
    np.savez("a.npz", data=np.zeros((3, 7)), label=np.arange(3))
    network = "inputs: {data: [b, 7], softmax_label: [b]}, graph: {softmax: [{FullyConnected: 3}, SoftmaxOutput]}"
    (folder.parent / "a.yaml").write_text(f"network: {{{network}}}\ndata: {{train: {{npz: a.npz}}}}\n")
    answer = run(capsys, "data", "show", "a.yaml")
    assert answer.code == 1 and "an example is (7,); needs an image" in answer.err
