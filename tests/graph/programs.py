"""Small programs, and the recorder of what MXNet 1.9.1 makes of them.

``samples/<name>.json`` and ``.txt`` hold ``tojson()`` and ``debug_str()`` of each program as MXNet
writes them; ``python tests/graph/programs.py`` under a Python with MXNet writes them anew.
"""

from pathlib import Path

SAMPLES = Path(__file__).parent / "samples"


def mlp(mx):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=128, name="fc1")
    net = mx.sym.Activation(net, act_type="relu")
    net = mx.sym.FullyConnected(net, num_hidden=10, no_bias=True)
    return mx.sym.SoftmaxOutput(net, name="softmax")


def convolutions(mx):
    net = mx.sym.Variable("data")
    for i in range(2):
        net = mx.sym.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=8 * (i + 1), no_bias=True)
        net = mx.sym.BatchNorm(net, fix_gamma=False, momentum=0.9)
        net = mx.sym.LeakyReLU(net, act_type="prelu")
        net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="avg")
    return mx.sym.Group([mx.sym.Flatten(net), mx.sym.BlockGrad(net)])


def shared_state(mx):
    mean, var = mx.sym.Variable("mean"), mx.sym.Variable("var", init='["normal", {"sigma": 0.1}]')
    gamma, beta = mx.sym.Variable("gamma"), mx.sym.Variable("beta")
    data = mx.sym.Variable("data")
    one = mx.sym.BatchNorm(data, gamma, beta, mean, var, name="one")
    return one + mx.sym.BatchNorm(one, gamma, beta, mean, var, name="two")


def arithmetic(mx):
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    sums = (a + b) * (a - b) / (a + 1) - 2.5
    powers = (1 - a) ** 2 + 2 / b + b % 3 + (-a)
    compared = (a > b) + (a == 1) + (b <= 0.5) + (a != b)
    return sums + powers + compared


def attributes(mx):
    shared = mx.sym.Variable("größe", shape=(3, 0), lr_mult=2.0, wd_mult=0, dtype="float16", attr={"k": 'say "so"\\n'})
    with mx.AttrScope(ctx_group="first", __stage__="1"), mx.name.Prefix("net_"):
        inner = mx.sym.FullyConnected(shared, num_hidden=4, attr={"__mood__": "good"})
        with mx.AttrScope(__stage__="2"):
            return mx.sym.FullyConnected(inner, num_hidden=4, name="out", lr_mult="3")


def moves(mx):
    data = mx.sym.Variable("data")
    parts = mx.sym.split(data, num_outputs=3, axis=2, squeeze_axis=True)
    joined = mx.sym.concat(parts[0], parts[2], dim=0)
    cut = mx.sym.slice(mx.sym.transpose(joined, axes=(1, 0)), begin=(None, 1), end=(None, -1))
    shaped = mx.sym.Reshape(mx.sym.expand_dims(cut, axis=-1), shape=(0, -1))
    stacked = mx.sym.stack(mx.sym.Cast(shaped, dtype="float64"), mx.sym.zeros((2, 3)), axis=1)
    return mx.sym.Group([stacked, mx.sym.arange(4), mx.sym.full((2,), 3), mx.sym.SwapAxis(parts[1], dim1=0, dim2=1)])


PROGRAMS = {program.__name__: program for program in (mlp, convolutions, shared_state, arithmetic, attributes, moves)}


def built(mx, program):
    """Return a program's symbol with automatic names that count from 0."""
    with mx.name.NameManager(), mx.AttrScope():
        return program(mx)


if __name__ == "__main__":
    import mxnet

    for name, program in PROGRAMS.items():
        symbol = built(mxnet, program)
        (SAMPLES / f"{name}.json").write_text(symbol.tojson(), encoding="utf-8")
        (SAMPLES / f"{name}.txt").write_text(symbol.debug_str(), encoding="utf-8")
