"""The documents on the language do what they say: every example, every code, the workflow, the hook."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from symcli.spec.findings import CODES
from tests.cli.run import run
from tests.house.source import package_files
from tests.spec.examples import examples

ROOT = Path(__file__).parents[2]
EXAMPLES = [
    (path.stem, example) for path in (ROOT / "docs/spec.md", ROOT / "docs/errors.md") for example in examples(path)
]
YAML = re.compile(r"^```yaml (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", [pytest.param(one, id=f"{page}: {one.title}") for page, one in EXAMPLES])
def test_example_prints_what_it_says(example, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for command, expected in example.play(tmp_path):
        answer = run(capsys, *command)
        assert answer.out + answer.err == expected
        assert answer.code == ("error[" in expected)


def test_every_code_has_its_section_and_each_of_networks_an_example():
    sections = re.findall(r"^## (SYM\d+)$", (ROOT / "docs/errors.md").read_text(), re.MULTILINE)
    assert sections == list(CODES)
    shown = {example.title: str(example.steps) for page, example in EXAMPLES if page == "errors"}
    without = {code for code in CODES if f"error[{code}]" not in shown.get(code, "")}
    assert without == {"SYM106"} | {code for code in CODES if code.startswith("SYM7")}  # no text; jobs


def test_every_code_is_used():
    sources = "".join(path.read_text() for path in package_files())
    assert {code for code in CODES if len(re.findall(f'"{code}"', sources)) < 2} == set()
    assert set(re.findall(r'"(SYM\d{3})"', sources)) == set(CODES)


def workflow():
    files = dict(YAML.findall((ROOT / "docs/ci.md").read_text()))
    return files[".github/workflows/networks.yaml"]


def test_the_workflow_has_at_most_20_lines():
    assert len(workflow().splitlines()) <= 20


def test_the_workflow_runs(tmp_path):
    steps = [step["run"] for step in yaml.safe_load(workflow())["jobs"]["shapes"]["steps"] if "run" in step]
    assert steps[0].startswith("pip install")
    symcli = f"{sys.executable} -m symcli"
    check, write, compare = (step.replace("symcli infer-shape", f"{symcli} infer-shape") for step in steps[1:])
    shutil.copytree(ROOT / "configs/networks", tmp_path / "networks")

    def shell(command):
        return subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)

    assert shell(f"git init -q && {write} && git add .").returncode == 0
    for step in (check, write, compare):
        ran = shell(step)
        assert ran.returncode == 0, ran.stderr
    lenet = tmp_path / "networks/lenet.yaml"
    text = lenet.read_text()
    lenet.write_text(text.replace("num_hidden: 500", "num_hidden: 400"))
    assert shell(check).returncode == shell(write).returncode == 0
    assert shell(compare).returncode == 1
    lenet.write_text(text.replace("num_hidden: 500", "num_hiden: 500"))
    ran = shell(check)
    assert ran.returncode == 1
    assert re.search(
        r"^::error file=networks/lenet.yaml,line=\d+,col=\d+,title=SYM203::FullyConnected", ran.stdout, re.M
    )


def test_the_hook_checks_networks_and_nothing_else(capsys, monkeypatch):
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["id"] == "symcli-infer-shape"
    local = YAML.findall((ROOT / "docs/ci.md").read_text())[-1][1]
    assert yaml.safe_load(local)["repos"][0]["hooks"][0]["files"] == hook["files"]
    files = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "configs").rglob("*.yaml"))]
    chosen = [file for file in files if re.search(hook["files"], file)]
    assert "configs/networks/lenet.yaml" in chosen
    assert all(Path(file).parent.name == "networks" for file in chosen)
    monkeypatch.chdir(ROOT)
    program, *arguments = hook["entry"].split()
    assert program == "symcli" and run(capsys, *arguments, *chosen).code == 0
