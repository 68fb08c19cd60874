"""Typical mistakes in jobs and the exact answer to each: ``mistakes.md``."""

from pathlib import Path

import pytest

from tests.cli.run import run
from tests.spec.examples import examples

MISTAKES = examples(Path(__file__).parent / "mistakes.md")


@pytest.mark.parametrize("example", MISTAKES, ids=lambda example: example.title)
def test_mistake_is_answered(example, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for command, expected in example.play(tmp_path):
        answer = run(capsys, *command)
        assert answer.out + answer.err == expected
        assert answer.code == 1
