"""``symcli infer-shape``: tables, findings, JSON, annotations, exit codes."""

import json
import subprocess
import sys

import pytest

from tests.cli.run import run

NET = "network: {inputs: {A: [n, 2], B: [10, 2]}, graph: {D: (A + B) / 10}}\n"
WRONG = "network: {inputs: {A: [10, 2]}, graph: {D: {FullyConnected: {data: A, num_hiden: 3}}}}\n"
TABLE = """\
arguments:
  A  (10, 2)
  B  (10, 2)
outputs:
  D_output  (10, 2)
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    (tmp_path / "net.yaml").write_text(NET)
    (tmp_path / "wrong.yaml").write_text(WRONG)
    monkeypatch.chdir(tmp_path)


def test_table(capsys, files):
    assert run(capsys, "infer-shape", "net.yaml") == (0, TABLE, "")


def test_standard_input():
    command = [sys.executable, "-m", "symcli", "infer-shape", "-"]
    result = subprocess.run(command, input=NET, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, TABLE, "")


def test_internals(capsys, files):
    lines = run(capsys, "infer-shape", "net.yaml", "--internals").out.splitlines()
    assert lines[lines.index("internals:") + 3 :] == ["  D_plus0_output  (10, 2)", "  D_output        (10, 2)"]


def test_findings(capsys, files):
    answer = run(capsys, "infer-shape", "wrong.yaml", "--shape", "A=5,4")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("wrong.yaml:1:71: error[SYM203]: FullyConnected 'D' has no parameter 'num_hiden'\n")
    assert "did you mean 'num_hidden'?" in answer.err


def test_shape_that_contradicts(capsys, files):
    answer = run(capsys, "infer-shape", "net.yaml", "--shape", "A=5,2")
    assert answer.code == 1 and "error[SYM401]" in answer.err and "(5, 2)" in answer.err


def test_many_files_end_in_a_summary(capsys, files):
    answer = run(capsys, "infer-shape", "net.yaml", "wrong.yaml")
    assert answer.code == 1 and answer.out == f"net.yaml:\n{TABLE}"
    assert answer.err.endswith("2 files: 1 ok, 1 with findings\n")


def test_json(capsys, files):
    answer = run(capsys, "infer-shape", "net.yaml", "wrong.yaml", "--json")
    good, bad = json.loads(answer.out)["files"]
    assert answer.code == 1
    assert good["outputs"] == [{"name": "D_output", "shape": [10, 2], "known": True}] and good["findings"] == []
    assert bad["findings"][0]["code"] == "SYM203"


def test_annotations(capsys, files):
    answer = run(capsys, "infer-shape", "wrong.yaml", "--format", "github")
    assert answer.code == 1 and answer.out.startswith("::error file=wrong.yaml,line=1,col=71,title=SYM203::")


def test_type_that_does_not_exist(capsys, files):
    answer = run(capsys, "infer-shape", "net.yaml", "--type", "A=float33")
    assert answer.code in (1, 2) and "did you mean 'float32'?" in answer.err


def test_partial_lets_shapes_stay_unknown(capsys, files, tmp_path):
    (tmp_path / "open.yaml").write_text("network: {inputs: {data: }, graph: {fc: {FullyConnected: {num_hidden: 3}}}}\n")
    answer = run(capsys, "infer-shape", "open.yaml")
    assert answer.code == 1 and "error[SYM403]: shapes still unknown: data ?, fc_weight ?, fc_bias ?" in answer.err
    answer = run(capsys, "infer-shape", "open.yaml", "--partial")
    assert (answer.code, answer.err) == (0, "") and "fc_weight  ?" in answer.out


def test_json_is_the_same_each_time_and_names_open_sizes(capsys, files, tmp_path):
    (tmp_path / "open.yaml").write_text("network: {inputs: {data: [batch, 2]}, graph: {out: relu(data)}}\n")
    first, again = (run(capsys, "infer-shape", "open.yaml", "--json").out for _ in range(2))
    assert first == again and str(tmp_path) not in first
    assert json.loads(first)["files"][0]["outputs"] == [{"name": "out_output", "shape": ["batch", 2], "known": False}]


def test_a_file_that_cannot_be_read_is_exit_code_4(capsys, files):
    answer = run(capsys, "infer-shape", "nett.yaml")
    assert answer == (
        4,
        "",
        "nett.yaml: error[SYM601]: there is no file 'nett.yaml'\n   help: did you mean 'net.yaml'?\n",
    )


def test_shapes_are_inferred_without_numpy_and_numba(files):
    code = ("import sys; from symcli.cli import main; main(['infer-shape', 'net.yaml']); "
            "sys.exit('numpy' in sys.modules or 'numba' in sys.modules)")  # fmt: skip
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
