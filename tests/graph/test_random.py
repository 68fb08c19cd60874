"""``mx.sym.random``: which operator a call makes, and its name, as MXNet 1.9.1 has them."""

import json

import pytest

import symcli as mx

random = mx.sym.random
a, b = mx.sym.Variable("a"), mx.sym.Variable("b")


def made(symbol):
    node = json.loads(symbol.tojson())["nodes"][-1]
    return node["op"], node["name"], node.get("attrs")


@pytest.mark.parametrize(
    ("call", "op", "attrs"),
    [
        (lambda: random.uniform(), "_random_uniform", {"low": "0", "high": "1"}),
        (lambda: random.randn(2, 3, loc=1), "_random_normal", {"loc": "1", "scale": "1", "shape": "(2, 3)"}),
        (lambda: random.normal(a, b, shape=2), "_sample_normal", {"shape": "2"}),
        (lambda: random.exponential(4), "_random_exponential", {"lam": "0.25"}),
        (lambda: random.exponential(a), "_sample_exponential", None),
        (lambda: random.randint(0, 3), "_random_randint", {"low": "0", "high": "3"}),
        (lambda: random.multinomial(a), "_sample_multinomial", {"get_prob": "True", "dtype": "int32"}),
        (lambda: random.shuffle(a), "_shuffle", None),
    ],
)
def test_call_makes_mxnets_node(call, op, attrs):
    with mx.name.NameManager():
        assert made(call()) == (op, f"{op}0", attrs)


def test_like_forms_are_named_after_the_function():
    with mx.name.NameManager():
        assert made(random.uniform_like(a, high=2)) == ("_random_uniform_like", "uniform_like0", {"high": "2"})


def test_numbers_and_symbols_do_not_mix():
    with pytest.raises(TypeError, match="all numbers, or all Symbols"):
        random.uniform(0, a)


def test_unknown_function_is_told():
    with pytest.raises(AttributeError, match="no function 'unifrom'; functions: exponential, gamma"):
        _ = random.unifrom
