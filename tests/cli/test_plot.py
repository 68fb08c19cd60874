"""``symcli plot``: Mermaid and DOT texts, SVG by Graphviz or a word on how to get it, files."""

import json
import shutil

import pytest

from tests.cli.run import run

NETWORK = """
network:
  name: small
  inputs: {data: [batch, 1, 8, 8], softmax_label: [batch]}
  graph:
    softmax:
      - Convolution: {name: conv1, kernel: [3, 3], num_filter: 4, pad: [1, 1], stride: [1, 1]}
      - Activation: relu
      - FullyConnected: {name: fc1, num_hidden: 3}
      - SoftmaxOutput
"""
MERMAID = """\
flowchart TB
    n0(["data"]):::input
    n1["conv1<br/>Convolution<br/>kernel 3×3, pad 1×1, num_filter 4"]:::layer
    n2["softmax_activation0<br/>Activation relu"]:::activation
    n3["fc1<br/>FullyConnected<br/>num_hidden 3"]:::layer
    n4(["softmax_label"]):::input
    n5[["softmax<br/>SoftmaxOutput"]]:::loss
    n0 -->|"batch×1×8×8"| n1
    n1 -->|"batch×4×8×8"| n2
    n2 -->|"batch×4×8×8"| n3
    n3 -->|"batch×3"| n5
    n4 -->|"batch"| n5
    classDef input fill:#e8eaed,stroke:#5f6368,color:#000
    classDef layer fill:#cfe2f9,stroke:#1f5fa8,color:#000
    classDef activation fill:#fde3cf,stroke:#b3591b,color:#000
    classDef loss fill:#f6d3da,stroke:#a8243f,color:#000
"""
DOT = """\
digraph "small" {
    node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11, margin="0.15,0.08"];
    edge [fontname="Helvetica", fontsize=9, color="#5f6368"];
    n0 [label="data", fillcolor="#e8eaed", color="#5f6368", shape=oval];
    n1 [label="conv1\\nConvolution\\nkernel 3×3, pad 1×1, num_filter 4", fillcolor="#cfe2f9", color="#1f5fa8"];
    n2 [label="softmax_activation0\\nActivation relu", fillcolor="#fde3cf", color="#b3591b"];
    n3 [label="fc1\\nFullyConnected\\nnum_hidden 3", fillcolor="#cfe2f9", color="#1f5fa8"];
    n4 [label="softmax_label", fillcolor="#e8eaed", color="#5f6368", shape=oval];
    n5 [label="softmax\\nSoftmaxOutput", fillcolor="#f6d3da", color="#a8243f", peripheries=2];
    n0 -> n1 [label=" 2×1×8×8"];
    n1 -> n2 [label=" 2×4×8×8"];
    n2 -> n3 [label=" 2×4×8×8"];
    n3 -> n5 [label=" 2×3"];
    n4 -> n5 [label=" 2"];
}
"""


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(NETWORK)
    return tmp_path


def test_mermaid(capsys, small):
    assert run(capsys, "plot", "small.yaml") == (0, MERMAID, "")


def test_dot(capsys, small):
    assert run(capsys, "plot", "small.yaml", "--format", "dot", "-D", "batch=2") == (0, DOT, "")


def test_ending_of_the_file_chooses_the_format(capsys, small):
    for name, text in (("a.dot", DOT), ("a.mmd", MERMAID.replace("batch", "2")),
                       ("a.md", f"```mermaid\n{MERMAID.replace('batch', '2')}```\n")):  # fmt: skip
        assert run(capsys, "plot", "small.yaml", "-D", "batch=2", "-o", name) == (0, "", "")
        assert (small / name).read_text(encoding="utf-8") == text


def test_variables(capsys, small):
    lines = run(capsys, "plot", "small.yaml", "--variables").out.splitlines()
    assert '    n1["conv1_weight"]:::variable' in lines and '    n1 -->|"4×1×3×3"| n3' in lines


def test_json(capsys, small):
    answer = json.loads(run(capsys, "plot", "small.yaml", "--json").out)
    assert answer["network"] == "small" and answer["nodes"][5] == {
        "number": 5, "name": "softmax", "kind": "loss", "lines": ["softmax", "SoftmaxOutput"], "output": True,
    }  # fmt: skip
    assert answer["edges"][-1] == {"source": 4, "target": 5, "shape": "batch"}


def test_svg_without_graphviz_says_what_to_install(capsys, small, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert run(capsys, "plot", "small.yaml", "--format", "svg") == (
        3, "", "Error: SVG needs Graphviz' program dot, which is not here; install it (apt-get install graphviz, "
               "brew install graphviz), or write its input: --format dot\n",
    )  # fmt: skip


def test_svg_is_what_dot_draws(capsys, small, monkeypatch):
    dot = small / "dot"
    dot.write_text('#!/bin/sh\necho "<svg $1>"\ncat\n')
    dot.chmod(0o755)
    monkeypatch.setenv("PATH", str(small), prepend=":")
    assert run(capsys, "plot", "small.yaml", "-o", "a.svg", "-D", "batch=2") == (0, "", "")
    assert (small / "a.svg").read_text(encoding="utf-8") == f"<svg -Tsvg>\n{DOT}"


def test_shapes_need_not_be_known(capsys, small):
    import symcli as mx

    mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc").save("net-symbol.json")
    answer = run(capsys, "plot", "net-symbol.json")
    assert answer.code == 0 and "    n0 --> n1\n" in answer.out


def test_file_with_mistakes_is_not_drawn(capsys, small):
    (small / "bad.yaml").write_text(NETWORK.replace("num_hidden", "num_hiden"))
    answer = run(capsys, "plot", "bad.yaml", "-o", "bad.svg" if shutil.which("dot") else "bad.dot")
    assert answer.code == 1 and "SYM203" in answer.err and not list(small.glob("bad.[sd]*"))


def test_json_and_a_format_are_two_answers(capsys, small):
    answer = run(capsys, "plot", "small.yaml", "--json", "--format", "dot")
    assert answer.code == 2 and "leave --format and -o out" in answer.err


def test_file_that_cannot_be_written(capsys, small):
    answer = run(capsys, "plot", "small.yaml", "-o", "nowhere/a.mmd")
    assert answer.code == 4 and "No such file or directory" in answer.err


def test_an_ending_that_is_not_known(capsys, small):
    answer = run(capsys, "plot", "small.yaml", "-o", "a.png")
    assert answer.code == 2 and "a.png ends in none of .mmd, " in answer.err and not (small / "a.png").exists()
    assert run(capsys, "plot", "small.yaml", "-o", "a.png", "--format", "dot").code == 0
