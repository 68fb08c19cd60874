"""Typical mistakes and the exact answer to each: ``tests/spec/mistakes/*.md``, one kind of mistake a file."""

import re
from pathlib import Path

import pytest

from tests.cli.run import run
from tests.spec.examples import examples

MISTAKES = [(path.stem, example) for path in sorted(Path(__file__).parent.glob("mistakes/*.md"))
            for example in examples(path)]  # fmt: skip


@pytest.mark.parametrize("example", [pytest.param(one, id=f"{kind}: {one.title}") for kind, one in MISTAKES])
def test_mistake_is_answered(example, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for command, expected in example.play(tmp_path):
        answer = run(capsys, *command)
        assert answer.out + answer.err == expected
        unreadable = re.match(r"[^:]*: error\[SYM601\]", expected)  # what the command line names
        assert answer.code == (2 if "\nError: " in expected else 4 if unreadable else 1)


def test_there_are_three_mistakes_of_each_kind():
    kinds = [kind for kind, _ in MISTAKES]
    assert len(MISTAKES) >= 45
    assert {kind: kinds.count(kind) for kind in set(kinds) if kinds.count(kind) < 3} == {}
