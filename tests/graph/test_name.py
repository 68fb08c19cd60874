"""Automatic names, prefixes, attribute scopes."""

import threading

import pytest

import symcli as mx
from symcli.graph import attribute, name


def relu():
    return mx.sym.relu(mx.sym.Variable("x")).name


def test_counters_start_at_zero_inside_and_go_on_outside():
    with mx.name.NameManager():
        assert [relu(), relu()] == ["relu0", "relu1"]
        with mx.name.NameManager():
            assert relu() == "relu0"
        assert relu() == "relu2"


def test_hint_is_the_name_called_in_lower_case():
    with mx.name.NameManager():
        x = mx.sym.Variable("x")
        made = [
            mx.sym.FullyConnected(x, num_hidden=2),
            mx.sym.flatten(x),
            mx.sym.Flatten(x),
            mx.sym.concat(x, x),
            mx.sym.ElementWiseSum(x, x),
            mx.sym.add_n(x, x),
            mx.sym.contrib.arange_like(x),
        ]
    names = ["fullyconnected0", "flatten0", "flatten1", "concat0", "elementwisesum0", "add_n0", "arange_like0"]
    assert [symbol.name for symbol in made] == names


def test_operators_of_python_have_hints_of_their_own():
    with mx.name.NameManager():
        a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
        made = [a + b, a + 1, 1 - a, a - b, a * 2, -a, 2 / a, a**2, a % b, a > b, a > 1, a == b, abs(a)]
    assert [symbol.name for symbol in made] == [
        "_plus0", "_plusscalar0", "_rminusscalar0", "_minus0", "_mulscalar0", "_mulscalar1", "_rdivscalar0",
        "_powerscalar0", "_mod0", "_greater0", "_greater_scalar0", "_equal0", "abs0",
    ]  # fmt: skip


def test_prefix_goes_before_operators_not_variables():
    with mx.name.Prefix("p_"):
        fc = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
        assert relu() == "p_relu0"
    assert fc.list_arguments() == ["data", "p_fc_weight", "p_fc_bias"]


def test_innermost_prefix_counts():
    with mx.name.Prefix("outer_"), mx.name.Prefix("inner_"):
        assert relu() == "inner_relu0"


def test_explicit_name_uses_no_counter():
    with mx.name.NameManager():
        assert mx.sym.relu(mx.sym.Variable("x"), name="mine").name == "mine"
        assert relu() == "relu0"


def test_other_threads_have_a_manager_of_their_own():
    seen = []
    with mx.name.Prefix("here_"):
        thread = threading.Thread(target=lambda: seen.append(type(name.current())))
        thread.start()
        thread.join()
    assert seen == [name.NameManager]


def test_manager_is_left_when_an_error_passes():
    outer = name.current(), attribute.current()
    with pytest.raises(KeyError), mx.name.Prefix("p_"), mx.AttrScope(k="v"):
        raise KeyError
    assert (name.current(), attribute.current()) == outer


def test_scope_attributes_go_onto_everything_made_inside():
    with mx.AttrScope(ctx_group="a", __k__="outer"), mx.AttrScope(__k__="inner"):
        fc = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    assert fc.attr_dict()["data"] == {"__ctx_group__": "a", "__k__": "inner", "ctx_group": "a"}
    assert fc.attr("__k__") == "inner"
    assert mx.sym.Variable("data").list_attr() == {}


def test_scope_refuses_other_values_than_texts():
    with pytest.raises(ValueError) as raised:
        mx.AttrScope(k=3)
    assert str(raised.value) == "AttrScope(k=3): attribute values are texts; write k='3'"


def test_current_is_a_property_of_the_classes():
    with mx.name.Prefix("one_") as prefix, mx.AttrScope(ctx_group="a"):
        assert mx.name.NameManager.current is prefix is mx.name.Prefix.current
        assert mx.AttrScope.current.get({"b": "c"}) == {"ctx_group": "a", "b": "c"}
    assert mx.name.NameManager.current is not prefix
    with mx.cpu(1):
        assert mx.Context.default_ctx == mx.cpu(1)
