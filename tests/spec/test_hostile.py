"""Files made to exhaust or confuse the reader: refused with a finding, by little work and in little memory."""

import os
import subprocess
import sys

import pytest

from symcli.errors import SpecError
from symcli.spec import source
from symcli.spec.findings import Findings
from symcli.spec.network import load_network
from tests.calls import at_most
from tests.cli.run import run

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)
NET = "network: {inputs: {data: [2, 3]}, graph: {out: %s}}\n"
REPEATED = """
network:
  inputs: {data: [2, 3]}
  blocks:
    one: {graph: {out: relu(data)}}
    many: {graph: {out: {%s: {repeat: 1000000000}}}}
    none: {graph: {out: data}}
  graph: {out: {many: {repeat: 1000000}}}
"""
HOSTILE = {
    "alias bomb": (BOMB, "SYM103"),
    "alias bomb in a graph": ("network:\n  graph:\n    " + BOMB.replace("\n", "\n    "), "SYM103"),
    "flow lists in each other": ("[" * 10_000, "SYM103"),
    "flow mappings in each other": ("{a: " * 10_000, "SYM103"),
    "block lists in each other": ("- " * 10_000 + "x", "SYM103"),
    "block mappings in each other": ("".join(" " * i + "a:\n" for i in range(2_000)), "SYM103"),
    "an alias of itself": ("network: &n {graph: *n}", "SYM101"),
    "more nodes than a hand writes": ("x: [" + "1, " * 250_000 + "1]", "SYM103"),
    "a large scalar": ("x: " + "y" * (5 << 20), "SYM103"),
    "a power without end": (NET % "data * 9**9**9", "SYM307"),
    "a power of a power": (NET % "data * 2**4000**2", "SYM307"),
    "a large product": (NET % ("data * (" + " * ".join(["10**300"] * 20) + ")"), "SYM307"),
    "a number that is no float": (NET % "data * 10**400", "SYM204"),
    "a hole without end": (NET % "{FullyConnected: {num_hidden: '${9**9**9}'}}", "SYM307"),
    "rounding to a place far off": (NET % "'FullyConnected(data, num_hidden=round(5, -10 ** 9))'", "SYM307"),
    "a number of many digits": (NET % ("data * " + "9" * 5_000), "SYM306"),
    "a long sum": (NET % " + ".join(["data"] * 50_000), "SYM306"),
    "a deep sum": (NET % " + ".join(["data"] * 250), "SYM306"),
    "brackets in each other": (NET % ("(" * 900 + "data" + ")" * 900), "SYM306"),
    "signs before a name": (NET % ("-" * 1_900 + "data"), "SYM306"),
    "calls in each other": (NET % ("relu(" * 300 + "data" + ")" * 300), "SYM306"),
    "a repetition without end": (REPEATED % "one", "SYM103"),
    "a repetition of nothing without end": (REPEATED % "none", "SYM103"),
    "a size beyond all memory": (NET.replace("[2, 3]", "[99999999999999999999999]") % "relu(data)", "SYM204"),
    "attributes of Python": (NET % "data.__class__.__mro__", "SYM306"),
    "a call of Python": (NET % '"__import__(\'os\')"', "SYM201"),
    "a tag of Python": ("!!python/object/apply:os.system ['true']\n", "SYM104"),
    "a NUL": (NET % "relu(data)" + "\0", "SYM101"),
    "an escape of the terminal": (NET % '"\\e[31m(data)"', "SYM306"),
    "a surrogate": (NET % '"\\ud800"', "SYM101"),
    "many mistakes": ("network: {graph: {" + ", ".join(f"n{i}: f{i}(data)" for i in range(1_000)) + "}}", "SYM201"),
}  # fmt: skip

# How many calls may be made before a file is refused; 100,000 for those that are not here. Ten million are a second.
# Repetitions are not counted, which would take long: the limit that refuses them is a count itself.
CALLS = {
    "more nodes than a hand writes": 8_000_000,
    "a long sum": 1_500_000,
    "a repetition without end": None,
    "a repetition of nothing without end": None,
    "many mistakes": 10_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text, code = HOSTILE[name]
    (tmp_path / "net.yaml").write_text(text, errors="surrogatepass")
    with at_most(CALLS.get(name, 100_000)):
        answer = run(capsys, "infer-shape", "net.yaml")
    assert answer.code == 1 and f"error[{code}]" in answer.err and len(answer.err) < 100_000
    assert all(c.isprintable() or c == "\n" for c in answer.err)


@pytest.mark.parametrize("data, code, line", [
    (b"network: {name: \xff\xfe}\n", "SYM106", 1),
    (b"# \xc3\xa4\nname: \xc3(\n", "SYM106", 2),
    (bytes(range(256)) * 20, "SYM106", 2),
    (b"\x7fELF\x02\x01\x01\x00" + b"\x00" * 100, "SYM101", 1),
    (b"PK\x03\x04\x14\x00", "SYM101", 1),
    (b"\xef\xbb\xbf", "SYM108", 1),
    (b"", "SYM108", 1),
])  # fmt: skip
def test_what_is_no_text_is_refused(data, code, line, tmp_path):
    (tmp_path / "net.yaml").write_bytes(data)
    with pytest.raises(SpecError) as error:
        load_network(str(tmp_path / "net.yaml"))
    assert (error.value.code, error.value.line) == (code, line)


def test_endless_input_is_refused():
    for path in ("/dev/zero", "-"):
        with open(os.devnull if path != "-" else "/dev/zero", "rb") as stdin:
            command = [sys.executable, "-m", "symcli", "infer-shape", path]
            ran = subprocess.run(command, stdin=stdin, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 1 and "error[SYM103]" in ran.stderr and len(ran.stderr) < 1_000


def test_files_that_are_none_are_refused(tmp_path):
    (tmp_path / "net.yaml").write_text("network: {file: folder}")
    (tmp_path / "folder").mkdir()
    for path in ("net.yaml", "folder", "nothing.yaml", "x" * 300, "nu\0l"):
        with pytest.raises(SpecError) as error:
            load_network(str(tmp_path / path))
        assert error.value.code == "SYM601"


def test_files_that_name_each_other_in_a_long_row_are_refused(tmp_path):
    for i in range(100):
        (tmp_path / f"{i}.yaml").write_text(f"base: {i + 1}.yaml")
    with pytest.raises(SpecError, match="more than 20 files name each other"):
        load_network(str(tmp_path / "0.yaml"))


def test_long_chains_of_nodes_need_no_deep_stack(tmp_path):
    nodes = [f"n{i}: relu({f'n{i - 1}' if i else 'data'})" for i in range(3_000)]
    for order in (nodes, nodes[::-1]):
        (tmp_path / "net.yaml").write_text("network: {inputs: {data: [2]}, graph: {" + ", ".join(order) + "}}")
        assert len(load_network(str(tmp_path / "net.yaml")).origins) == 3_001
    (tmp_path / "net.yaml").write_text("network: {graph: {" + ", ".join(nodes).replace("(data)", "(n2999)") + "}}")
    with pytest.raises(SpecError, match="SYM303"):
        load_network(str(tmp_path / "net.yaml"))


def test_blocks_in_blocks_end_somewhere(tmp_path):
    blocks = [f"b{i}: {{graph: {{out: b{i + 1}(data)}}}}" for i in range(500)]
    text = "network: {inputs: {data: [2]}, blocks: {" + ", ".join(blocks) + "}, graph: {out: b0(data)}}"
    (tmp_path / "net.yaml").write_text(text)
    with pytest.raises(SpecError, match="blocks are nested deeper than 30"):
        load_network(str(tmp_path / "net.yaml"))


def test_the_tree_is_bounded_by_what_aliases_expand_to(monkeypatch):
    findings = Findings()
    monkeypatch.setitem(source.LIMITS, "nodes", 8)
    assert source.read_text("a: &a [1, 2]\nb: *a\n", "x.yaml", findings) is None
    assert [finding.code for finding in findings] == ["SYM103"]
    assert source.read_text("a: &a [1]\nb: *a\n", "x.yaml", Findings()) is not None
