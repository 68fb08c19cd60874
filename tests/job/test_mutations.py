"""Jobs with random mistakes: always findings or a job that prints as itself, never another error."""

import copy
import random

import pytest
import yaml

from symcli.errors import SpecError
from symcli.job.job import load_job
from symcli.job.resolved import to_yaml
from tests.job.files import digits_job

VALUES = [
    "", "none", "-1", "1e999", "nan", "$classes", "${classes * 2}", "$nope", "${1/0}", "99999999999999999999", "true",
    "é", "1::2", [], ["1", "2"], ["accuracy", "loss"], [[]], {}, {"a": "b"}, {"adam": {}}, {"cosine": ""},
]  # fmt: skip


def paths(tree, path=()):
    yield path
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from paths(value, (*path, key))


def mutated(tree, choose):
    tree = copy.deepcopy(tree)
    *path, last = choose.choice([path for path in paths(tree) if path])
    inside = tree
    for key in path:
        inside = inside[key]
    kind = choose.random()
    if kind < 0.7:
        inside[last] = copy.deepcopy(choose.choice(VALUES))
    elif kind < 0.85 or isinstance(inside, list):
        del inside[last]
    else:
        inside[f"{last}x"] = inside.pop(last)
    return tree


@pytest.mark.parametrize("seed", range(8))
def test_mutated_jobs(tmp_path, seed):
    with open(digits_job(tmp_path)) as file:
        tree = yaml.load(file, yaml.BaseLoader)
    tree["train"] |= {"lr_scheduler": {"cosine": {"warmup_epochs": "1"}}, "early_stopping": {"patience": "3"},
                      "metrics": ["accuracy"], "checkpoint": {"best": "accuracy"}}  # fmt: skip
    choose = random.Random(seed)
    for _ in range(15):
        text = yaml.dump(mutated(mutated(tree, choose), choose), allow_unicode=True)
        (tmp_path / "mutated.yaml").write_text(text)
        try:
            printed = to_yaml(load_job(str(tmp_path / "mutated.yaml")).resolved)
        except SpecError as error:
            assert all(one.place.line for one in error.findings)
            continue
        (tmp_path / "printed.yaml").write_text(printed)
        assert to_yaml(load_job(str(tmp_path / "printed.yaml")).resolved) == printed
