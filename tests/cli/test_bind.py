"""``symcli bind``: outputs and gradients printed, fills, files, nodes inside, findings."""

import json
import re

import numpy as np
import pytest

import symcli as mx
from tests.cli.run import run

FIRST = """
network:
  inputs: {A: [10, 2], B: [10, 2]}
  graph:
    C: (A + B) / 10
    D: C + 1
"""
MLP = """
network:
  inputs: {data: [batch, 4], softmax_label: [batch]}
  graph:
    softmax: [{FullyConnected: {name: fc, num_hidden: 3}}, SoftmaxOutput]
"""
ROWS = "\n ".join(["[1.2 1.2]"] * 10)


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "first.yaml").write_text(FIRST)
    (tmp_path / "mlp.yaml").write_text(MLP)
    return tmp_path


def test_first_example_with_ones(capsys, files):
    assert run(capsys, "bind", "first.yaml", "--fill", "ones") == (0, f"D_output (10, 2)\n[{ROWS}]\n", "")


def test_gradients(capsys, files):
    expected = f"D_output (10, 2)\n[{ROWS}]\ngradient norms:\n  A  (10, 2)  0.447214\n  B  (10, 2)  0.447214\n"
    assert run(capsys, "bind", "first.yaml", "--fill", "ones", "--grad") == (0, expected, "")


def test_large_output_is_shown_by_its_statistics(capsys, files):
    answer = run(capsys, "bind", "first.yaml", "--fill", "ones", "--shape", "A=20,6", "--shape", "B=20,6")
    assert answer == (0, "D_output (20, 6)  mean 1.2, standard deviation 0, min 1.2, max 1.2\n", "")


def test_what_is_not_finite_is_counted(capsys, files):
    np.savez("a.npz", A=np.full((20, 6), np.inf, np.float32))
    answer = run(capsys, "bind", "first.yaml", "--fill", "a.npz", "--shape", "A=20,6", "--shape", "B=20,6")
    line = "D_output (20, 6)  mean nan, standard deviation nan, min nan, max nan; 120 of 120 are not finite\n"
    assert answer == (0, line, "not in a.npz, filled from the seed: B\n")


def test_nodes_inside(capsys, files):
    answer = run(capsys, "bind", "first.yaml", "--fill", "ones", "--output", "C", "--output", "A", "--json")
    outputs = json.loads(answer.out)["outputs"]
    assert [(one["name"], one["mean"]) for one in outputs] == [("C_output", 0.2), ("A", 1.0)]


def test_node_that_is_not_there(capsys, files):
    assert run(capsys, "bind", "first.yaml", "--output", "E") == (
        1, "", "--output E: error[SYM301]: first has no node 'E'\n   help: nodes: C_plus0, C, D\n",
    )  # fmt: skip


def test_label_is_a_class_number(capsys, files):
    answer = run(capsys, "bind", "mlp.yaml", "-D", "batch=2", "--output", "softmax_label", "--fill", "ones")
    assert answer.out == "softmax_label (2,)\n[0. 0.]\n"


def test_open_size_is_a_finding_that_says_how_to_give_it(capsys, files):
    assert run(capsys, "bind", "mlp.yaml") == (
        1, "",
        "mlp.yaml:3:12: error[SYM403]: the size 'batch' of data (batch, 4) is open\n"
        "    3 |   inputs: {data: [batch, 4], softmax_label: [batch]}\n"
        "                   ^^^^\n"
        "   help: -D batch=2, or --shape data=2,4\n",
    )  # fmt: skip


def test_values_depend_on_seed_and_name_alone(capsys, files):
    whole = run(capsys, "bind", "mlp.yaml", "-D", "batch=2", "--output", "fc_weight").out
    assert whole == run(capsys, "bind", "mlp.yaml", "-D", "batch=2", "--output", "fc_weight", "--output", "data").out[
        : len(whole)]  # fmt: skip
    assert whole != run(capsys, "bind", "mlp.yaml", "-D", "batch=2", "--output", "fc_weight", "--seed", "1").out


def test_arrays_of_files_bind_open_sizes_and_are_used(capsys, files):
    np.savez("data.npz", data=np.eye(4, dtype=np.float32)[:3], softmax_label=np.zeros(3, np.float32))
    weights = {"arg:fc_weight": mx.nd.zeros((3, 4)), "arg:fc_bias": mx.nd.array([0, 0, np.log(2.0)])}
    mx.nd.save("net.params", weights)
    answer = run(capsys, "bind", "mlp.yaml", "--fill", "data.npz", "--params", "net.params", "--npz", "out.npz",
                 "--grad")  # fmt: skip
    assert (answer.code, answer.err) == (0, "") and "softmax_output (3, 3)\n" in answer.out
    with np.load("out.npz") as written:
        assert sorted(written.files) == ["grad:data", "grad:fc_bias", "grad:fc_weight", "softmax_output"]
        np.testing.assert_allclose(written["softmax_output"], [[0.25, 0.25, 0.5]] * 3, rtol=1e-6)
        np.testing.assert_allclose(written["grad:fc_bias"], [-2.25, 0.75, 1.5], rtol=1e-6)


def test_answer_is_written_whole_or_not_at_all(capsys, files):
    answer = run(capsys, "bind", "first.yaml", "--npz", "nowhere/out.npz")
    assert answer.code == 4 and "nowhere" in answer.err


@pytest.mark.parametrize(
    ("arrays", "message"),
    [({"fc_wight": np.ones((3, 4))}, "x.npz: mlp has no variable 'fc_wight'; did you mean 'fc_weight'?\n"),
     ({"fc_weight": np.ones((3, 5))}, "x.npz: fc_weight is (3, 5); mlp needs (3, 4)\n"),
     ({"fc_weight": np.full((3, 4), "a")}, "x.npz: fc_weight holds <U1; needs numbers\n")],
)  # fmt: skip
def test_arrays_that_do_not_fit(capsys, files, arrays, message):
    np.savez("x.npz", **arrays)
    assert run(capsys, "bind", "mlp.yaml", "-D", "batch=2", "--fill", "x.npz") == (1, "", message)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_damaged_file(capsys, files, content):
    (files / "x.npz").write_bytes(content)
    answer = run(capsys, "bind", "first.yaml", "--fill", "x.npz")
    assert answer.code == 1 and re.match(r"x\.npz: (is no file of arrays|File is not a zip file); ", answer.err)
    (files / "x.params").write_bytes(content)
    answer = run(capsys, "bind", "first.yaml", "--params", "x.params")
    assert answer.code == 1 and answer.err.startswith("x.params: at byte ")


def test_file_that_is_not_there(capsys, files):
    assert run(capsys, "bind", "first.yaml", "--fill", "no.npz") == (
        4, "", "no.npz: No such file or directory; needs an .npz of plain arrays\n"
    )  # fmt: skip


def test_fill_that_does_not_exist(capsys, files):
    answer = run(capsys, "bind", "first.yaml", "--fill", "one")
    assert answer.code == 2
    assert answer.err.endswith("'one' is none of ones, zeros, normal and no .npz file; did you mean 'ones'?\n")


def test_json(capsys, files):
    answer = json.loads(run(capsys, "bind", "first.yaml", "--fill", "ones", "--grad", "--json").out)
    assert answer == {
        "schema": 1, "file": "first.yaml", "seed": 0,
        "outputs": [{"name": "D_output", "shape": [10, 2], "dtype": "float32", "mean": 1.2, "standard_deviation": 0.0,
                     "min": 1.2, "max": 1.2, "not_finite": 0, "values": [1.2] * 20}],
        "gradients": [{"name": "A", "shape": [10, 2], "norm": 0.447214},
                      {"name": "B", "shape": [10, 2], "norm": 0.447214}],
    }  # fmt: skip


def test_symbol_json(capsys, files):
    (mx.sym.Variable("a") * 2).save("twice-symbol.json")
    answer = run(capsys, "bind", "twice-symbol.json", "--shape", "a=3", "--fill", "ones")
    assert answer.code == 0 and answer.out.endswith("_output (3,)\n[2. 2. 2.]\n")
