"""``symcli prepare-data``: what it prints, as text and as JSON, and its exit codes."""

import json

import pytest

from symcli.data.prepare import PREPARATIONS
from symcli.params import declared
from tests.cli.run import run
from tests.data.prepare.archives import kaggle, tree


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return kaggle(tmp_path / "src", {"cat": 12, "dog": 1012})


def test_first_and_second_run(capsys, source):
    assert run(capsys, "prepare-data", "cifar10", "src", "out/dst") == (
        0,
        "out/dst:\n  train        1,022\n  valid            2\n  train_valid  1,024\n  test             3\n"
        "  classes          2\nnext: symcli data check out/dst/train_valid_test\n",
        "reading 3 …\nchecking 1,027 …\nwriting 1,027 …\n",
    )
    assert run(capsys, "prepare-data", "cifar10", "src", "out/dst", "-q") == (
        0, "out/dst: was prepared before, from the same inputs; nothing to do\n", ""
    )  # fmt: skip
    assert run(capsys, "prepare-data", "cifar10", "src", "out/dst", "-q", "--valid-ratio", "0.5") == (
        4,
        "",
        "out/dst: was prepared in another way: valid_ratio was 0.1, now 0.5\n"
        "  help: remove out/dst and run this again, or give another folder; nothing was changed\n",
    )


def test_json(capsys, source):
    counts = {"train": 1022, "valid": 2, "train_valid": 1024, "test": 3, "classes": 2}
    for new in (True, False):
        answer = run(capsys, "prepare-data", "labelled-images", "src", "dst", "--json")
        assert answer.code == 0 and json.loads(answer.out) == {
            "schema": 1, "format": "labelled_images", "findings": [], "new": new, "counts": counts, "left_out": [],
            "notes": [],
        }  # fmt: skip


def test_findings_and_what_is_left_out(capsys, source):
    kaggle(source, {"cat": 4})
    (source / "trainLabels.csv").write_text("id,label\n1,cat\n2,cat\n4,cat\n9,cat\n")
    answer = run(capsys, "prepare-data", "cifar10", "src", "dst", "-q")
    said = "1 image without a label\n  train.zip: train/3.png\n"
    assert answer == (1, "", f"{said}  help: add them to trainLabels.csv, or leave them out: --skip-broken\n")
    answer = run(capsys, "prepare-data", "cifar10", "src", "dst", "--json", "-q")
    (finding,) = json.loads(answer.out)["findings"]
    assert answer.code == 1 and finding["kind"] == "no label" and finding["names"] == ["train.zip: train/3.png"]
    answer = run(capsys, "prepare-data", "cifar10", "src", "dst", "-q", "--skip-broken")
    assert answer.code == 1 and answer.err == (
        "trainLabels.csv: 1 id without an image: 9\nleft out: train.zip: train/3.png\n"
    )
    assert len(tree(source.parent / "dst" / "train_valid_test" / "train_valid")) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["cifr10", "src", "dst"], 2, "there is no format 'cifr10'; did you mean 'cifar10'?  formats: cifar10, "),
        (["cifar10", "src", "dst", "--link", "soft"], 2,
         "prepare-data cifar10: link='soft' is not allowed; choices: hard, sym, copy"),
        (["cifar10", "src", "dst", "--valid-ratio", "1"], 2, "valid_ratio='1' is out of bounds; needs > 0 and < 1"),
        (["cifar10", "src"], 2, "Missing argument 'DST'"),
        (["cifar10", "nowhere", "dst"], 4, "nowhere: there is no such folder; needs the folder of "),
        (["cifar10", "src/train.zip", "dst"], 4, "src/train.zip: is a file; needs the folder of the downloaded files"),
        (["cifar10", "src", "src"], 4, "src: is not empty, and has no manifest.json"),
    ],
)  # fmt: skip
def test_mistakes(capsys, source, arguments, code, said):
    answer = run(capsys, "prepare-data", *arguments)
    assert answer.code == code and said in answer.err and not answer.out


@pytest.mark.parametrize("name", sorted(PREPARATIONS))
def test_options_are_the_parameters(capsys, name):
    answer = run(capsys, "prepare-data", name, "--help")
    assert answer.code == 0 and answer.out.startswith(f"Usage: symcli prepare-data {name} [OPTIONS] SRC DST\n")
    assert PREPARATIONS[name].__doc__
    for option, one in declared(PREPARATIONS[name]).items():
        assert f"--{option.replace('_', '-')}" in answer.out and one.doc


def test_a_refusal_is_json_if_that_is_asked_for(capsys, source):
    run(capsys, "prepare-data", "cifar10", "src", "dst", "-q")
    answer = run(capsys, "prepare-data", "cifar10", "src", "dst", "-q", "--json", "--seed", "3")
    assert (answer.code, answer.err) == (4, "") and json.loads(answer.out) == {
        "schema": 1,
        "error": "dst: was prepared in another way: seed was 0, now 3\n"
        "  help: remove dst and run this again, or give another folder; nothing was changed",
    }


def test_what_to_do_next_can_be_pasted(capsys, source):
    answer = run(capsys, "prepare-data", "cifar10", "src", "my data", "-q")
    assert answer.out.endswith("\nnext: symcli data check 'my data/train_valid_test'\n")
