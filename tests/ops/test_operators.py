"""Every registered operator, checked by its rows; being registered is what enrols it."""

import importlib
import pkgutil

import pytest

from symcli.ops import get, operators
from tests import check, ops
from tests.naive.twin import TWINS

ROWS = [
    row
    for module in pkgutil.iter_modules(ops.__path__)
    if module.name.startswith("rows_")
    for row in importlib.import_module(f"tests.ops.{module.name}").ROWS
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_operator(row):
    check.check_operator(row)


@pytest.mark.parametrize("cls", operators(), ids=lambda cls: cls.name)
def test_operator_has_row_twin_and_page(cls):
    assert cls.name in {get(row.op).name for row in ROWS}, f"add a row for {cls.name} to tests/ops/rows_*.py"
    assert cls.name in TWINS, f"add a twin for {cls.name} to tests/naive/"
    assert cls.__dict__.get("__doc__"), f"{cls.name} has no docstring: it is its page"
