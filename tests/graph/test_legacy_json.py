"""Symbol JSON of older formats: what MXNet 1.9.1 makes of it.

``samples/legacy`` holds graphs in the forms of versions 0.8 to 1.4, named by version; ``recorded.json`` what MXNet
1.9.1 told of each after loading: names, attributes, shapes for ``data=(1, 3, 6, 6)``, and the nodes that it saved.
"""

import json

import pytest

import symcli as mx
from tests.graph.programs import SAMPLES

RECORDED = json.loads((SAMPLES / "legacy/recorded.json").read_text())


def as_lists(shapes):
    return [[list(shape) for shape in kind] for kind in shapes]


@pytest.mark.parametrize("name", RECORDED)
def test_older_format_loads_as_in_mxnet(name):
    net, want = mx.sym.load(str(SAMPLES / f"legacy/{name}.json")), RECORDED[name]
    assert net.list_arguments() == want["arguments"]
    assert net.list_auxiliary_states() == want["auxiliary_states"]
    assert net.list_outputs() == want["outputs"]
    assert net.attr_dict() == want["attributes"]
    assert as_lists(net.infer_shape_partial(data=(1, 3, 6, 6))) == want["shapes"]
    saved = net.tojson()
    assert json.loads(saved)["nodes"] == want["nodes"]
    assert mx.sym.load_json(saved).tojson() == saved
