"""Rows of loops and branches, whose graphs are made here; the twins compute the same."""

import symcli as mx
from symcli.graph.subgraph import Subgraph
from tests.check import case


def _graph(*heads):
    return Subgraph([head for one in heads for head in one._heads])


def _variables(names):
    return [mx.sym.Variable(name) for name in names]


def _step():
    x, h, w = _variables("xhw")
    made = mx.sym.tanh(x * w + h, name="made")
    return _graph(made, made * x)


def _loop():
    i, x, w = _variables("ixw")
    return _graph(i < 2.5), _graph(x * w, i + 1, mx.sym.sin(x + w))


def _branches():
    p, a, b, c = _variables("pabc")
    return _graph(p > 0), _graph(a * b), _graph(mx.sym.exp(a) - c)


def _foreach(**sizes):
    return case("_foreach", {"subgraphs": (_step(),), "num_outputs": 2, "num_out_data": 1, "in_data_locs": (0,),
                             "in_state_locs": (2,), "remain_locs": (1,)}, **sizes)  # fmt: skip


def _while_loop(start):
    return case("_while_loop", {"subgraphs": _loop(), "num_outputs": 3, "num_out_data": 1, "max_iterations": 4,
                                "cond_input_locs": (0,), "func_input_locs": (1, 2, 0), "func_var_locs": (2, 0)},
                data0=lambda rng: rng.uniform(start, start + 0.4, 1), data1=(2, 2), data2=(2, 2), fixed=("data0",),
                note=f"from{start}")  # fmt: skip


def _cond(sign):
    return case("_cond", {"subgraphs": _branches(), "num_outputs": 1, "cond_input_locs": (3,),
                          "then_input_locs": (0, 1), "else_input_locs": (0, 2)},
                data0=(2, 3), data1=(2, 3), data2=(2, 3), data3=lambda rng: sign * rng.uniform(1, 2, 1),
                fixed=("data3",), note=f"sign{sign}")  # fmt: skip


ROWS = [
    _foreach(data0=(4, 2, 3), data1=(2, 3), data2=(2, 3)),
    _foreach(data0=(1, 5), data1=(5,), data2=(5,)),
    _while_loop(0),  # three steps of four
    _while_loop(3),  # none
    _while_loop(-9),  # as many as there may be
    _cond(1),
    _cond(-1),
]
