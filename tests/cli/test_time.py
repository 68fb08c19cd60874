"""``symcli time``: the table and the document, with times made equal; comparisons and what they refuse."""

import json
import re

import pytest

from tests.cli.run import run

SPEC = """\
network:
  inputs: {data: [batch, 4], softmax_label: [batch]}
  graph:
    softmax:
      - FullyConnected: {name: fc, num_hidden: 3}
      - exp
      - SoftmaxOutput
"""
TABLE = """\
net, training, replay on # threads, median of #

nodes         computed as     forward ms  GFLOP/s  backward ms  GFLOP/s
fc            FullyConnected  #           #        #            #
softmax_exp0  exp             #           #        #            #
softmax       SoftmaxOutput   #           #        #            #
sum                           #                    #
whole pass                    #                    #
"""


@pytest.fixture
def spec(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYMCLI_EXECUTOR", "replay")
    (tmp_path / "net.yaml").write_text(SPEC)
    return "net.yaml"


def normalised(text: str) -> str:
    """Replace all numbers by #, where they stood in columns too."""
    lines = []
    for line in text.splitlines():
        if "threads" in line or "thread," in line:
            lines.append(re.sub(r"\d+(?= thread)|\d+$", "#", line).replace("# thread,", "# threads,"))
        else:
            lines.append(re.sub(r" +[\d.]+(?= |$)", lambda found: found[0][: -len(found[0].strip())] + "#", line))
    return "\n".join(re.sub(" +", " ", line) for line in lines)


def test_table(capsys, spec):
    answer = run(capsys, "time", spec, "-D", "batch=2", "--seconds", "0.001")
    assert (answer.code, answer.err) == (0, "")
    assert normalised(answer.out).splitlines() == [re.sub(" +", " ", line) for line in TABLE.splitlines()]


def test_document(capsys, spec):
    answer = json.loads(run(capsys, "time", spec, "-D", "batch=2", "--seconds", "0.001", "--json").out)
    assert list(answer) == ["schema", "file", "network", "mode", "executor", "threads", "processor", "rounds",
                            "forward_ms", "backward_ms", "layers"]  # fmt: skip
    assert (answer["network"], answer["mode"], answer["executor"]) == ("net", "training", "replay")
    assert answer["rounds"] >= 3 and answer["forward_ms"] > 0 and answer["backward_ms"] > 0
    assert [one["nodes"] for one in answer["layers"]] == [["fc"], ["softmax_exp0"], ["softmax"]]
    assert [one["computed_as"] for one in answer["layers"]] == ["FullyConnected", "exp", "SoftmaxOutput"]
    assert list(answer["layers"][0]) == ["nodes", "computed_as", "forward_ms", "forward_gflop_per_s", "backward_ms",
                                         "backward_gflop_per_s"]  # fmt: skip


def test_prediction_has_no_backward(capsys, spec):
    answer = json.loads(run(capsys, "time", spec, "-D", "batch=2", "--predict", "--seconds", "0.001", "--json").out)
    assert answer["mode"] == "prediction" and answer["backward_ms"] is None
    assert all(one["backward_ms"] is None and one["backward_gflop_per_s"] is None for one in answer["layers"])


def test_the_engine_is_timed_as_it_groups_nodes(capsys, spec, monkeypatch):
    monkeypatch.setenv("SYMCLI_EXECUTOR", "engine")
    (answer,) = [json.loads(run(capsys, "time", spec, "-D", "batch=2", "--seconds", "0.001", "--json").out)]
    assert answer["executor"] == "engine"
    assert {name for one in answer["layers"] for name in one["nodes"]} == {"fc", "softmax_exp0", "softmax"}


def test_comparison_shows_factors_and_fails_over_the_bound(capsys, spec, tmp_path):
    old = json.loads(run(capsys, "time", spec, "-D", "batch=2", "--seconds", "0.001", "--json").out)
    for key, factor in (("faster", 1e6), ("slower", 1e-6)):
        changed = {**old, **{name: old[name] * factor for name in ("forward_ms", "backward_ms")}}
        (tmp_path / f"{key}.json").write_text(json.dumps(changed))
    command = ("time", spec, "-D", "batch=2", "--seconds", "0.001", "--compare")
    answer = run(capsys, *command, "faster.json", "--fail-over", "10%")
    assert (answer.code, answer.err) == (0, "") and "(x" in answer.out
    answer = run(capsys, *command, "slower.json", "--fail-over", "0.1")
    assert answer.code == 1
    assert re.fullmatch(
        r"forward: [\d.]+ times as long as in slower.json; allowed 1.10\n"
        r"backward: [\d.]+ times as long as in slower.json; allowed 1.10\n", answer.err
    ), answer.err  # fmt: skip
    document = json.loads(run(capsys, *command, "slower.json", "--json").out)
    assert document["compared"]["forward_ms"]["whole"] > 1e3 and len(document["compared"]["forward_ms"]["layers"]) == 3


def test_what_cannot_be_compared_is_said(capsys, spec, tmp_path):
    (tmp_path / "no.json").write_text("{}")
    (tmp_path / "broken.json").write_text("{")
    answer = run(capsys, "time", spec, "-D", "batch=2", "--compare", "no.json")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "no.json: holds no times; write them with symcli time --json\n"
    answer = run(capsys, "time", spec, "-D", "batch=2", "--compare", "broken.json")
    assert answer.code == 1 and answer.err.startswith("broken.json: is no JSON document: ")
    assert run(capsys, "time", spec, "--compare", "missing.json").code == 4
    answer = run(capsys, "time", spec, "--fail-over", "10%")
    assert answer.code == 2 and "--fail-over needs --compare" in answer.err
    answer = run(capsys, "time", spec, "--compare", "no.json", "--fail-over", "much")
    assert answer.code == 2 and "'much' is no part; write 10% or 0.1" in answer.err


def test_open_sizes_are_asked_for(capsys, spec):
    answer = run(capsys, "time", spec)
    assert answer.code == 1 and "the size 'batch' of data (batch, 4) is open" in answer.err
