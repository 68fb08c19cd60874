"""Operators on boxes and regions: gradients that are no derivatives, and what their errors say."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import ParamError, ShapeError


def gradients(symbol, **inputs):
    """Bind, run forward and backward with heads of 1, 2, ... and return all gradients by name."""
    args = {name: mx.nd.array(np.array(array)) for name, array in inputs.items()}
    bound = symbol.bind(mx.cpu(), args, {name: mx.nd.ones(array.shape) for name, array in args.items()})
    bound.forward(is_train=True)
    bound.backward([mx.nd.array(np.arange(out.size).reshape(out.shape) + 1.0) for out in bound.outputs])
    return {name: array.asnumpy() for name, array in bound.grad_dict.items()}


def test_box_nms_sends_gradients_to_the_rows_that_are_left():
    rows = [[0, 0.5, 0.1, 0.1, 0.2, 0.2], [1, 0.4, 0.1, 0.1, 0.2, 0.2], [0, 0.3, 0.1, 0.1, 0.14, 0.14],
            [2, 0.6, 0.5, 0.5, 0.7, 0.8]]  # fmt: skip
    symbol = mx.sym.contrib.box_nms(mx.sym.Variable("data"), overlap_thresh=0.1, id_index=0, force_suppress=True)
    got = gradients(symbol, data=rows)["data"]
    np.testing.assert_array_equal(got, [np.arange(7, 13), np.zeros(6), np.zeros(6), np.arange(1, 7)])


def test_box_nms_gradient_is_not_converted_with_the_boxes():
    symbol = mx.sym.contrib.box_nms(mx.sym.Variable("data"), out_format="center")
    got = gradients(symbol, data=[[0, 0.5, 0.1, 0.1, 0.2, 0.2]])["data"]
    np.testing.assert_array_equal(got, [np.arange(1, 7)])


@pytest.mark.parametrize("name", ["ROIPooling", "_contrib_ROIAlign"])
def test_regions_get_no_gradient(name):
    symbol = getattr(mx.sym, name)(mx.sym.Variable("data"), mx.sym.Variable("rois"), pooled_size=(2, 2),
                                   spatial_scale=1)  # fmt: skip
    got = gradients(symbol, data=np.ones((1, 1, 4, 4)), rois=[[0, 0.3, 0.3, 2.2, 2.2]])
    assert np.all(got["rois"] == 0) and got["data"].sum() == pytest.approx(10)


@pytest.mark.parametrize("name", ["MultiBoxPrior", "MultiBoxTarget", "MultiBoxDetection", "box_iou", "box_encode"])
def test_detection_operators_have_gradient_zero(name):
    assert mx.ops.get(f"_contrib_{name}").gradient == "zero"


def test_hidden_outputs_count_in_json_and_do_not_show():
    data, rois = mx.sym.Variable("data"), mx.sym.Variable("rois")
    for symbol, names in (
        (mx.sym.contrib.box_nms(data, name="n"), ["n_output0"]),
        (mx.sym.ROIPooling(data, rois, pooled_size=(2, 2), spatial_scale=1, name="n"), ["n_output"]),
        (mx.sym.sort(data, name="n"), ["n_output0"]),
        (mx.sym.topk(data, ret_typ="value", name="n"), ["n_output0"]),
    ):
        assert symbol.list_outputs() == names
        arguments = len(symbol.list_arguments())
        assert f'"node_row_ptr": {[*range(arguments + 1), arguments + 2]}' in symbol.tojson()


def test_anchors_and_batch_flow_between_arguments():
    anchor, label, cls_pred = (mx.sym.Variable(name) for name in ("anchor", "label", "cls_pred"))
    symbol = mx.sym.contrib.MultiBoxTarget(anchor, label, cls_pred)
    shapes, outputs, _ = symbol.infer_shape(label=(3, 7, 5), cls_pred=(0, 4, 20))
    assert shapes == [(1, 20, 4), (3, 7, 5), (3, 4, 20)]
    assert outputs == [(3, 80), (3, 80), (3, 20)]


@pytest.mark.parametrize("name, attrs, shapes, message", [
    ("topk", {"k": 6}, {"data": (2, 5)}, "k=6 of the 5 elements of axis -1 of data (2, 5); needs k <= 5"),
    ("argmax_channel", {}, {"data": (5,)}, "data is (5,); needs 2 or more axes"),
    ("_contrib_box_iou", {}, {"lhs": (2, 5), "rhs": (3, 4)}, "lhs is (2, 5); needs 2 or more axes, the last of size 4"),
    ("_contrib_box_nms", {"score_index": 3}, {"data": (4, 6)}, "score_index=3 is taken by another parameter"),
    ("_contrib_box_nms", {"coord_start": 3}, {"data": (4, 6)}, "coord_start=3 is outside data's 6 columns"),
    ("_contrib_MultiBoxTarget", {}, {"anchor": (1, 5, 4), "label": (2, 3, 5), "cls_pred": (2, 4, 6)},
     "cls_pred is (2, 4, 6), needs (2, ?, 5)"),
    ("_contrib_MultiBoxTarget", {}, {"anchor": (1, 5, 4), "label": (2, 3, 4), "cls_pred": (2, 4, 5)},
     "its rows need 5 or more numbers"),
    ("_contrib_MultiBoxDetection", {}, {"cls_prob": (2, 3, 5), "loc_pred": (2, 24), "anchor": (1, 5, 4)},
     "loc_pred is (2, 24), needs (2, 20)"),
    ("ROIPooling", {"pooled_size": (2, 2), "spatial_scale": 1}, {"data": (1, 2, 8, 8), "rois": (3, 4)},
     "rois is (3, 4); needs (regions, 5)"),
    ("_contrib_ROIAlign", {"pooled_size": (2, 2), "spatial_scale": 1, "position_sensitive": True},
     {"data": (1, 6, 8, 8), "rois": (3, 5)}, "data has 6 channels, a region 4 bins"),
    ("_contrib_Proposal", {}, {"cls_prob": (2, 24, 4, 4)}, "needs 1; try _contrib_MultiProposal"),
    ("_contrib_MultiProposal", {"scales": (8,)}, {"cls_prob": (2, 24, 4, 4)}, "1 scales and 3 ratios need 6 channels"),
])  # fmt: skip
def test_shape_errors_say_what_is_needed(name, attrs, shapes, message):
    symbol = getattr(mx.sym, name)(**{key: mx.sym.Variable(key) for key in shapes}, name="n", **attrs)
    with pytest.raises(ShapeError) as caught:
        symbol.infer_shape(**shapes)
    assert f"n ({name}): " in str(caught.value) and message in str(caught.value)


@pytest.mark.parametrize("name, attrs, message", [
    ("_contrib_MultiBoxPrior", {"sizes": ()}, "sizes is empty"),
    ("_contrib_MultiBoxPrior", {"steps": (0.5, -1)}, "needs both above 0"),
    ("_contrib_MultiBoxPrior", {"offsets": (2, 0.5)}, "offsets='(2, 0.5)' is out of bounds"),
    ("_contrib_MultiBoxTarget", {"variances": (1, 1)}, "needs four numbers"),
    ("_contrib_MultiBoxTarget", {"negative_mining_ratio": 3, "negative_mining_thresh": 0}, "needs a number above 0"),
    ("ROIPooling", {"pooled_size": (2,), "spatial_scale": 1}, "needs two sizes"),
    ("_contrib_ROIAlign", {"pooled_size": (2, 2), "spatial_scale": 2}, "spatial_scale='2' is out of bounds"),
    ("_contrib_Proposal", {"ratios": ()}, "scales or ratios is empty"),
])  # fmt: skip
def test_parameter_errors_say_what_is_needed(name, attrs, message):
    with pytest.raises(ParamError) as caught:
        getattr(mx.sym, name)(name="n", **attrs)
    assert message in str(caught.value)
