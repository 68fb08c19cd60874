"""``symcli convert``: there and back, and what it refuses."""

import json

import symcli as mx
from tests.cli.run import run

NET = "network: {inputs: {A: [10, 2], B: [10, 2]}, graph: {D: (A + B) / 10}}\n"
SPEC = """\
network:
  name: net
  inputs:
    A: [10, 2]
    B:
  graph:
    D_plus0: A + B
    D: D_plus0 / 10
  outputs: [D]
"""


def test_there_and_back(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET)
    assert run(capsys, "convert", "net.yaml", "net-symbol.json") == (0, "", "")
    assert mx.sym.load("net-symbol.json").list_outputs() == ["D_output"]
    assert run(capsys, "convert", "net-symbol.json", "-", "--shape", "A=10,2") == (0, SPEC, "")
    assert run(capsys, "convert", "net-symbol.json", "again.yaml", "--shape", "A=10,2") == (0, "", "")
    assert run(capsys, "convert", "again.yaml", "again.json").code == 0
    before, after = (json.loads((tmp_path / name).read_text()) for name in ("net-symbol.json", "again.json"))
    assert [node["name"] for node in before["nodes"]] == [node["name"] for node in after["nodes"]]


def test_ending_that_is_not_known(capsys, tmp_path):
    (tmp_path / "net.yaml").write_text(NET)
    answer = run(capsys, "convert", str(tmp_path / "net.yaml"), "net.txt")
    assert answer.code == 2 and answer.err.endswith("'net.txt' ends in neither .yaml nor .json\n")


def test_a_place_that_cannot_be_written(capsys, tmp_path):
    (tmp_path / "net.yaml").write_text(NET)
    target = tmp_path / "none" / "net.json"
    answer = run(capsys, "convert", str(tmp_path / "net.yaml"), str(target))
    assert answer == (4, "", f"{target}: No such file or directory; needs a place that can be written\n")
