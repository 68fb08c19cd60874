"""Good files damaged at random: an answer or findings, never a traceback."""

import random
import re
from pathlib import Path

import pytest

from tests.cli.run import run
from tests.spec.test_examples import LENET, RESNET20, SUM

NETWORKS = Path(__file__).parents[2] / "configs" / "networks"
SIGNS = "{}[]():,-&*!|>'\"%@`$_#? \t\n\\ä😀\x7f\u2028=+/.09azN"
WORDS = """
    relu data $channels ${ } _ + [] {} null true nan 1e400 -1 <<: &a *a --- ... 9**9**9 ( lambda: outputs: params: name:
    base: file: net.yaml repeat: required !!int "" $ None 0 variables: attr: init:
""".split()


def mutated(text, random):
    """Return a text with a few lines, words or characters lost, doubled, exchanged or put in."""
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        lines, words = text.splitlines(), list(re.finditer(r"[\w$]+", text))
        i, j, at = random.randrange(len(lines)), random.randrange(len(lines)), random.randrange(len(text))
        one, two = random.choice(words), random.choice(words)
        kind = random.randrange(8)
        if kind == 0:
            text = "\n".join(lines[:i] + lines[i + 1 :])
        elif kind == 1:
            text = "\n".join(lines[:i] + [lines[j]] + lines[i:])
        elif kind == 2:
            text = "\n".join(lines[:i] + [lines[j]] + lines[i + 1 :])
        elif kind == 3:
            text = text[:at] + random.choice(SIGNS) + text[at:]
        elif kind == 4:
            text = text[: max(at, 40)]
        elif kind == 5:
            text = text[:at] + text[at + random.randrange(1, 5) :]
        else:
            text = text[: one.start()] + (two[0] if kind == 6 else random.choice(WORDS)) + text[one.end() :]
    return text


@pytest.mark.parametrize("seed", range(8))
def test_damaged_files_are_answered(seed, tmp_path, monkeypatch, capsys):
    chance = random.Random(seed)
    good = [SUM, LENET, RESNET20, *(path.read_text() for path in sorted(NETWORKS.glob("*.yaml")))]
    (tmp_path / "blocks").mkdir()
    for path in NETWORKS.glob("blocks/*.yaml"):
        (tmp_path / "blocks" / path.name).write_text(path.read_text())
    monkeypatch.chdir(tmp_path)
    codes = set()
    for _ in range(40):
        text = mutated(chance.choice(good), chance)
        (tmp_path / "net.yaml").write_text(text)
        answer = run(capsys, "infer-shape", "net.yaml")
        codes.add(answer.code)
        assert answer.code == 0 or (answer.code == 1 and "error[SYM" in answer.err), f"{answer.err}\n{text}"
    assert codes == {0, 1}
