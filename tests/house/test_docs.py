"""The documents keep up with the code: generated pages, paragraphs, examples, links."""

import ast
import doctest
import importlib
import re
import shlex

import pytest

import symcli
from symcli import cli
from symcli.cli.ops import markdown_pages
from symcli.spec.findings import CODES
from tests.house.source import PACKAGE, ROOT, package_files, tree

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("tests/**/*.md")])
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def dotted(path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def shown(path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("module", ["symbol", "nd"])
def test_stubs_are_what_the_registry_gives(module, capsys):
    cli.main(["ops", "--stubs", module])
    message = f"symcli ops --stubs {module} > symcli/{module}.pyi"
    assert (PACKAGE / f"{module}.pyi").read_text() == capsys.readouterr().out, message


def test_operator_pages_are_what_the_registry_gives():
    written = (ROOT / "docs/operators.md").read_text()
    assert written == markdown_pages(), "run: symcli ops --markdown > docs/operators.md"


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_command_has_its_paragraph(name):
    assert f"\n## `symcli {name}" in (ROOT / "docs/cli.md").read_text()
    assert f"`symcli {name}" in (ROOT / "README.md").read_text()


def test_exit_codes_of_the_manual_are_those_of_the_program():
    manual = set(re.findall(r"^\| (\d+) \|", (ROOT / "docs/cli.md").read_text(), re.MULTILINE))
    assert manual == set(re.findall(r"\b\d+\b", cli.main.__doc__ or ""))


@pytest.mark.parametrize("path", DOCUMENTS, ids=shown)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text()):
        if not re.match(r"https?://|#|mailto:", target):
            assert (path.parent / target.split("#")[0]).exists(), f"{shown(path)}: {target}"


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "docs/tutorial.md"], ids=shown)
def test_examples_of_documents_run(path):
    text = path.read_text()
    blocks = re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    with symcli.name.NameManager():
        names: dict = {}
        for block in blocks:
            line = text[: block.start(1)].count("\n")
            check_examples(doctest.DocTestParser().get_doctest(block[1], names, shown(path), shown(path), line), names)


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "docs/cli.md"], ids=shown)
def test_console_examples_print_what_they_say(path, tmp_path, monkeypatch, capsys):
    text = path.read_text()
    for block in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        (tmp_path / block.splitlines()[0].removeprefix("# ")).write_text(block)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for command, expected in re.findall(r"^\$ symcli (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            cli.main(shlex.split(command))
            printed = capsys.readouterr()
            assert printed.out + printed.err == expected, f"{shown(path)}: symcli {command}"
    for block in re.findall(r"^```mermaid\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        cli.main(["plot", "net.yaml"])
        assert capsys.readouterr().out == block, f"{shown(path)}: symcli plot net.yaml"


def test_codes_of_findings_are_those_of_the_program():
    written = re.findall(r"^\| (SYM\d+) \| (.*) \|$", (ROOT / "docs/errors.md").read_text(), re.MULTILINE)
    assert dict(written) == CODES


@pytest.mark.parametrize("path", [p for p in package_files() if ">>> " in p.read_text()], ids=shown)
def test_examples_of_docstrings_run(path):
    module = importlib.import_module(dotted(path))
    with symcli.name.NameManager():
        for one in doctest.DocTestFinder(exclude_empty=True).find(module):
            if one.examples:
                check_examples(one, one.globs)


def check_examples(test: doctest.DocTest, names: dict) -> None:
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    test.globs = names
    runner.run(test, out=said.append, clear_globs=False)
    assert not runner.failures, "".join(said)


@pytest.mark.parametrize("path", package_files(), ids=shown)
def test_public_names_have_docstrings(path):
    assert ast.get_docstring(tree(path)), f"{shown(path)} has no docstring"
    public = next((ast.literal_eval(node.value) for node in tree(path).body if isinstance(node, ast.Assign)
                   and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__"
                   and isinstance(node.value, ast.List)), [])  # fmt: skip
    defined = {node.name: node for node in tree(path).body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    missing = [name for name in public if name in defined and not ast.get_docstring(defined[name])]
    assert not missing, f"{shown(path)}: no docstring: {', '.join(missing)}"


@pytest.mark.parametrize("path", [p for p in package_files() if p.parent != PACKAGE], ids=shown)
def test_names_in_all_exist(path):
    module = importlib.import_module(dotted(path))
    missing = [name for name in getattr(module, "__all__", []) if not hasattr(module, name)]
    assert not missing, f"{shown(path)}: in __all__ but not there: {', '.join(missing)}"


def test_changelog_is_newest_first_one_line_a_change():
    lines = (ROOT / "CHANGELOG.md").read_text().splitlines()
    versions = [re.fullmatch(r"## (\d+)\.(\d+)\.(\d+) \((unreleased|\d{4}-\d\d-\d\d)\)", line)
                for line in lines if line.startswith("##")]  # fmt: skip
    assert all(versions), "a section is: ## 0.1.0 (unreleased), or its date"
    numbers = [tuple(int(number) for number in version.groups()[:3]) for version in versions if version]
    assert numbers == sorted(numbers, reverse=True)
    assert ".".join(map(str, numbers[0])) == symcli.__version__
    for line in lines[3:]:
        assert line == "" or line.startswith(("## ", "- ")), f"one line a change: {line!r}"
