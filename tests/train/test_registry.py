"""Classes with declared parameters, and their registries."""

import pytest

from symcli.params import declared, param
from symcli.train.registry import Declared, get_alias_func, get_create_func, get_register_func, get_registry


class Base(Declared):
    first: int = param(1, doc="the first")
    second: int = param(2, doc="the second")


class Child(Base):
    own: int = param(doc="its own")
    second: int = param(20, doc="the second, by default 20")


def test_own_parameters_come_before_inherited_ones():
    made = Child(5, 6, 7)
    assert (made.own, made.second, made.first) == (5, 6, 7)
    assert (Child(own=5).second, Base().second) == (20, 2)
    assert set(declared(Child)) == {"own", "second", "first"} and declared(Child)["own"].required


def test_what_is_wrong_with_arguments_is_said():
    with pytest.raises(TypeError, match="Child: no parameter 'frist'; did you mean 'first'"):
        Child(own=1, frist=2)
    with pytest.raises(TypeError, match="Child: missing a required argument: 'own'; parameters: own, second, first"):
        Child()


def test_objects_may_change():
    made = Base()
    made.first = 3
    assert made.first == 3 and Base().first == 1


def test_registry_finds_classes_by_name_alias_and_text():
    class Things(Declared):
        size: int = param(1, doc="the size")

    register, alias, create = (make(Things, "thing") for make in (get_register_func, get_alias_func, get_create_func))

    @register
    @alias("minor")
    class Small(Things):
        size: int = param(2, doc="the size")

    assert get_registry(Things) == {"small": Small, "minor": Small}
    assert create("SMALL", 3).size == 3 and create("minor", size=4).size == 4 and create(thing="small").size == 2
    assert create('["small", {"size": 5}]').size == 5 and create('{"thing": "small"}').size == 2
    made = Small()
    assert create(made) is made
    for wrong, message in (
        (("smal",), "did you mean 'small'"),
        ((made, 1), "is made already"),
        ((3,), "a int names no"),
    ):
        with pytest.raises(ValueError, match=message):
            create(*wrong)
    with pytest.warns(UserWarning, match="takes the place of"):
        register(type("Small", (Things,), {}))
    with pytest.raises(TypeError, match="is no Things"):
        register(int)
