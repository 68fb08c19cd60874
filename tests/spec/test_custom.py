"""Operators in Python in a spec: as ``mx.sym.Custom`` makes them, parameters of their own with them."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import SpecError
from symcli.graph.node import topological
from tests.spec.test_writer import read_back


class Line(mx.operator.CustomOp):
    def __init__(self, factor):
        self.factor = factor

    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], in_data[0] * self.factor + in_data[1])

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0] * self.factor)
        self.assign(in_grad[1], req[1], out_grad[0])


@mx.operator.register("tests_spec_line")
class LineProp(mx.operator.CustomOpProp):
    def __init__(self, factor="1", negative="False", sizes="()"):
        super().__init__(True)
        self.factor = float(factor) * (-1 if negative == "True" else 1)

    def list_arguments(self):
        return ["data", "shift"]

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return Line(self.factor)


@pytest.mark.parametrize("entry", [
    "{Custom: {op_type: tests_spec_line, factor: 3, negative: true, sizes: [1, 2]}}",
    "{Custom: {data: data, op_type: tests_spec_line, factor: 3, negative: true, sizes: [1, 2]}}",
    "[{Custom: {op_type: tests_spec_line, factor: $k, negative: true, sizes: [1, 2]}}]",
    "'Custom(data, op_type=tests_spec_line, factor=k, negative=True, sizes=(1, 2))'",
])  # fmt: skip
def test_it_is_what_mx_sym_makes(load, entry):
    found = load(f"vars: {{k: 3}}\nnetwork: {{inputs: {{data: [2]}}, graph: {{out: {entry}}}}}").symbol
    data = mx.sym.Variable("data")
    wanted = mx.sym.Custom(data, op_type="tests_spec_line", factor=3, negative=True, sizes=(1, 2), name="out")
    for one, other in zip(topological(found._heads), topological(wanted._heads), strict=True):
        assert (one.name, one.op, one.attrs) == (other.name, other.op, other.attrs)
    bound = found.bind(mx.cpu(), {"data": mx.nd.array([1, 2]), "out_shift": mx.nd.array([10, 20])})
    np.testing.assert_array_equal(bound.forward()[0].asnumpy(), [7, 14])


def test_inputs_are_a_list(load):
    graph = "{both: {Custom: {data: [data + 1, other], op_type: tests_spec_line}}, other: data * 2}"
    found = load(f"network: {{inputs: {{data: [2]}}, graph: {graph}}}").symbol
    assert found.list_arguments() == ["data"]
    bound = found.bind(mx.cpu(), {"data": mx.nd.array([1, 2])})
    np.testing.assert_array_equal(bound.forward()[0].asnumpy(), [4, 7])


@pytest.mark.parametrize(("arguments", "message"), [
    ("op_type: tests_spec_lime", r"net.yaml:1:64: error\[SYM204\]: Custom 'out': op_type='tests_spec_lime': no "
                                 r"operator is registered under this name; did you mean 'tests_spec_line'"),
    ("factor: 3", r"Custom 'out' needs the parameter 'op_type'"),
    ("op_type: tests_spec_line, faktor: 3", r"LineProp cannot be made of faktor='3': TypeError"),
    ("op_type: tests_spec_line, factor: big", r"LineProp cannot be made of factor='big': ValueError: could not"),
    ("data: [data, data, data], op_type: tests_spec_line", r"takes no input 3 with[^$]*its inputs: data, shift"),
    ("op_type: tests_spec_line, shift: data", r"cannot be made of shift[^$]*its inputs are a list, data: \[a, b\]"),
])  # fmt: skip
def test_mistakes_are_findings(load, arguments, message):
    with pytest.raises(SpecError, match=message):
        load(f"network: {{inputs: {{data: [2]}}, graph: {{out: {{Custom: {{{arguments}}}}}}}}}")


def test_it_is_written(tmp_path):
    data, other = mx.sym.Variable("data"), mx.sym.Variable("other")
    first = mx.sym.Custom(mx.sym.relu(data), op_type="tests_spec_line", factor=0.5, negative=True, sizes=[1], name="a")
    symbol = mx.sym.Custom(first, other, op_type="tests_spec_line", name="b")
    found = read_back(symbol, tmp_path)
    assert found.list_arguments() == ["data", "a_shift", "other"]
    assert found.attr_dict()["a"] == symbol.attr_dict()["a"]
