"""What capture and replay rely on: frozen operators, and a known list of those that run as Python each step."""

import pytest

from symcli.ops import REGISTRY, get, operators
from symcli.params import declared
from tests import check
from tests.ops.test_operators import ROWS

# Operators whose Python runs every step; a record calls them in place of their kernels.
NOT_CAPTURED = {"Custom", "_cond", "_contrib_boolean_mask", "_foreach", "_while_loop"}


def test_operators_that_are_not_captured_are_known():
    assert {cls.name for cls in operators() if not cls.captured} == NOT_CAPTURED


@pytest.mark.parametrize("cls", operators(), ids=lambda cls: cls.name)
def test_operator_is_frozen_and_holds_parameters_only(cls):
    row = next(row for row in ROWS if get(row.op) is cls)
    op, again = check.build(row)[0], check.build(row)[0]
    assert set(vars(op)) == set(declared(cls))
    assert (op, hash(op)) == (again, hash(again))
    with pytest.raises(AttributeError, match="is frozen"):
        op.anything = 1
    for one in declared(cls).values():
        assert one.doc, f"{cls.name}: the parameter {one.name} has no sentence"
        if not one.required:
            assert one.read(one.default) == one.default or one.default != one.default
            hash(one.default)


@pytest.mark.parametrize("cls", operators(), ids=lambda cls: cls.name)
def test_operator_declares_names_that_exist(cls):
    names = {*cls.arguments, *cls.outputs, *cls.auxiliary_states}
    assert set(cls.backward_uses or ()) <= names, f"{cls.name}: backward_uses"
    assert set(cls.mutates) <= set(cls.arguments), f"{cls.name}: mutates"
    assert set(cls.automatic) <= set(cls.arguments), f"{cls.name}: automatic"
    assert set(cls.inplace) <= set(cls.outputs) and set(cls.inplace.values()) <= set(cls.arguments)
    assert cls.gradient in ("yes", "zero", "none")


def test_every_name_leads_to_one_operator():
    assert all(name in (cls.name, *cls.aliases) for name, cls in REGISTRY.items())
