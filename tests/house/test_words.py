"""Words that the project does without: in file names, code and documents."""

import re

import pytest

from tests.house.source import ROOT, package_files

TEXTS = sorted([*package_files(), *ROOT.glob("tests/**/*.py"), *ROOT.glob("docs/*.md"), *ROOT.glob("*.md")])
TEXTS.remove(ROOT / "tests/house/test_words.py")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b|pytest\.(skip|xfail)|mark\.(skip|xfail)")
NAMES_THAT_SAY_NOTHING = {"utils", "util", "common", "misc", "helpers"}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_is_left_unfinished(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        assert not UNFINISHED.search(line), f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        assert not re.search(r"(?<![\w.])/(work|home|tmp|root)/", line), f"{path}:{number}: a path of one machine"


def test_file_names_are_nouns_that_say_something():
    doors = [ROOT / "symcli/gluon/utils.py", ROOT / "symcli/util.py"]  # they bear MXNet's names
    rooms = [path for path in TEXTS if path not in doors]
    assert not {path.stem for path in rooms} & NAMES_THAT_SAY_NOTHING
