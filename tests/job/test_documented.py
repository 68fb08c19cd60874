"""docs/jobs.md names every option and everything that can be picked."""

import re

import pytest

from symcli.job.kinds import FORMATS, INITIALIZERS, METRICS, OPTIMIZERS, SCHEDULES, TRANSFORMS
from symcli.job.options import Checkpoint, Data, EarlyStopping, Train, Transforms
from symcli.params import declared
from tests.job.files import ROOT

WORDS = set(re.findall(r"`([\w-]+)`", (ROOT / "docs/jobs.md").read_text()))


@pytest.mark.parametrize(
    "kinds", [FORMATS, INITIALIZERS, METRICS, OPTIMIZERS, SCHEDULES, TRANSFORMS], ids=lambda k: k.what
)
def test_every_kind_is_named(kinds):
    assert set(kinds.classes) <= WORDS
    for kind in kinds.classes:
        assert all(one.doc for one in kinds.params(kind).values())


@pytest.mark.parametrize("section", [Data, Train, Checkpoint, EarlyStopping, Transforms], ids=lambda cls: cls.__name__)
def test_every_option_is_named(section):
    assert set(declared(section)) <= WORDS
    assert all(one.doc for one in declared(section).values())


@pytest.mark.parametrize("kind", FORMATS.classes)
def test_every_parameter_of_a_format_is_named(kind):
    assert set(FORMATS.params(kind)) <= WORDS
