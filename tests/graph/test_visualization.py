"""The printed summary: MXNet's table, letter for letter."""

import pytest

import symcli as mx

EXPECTED = """\
____________________________________________________________
Layer (type)              Output Shape   Param  Previous L
============================================================
data(null)                3x8x8          0
____________________________________________________________
conv(Convolution)         8x6x6          224    data
____________________________________________________________
bn(BatchNorm)             8x6x6          16     conv
____________________________________________________________
sum(elemwise_add)         8x6x6          0      bn
                                                conv
____________________________________________________________
softmax(SoftmaxOutput)    8x6x6          0      sum
============================================================
Total params: 240
____________________________________________________________
"""


def net():
    conv = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=8, name="conv")
    both = mx.sym.elemwise_add(mx.sym.BatchNorm(conv, name="bn"), conv, name="sum")
    return mx.sym.SoftmaxOutput(both, name="softmax")


def test_summary_shows_shapes_and_parameters(capsys):
    mx.viz.print_summary(net(), {"data": (2, 3, 8, 8)}, 60, (26, 41, 48, 58))
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == EXPECTED.splitlines()


def test_summary_without_shapes_shows_the_layers(capsys):
    mx.viz.print_summary(net())
    assert "bn(BatchNorm)" in capsys.readouterr().out


def test_summary_needs_all_inputs():
    more = mx.sym.Concat(net(), mx.sym.Variable("other"), name="both")
    with pytest.raises(mx.MXNetError, match="print_summary: shapes still unknown: other"):
        mx.viz.print_summary(more, {"data": (2, 3, 8, 8)})


def test_networks_are_drawn_for_graphviz(tmp_path):
    data = mx.sym.Variable("data")
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(data, num_hidden=3, name="fc"), name="softmax")
    picture = mx.viz.plot_network(net, title="small", shape={"data": (2, 4)})
    assert picture.source.startswith('digraph "small" {') and "fc_weight" not in picture.source
    assert "2×4" in picture.source
    assert "fc_weight" in mx.viz.plot_network(net, hide_weights=False).source
    path = picture.save(str(tmp_path / "a.gv"))
    assert (tmp_path / "a.gv").read_text() == picture.source and path.endswith("a.gv")
