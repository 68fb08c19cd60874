"""Spatial operators: what their shapes tell, what does not fit, and what rows cannot say."""

import json

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError

data, other = mx.sym.Variable("data"), mx.sym.Variable("other")
contrib, image = mx.sym.contrib, mx.sym.image


def shapes(symbol, **given):
    arguments, outputs, _ = symbol.infer_shape_partial(**given)
    return dict(zip(symbol.list_arguments(), arguments, strict=True)), outputs[0]


def message(symbol_of, **given):
    with pytest.raises(MXNetError) as caught:
        symbol_of().infer_shape(**given)
    return str(caught.value)


def affine(**parameters):
    return mx.sym.SpatialTransformer(data, other, transform_type="affine", sampler_type="bilinear", **parameters)


@pytest.mark.parametrize("symbol, given, needed", [
    (lambda: mx.sym.Deconvolution(data, kernel=(3, 3), num_filter=4, name="d"), {"data": (0, 3, 0, 5)}, (0, 4, 0, 7)),
    (lambda: mx.sym.Deconvolution(data, kernel=(4, 4), stride=(2, 2), target_shape=(9, 10), num_filter=4, name="d"),
     {"data": (2, 3, 0, 5)}, (2, 4, 9, 10)),
    (lambda: mx.sym.UpSampling(data, other, scale=2, sample_type="nearest"), {"data": (0, 3, 4, 4)}, (0, 0, 8, 8)),
    (lambda: mx.sym.UpSampling(data, other, scale=2, sample_type="nearest", multi_input_mode="sum"),
     {"data": (0, 3, 4, 4), "other": (2, 0, 4, 4)}, (2, 3, 8, 8)),
    (lambda: mx.sym.BilinearSampler(data, other), {"data": (2, 3, 4, 4), "other": (0, 0, 5, 6)}, (2, 3, 5, 6)),
    (lambda: mx.sym.GridGenerator(data, transform_type="affine", target_shape=(3, 4)), {}, (0, 2, 3, 4)),
    (lambda: affine(target_shape=(5, 6)), {"data": (0, 3, 4, 4), "other": (2, 6)}, (2, 3, 5, 6)),
    (lambda: mx.sym.Correlation(data, other, max_displacement=2, stride2=2), {"data": (2, 3, 0, 9)}, (2, 9, 0, 5)),
    (lambda: mx.sym.Crop(data, h_w=(3, 4)), {"data": (0, 3, 0, 9)}, (0, 3, 3, 4)),
    (lambda: mx.sym.im2col(data, kernel=(2, 2)), {"data": (2, 3, 0, 4)}, (2, 12, 0)),
    (lambda: mx.sym.depth_to_space(data, block_size=2), {"data": (2, 0, 3, 0)}, (2, 0, 6, 0)),
    (lambda: contrib.BilinearResize2D(data, mode="to_odd_up"), {"data": (0, 3, 4, 0)}, (0, 3, 5, 0)),
    (lambda: contrib.BilinearResize2D(data, scale_height=0.7, scale_width=1.1), {"data": (1, 1, 10, 10)},
     (1, 1, 7, 11)),
    (lambda: image.to_tensor(data), {"data": (0, 8, 9, 3)}, (0, 3, 8, 9)),
    (lambda: image.resize(data, size=6, keep_ratio=True), {"data": (8, 9, 3)}, (6, 6, 3)),
    (lambda: mx.sym.cumsum(data), {"data": (2, 3)}, (6,)),
    (lambda: mx.sym.khatri_rao(data, other), {"data": (2, 3)}, (0, 3)),
])  # fmt: skip
def test_shape_of_output(symbol, given, needed):
    assert shapes(symbol(), **given)[1] == needed


def test_shapes_of_inputs_follow_from_data():
    deconv = mx.sym.Deconvolution(data, kernel=(3, 2), num_filter=4, num_group=2, no_bias=False, name="d")
    assert shapes(deconv, data=(2, 6, 5, 5))[0] == {"data": (2, 6, 5, 5), "d_weight": (6, 2, 3, 2), "d_bias": (4,)}
    last = mx.sym.Deconvolution(data, kernel=(3, 2), num_filter=4, layout="NHWC", name="d")
    assert shapes(last, data=(2, 5, 5, 3))[0]["d_weight"] == (3, 3, 2, 4)
    assert shapes(affine(target_shape=(5, 6)), data=(2, 3, 4, 4))[0]["other"] == (2, 6)
    assert shapes(mx.sym.khatri_rao(data, other), data=(2, 3), other=(4, 0))[0]["other"] == (4, 3)


@pytest.mark.parametrize("symbol, given, needed", [
    (lambda: mx.sym.Deconvolution(data, kernel=(3, 3), num_filter=4), (2, 3, 5), "data has 3 axes; needs 4"),
    (lambda: mx.sym.Deconvolution(data, kernel=(3, 3), num_filter=4, num_group=3), (2, 3, 5, 5), "must divide both"),
    (lambda: mx.sym.Deconvolution(data, kernel=(3, 3), num_filter=4, stride=(2, 2), adj=(1, 2)), (2, 3, 5, 5),
     "there is adj 2 along image axis 1; needs less than the stride 2"),
    (lambda: mx.sym.Deconvolution(data, kernel=(3, 3), num_filter=4, target_shape=(9, 9)), (2, 3, 5, 5),
     "target_shape=(9, 9) exceeds what an image (5, 5) makes: 7 along axis 0"),
    (lambda: mx.sym.Deconvolution(data, kernel=(3, 3), num_filter=4, target_shape=(4, 5)), (2, 3, 5, 5),
     "target_shape=(4, 5) needs adj 1 along image axis 0; needs less than the stride 1"),
    (lambda: mx.sym.Deconvolution(data, kernel=(3, 3), num_filter=4, target_shape=(9, 0)), (2, 3, 5, 5), "all or none"),
    (lambda: mx.sym.Deconvolution(data, kernel=(3, 3), num_filter=4, adj=(1,)), (2, 3, 5, 5), "adj=(1,) has 1 numbers"),
    (lambda: mx.sym.Deconvolution(data, kernel=(3, 3), num_filter=4, pad=(4, 4)), (2, 3, 5, 5), "cuts off the whole"),
    (lambda: mx.sym.UpSampling(data, scale=2, sample_type="nearest"), (2, 3, 5), "arg0 has 3 axes (2, 3, 5); needs 4"),
    (lambda: mx.sym.UpSampling(data, scale=2, sample_type="bilinear", num_filter=4), (2, 3, 5, 5),
     "data has 3 channels; needs num_filter=4"),
    (lambda: mx.sym.GridGenerator(data, transform_type="affine"), (2, 6), "needs (height, width) of the output"),
    (lambda: mx.sym.GridGenerator(data, transform_type="affine", target_shape=(3, 4)), (2, 2, 3), "needs 2 with"),
    (lambda: mx.sym.GridGenerator(data, transform_type="warp"), (2, 6), "needs 4 with transform_type=warp"),
    (lambda: mx.sym.BilinearSampler(data, mx.sym.Variable("grid", shape=(1, 2))), (2, 3, 4, 4), "grid has 2 axes"),
    (lambda: mx.sym.Correlation(data, other, max_displacement=3), (2, 3, 6, 9), "more than 6 rows and columns"),
    (lambda: mx.sym.Correlation(data, other, kernel_size=2), (2, 3, 6, 9), "kernel_size=2; needs an odd number"),
    (lambda: mx.sym.Crop(data, h_w=(3, 4), offset=(2, 0)), (2, 3, 4, 4), "is not inside an image of (4, 4)"),
    (lambda: mx.sym.Crop(data), (2, 3, 4, 4), "h_w=(0, 0) with one input"),
    (lambda: mx.sym.im2col(data, kernel=(5, 2)), (2, 3, 4, 4), "kernel of extent 5 exceeds the input of 4"),
    (lambda: mx.sym.col2im(data, kernel=(2, 2), output_size=(5, 6)), (2, 13, 20), "a multiple of the 4 elements"),
    (lambda: mx.sym.col2im(data, kernel=(2, 2), output_size=(5,)), (2, 12, 20), "output_size=(5,) has 1 numbers"),
    (lambda: mx.sym.col2im(data, kernel=(2, 2), output_size=(5, 6)), (2, 12, 21), "different shapes"),
    (lambda: mx.sym.depth_to_space(data, block_size=2), (2, 6, 4, 4), "a multiple of block_size²: 4"),
    (lambda: mx.sym.space_to_depth(data, block_size=2), (2, 6, 4, 5), "block_size=2 must divide both sizes"),
    (lambda: contrib.BilinearResize2D(data, scale_height=2), (2, 6, 4, 5), "scale_width=None; needs both of them"),
    (lambda: contrib.BilinearResize2D(data, mode="to_even_down"), (2, 6, 4, 1), "left with nothing"),
    (lambda: contrib.AdaptiveAvgPooling2D(data, output_size=(1, 2, 3)), (2, 6, 4, 1), "needs one number or two"),
    (lambda: mx.sym.Convolution_v1(data, kernel=(3,), num_filter=2), (2, 6, 4), "take Convolution instead"),
    (lambda: mx.sym.Pooling_v1(data, kernel=(3,)), (2, 6, 4), "take Pooling instead"),
    (lambda: mx.sym.Pooling_v1(data, global_pool=True), (2, 6, 4), "needs 4 or 5"),
    (lambda: image.normalize(data, mean=(1, 2)), (3, 6, 4), "mean=(1.0, 2.0) has 2 numbers; data has 3 channels"),
    (lambda: image.normalize(data), (2, 6, 4), "with 1 or 3 channels"),
    (lambda: image.crop(data, x=1, y=0, width=4, height=2), (6, 4, 3), "is not inside an image of (6, 4)"),
    (lambda: image.flip_left_right(data), (2, 6, 4, 3), "needs 3: height, width, channels"),
    (lambda: image.adjust_lighting(data, alpha=(1, 2)), (6, 4, 3), "has 2 numbers; needs 3"),
    (lambda: image.resize(data, size=(1, 2, 3)), (6, 4, 3), "needs (width, height) or one number"),
    (lambda: mx.sym.cumsum(data, axis=2), (6, 4), "axis=2 is outside a shape of rank 2"),
    (lambda: mx.sym.khatri_rao(data), (6, 4, 2), "a matrix has 3 axes; needs 2"),
])  # fmt: skip
def test_message_says_what_does_not_fit(symbol, given, needed):
    assert needed in message(symbol, data=given)


def test_images_that_do_not_fit_the_upsampled_one():
    symbol = mx.sym.UpSampling(data, other, scale=2, sample_type="nearest")
    assert "does not fit a whole number of times" in message(lambda: symbol, data=(1, 1, 4, 4), other=(1, 1, 3, 8))


def test_hidden_outputs_count_in_the_json():
    correlation = mx.sym.Correlation(data, other)
    for symbol, rows in ((mx.sym.BilinearSampler(data, other), 4), (affine(target_shape=(2, 2)), 5), (correlation, 5)):
        assert json.loads(symbol.tojson())["node_row_ptr"] == [0, 1, 2, rows]
        assert len(symbol.list_outputs()) == 1


def test_bilinear_upsampling_takes_inputs_by_position_and_by_name():
    parameters = {"scale": 2, "sample_type": "bilinear", "num_filter": 1, "name": "up"}
    alone = mx.sym.UpSampling(data, **parameters)
    assert alone.list_arguments() == ["data", "up_weight"]
    assert alone.attr_dict()["up_weight"]["__init__"] == '["bilinear", {}]'
    assert mx.sym.UpSampling(data, other, **parameters).list_arguments() == ["data", "other"]
    assert mx.sym.UpSampling(data=data, weight=other, **parameters).list_arguments() == ["data", "other"]
    assert mx.sym.load_json(alone.tojson()).list_arguments() == ["data", "up_weight"]
    made = mx.nd.UpSampling(mx.nd.ones((1, 1, 3, 3)), mx.nd.ones((1, 1, 4, 4)), scale=2, sample_type="bilinear",
                            num_filter=1, num_args=2)  # fmt: skip
    assert made.asnumpy()[0, 0, 0].tolist() == [1, 2, 2, 2, 2, 1]


def test_interpolation_with_an_infinite_pixel_is_infinite():
    """As in MXNet: (1 - f) v + f w, computed otherwise, would be the difference of two infinities."""
    image = mx.nd.arange(16).reshape((1, 1, 4, 4))
    image[0, 0, 1, 2] = np.inf
    small = mx.nd.contrib.BilinearResize2D(image, height=3, width=3).asnumpy().ravel()
    np.testing.assert_array_equal(
        small, [0, np.nan, 3, 6, np.inf, 9, 12, 13.5, 15]
    )  # 0 times infinity in the first row
    x, y = np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-0.9, 0.8, 3))
    points = mx.nd.BilinearSampler(image, mx.nd.array(np.stack([x, y])[None])).asnumpy().ravel()
    np.testing.assert_array_equal(np.isinf(points), np.isin(np.arange(15), [2, 3, 7, 8]))
    assert not np.isnan(points).any()
    moved = mx.nd.contrib.DeformableConvolution(
        image, mx.nd.full((1, 2, 4, 4), 0.3), mx.nd.ones((1, 1, 1, 1)), kernel=(1, 1), num_filter=1, no_bias=True
    ).asnumpy()
    np.testing.assert_array_equal(np.isinf(moved.ravel()), np.isin(np.arange(16), [1, 2, 5, 6]))
    assert not np.isnan(moved).any()


def test_points_that_are_no_numbers_make_no_numbers():
    grid = np.array([[[[0, np.nan, np.inf, -9]], [[0, 0, 0, 0]]]])
    out = mx.nd.BilinearSampler(mx.nd.arange(12).reshape((1, 1, 3, 4)), mx.nd.array(grid)).asnumpy().ravel()
    np.testing.assert_array_equal(out, [5.5, np.nan, np.nan, 0])


def test_grid_of_one_row_is_no_number():
    grid = mx.nd.GridGenerator(mx.nd.ones((1, 6)), transform_type="affine", target_shape=(1, 2)).asnumpy()
    assert np.isnan(grid).all()


def test_deconvolution_counts_its_operations():
    op = mx.sym.Deconvolution(data, kernel=(3, 3), num_filter=4, num_group=2, name="d")._heads[0][0].op
    assert op.flops([(1, 6, 5, 5), (6, 2, 3, 3)], [(1, 4, 7, 7)]) == 2 * 6 * 5 * 5 * 2 * 3 * 3


def test_image_resize_refuses_what_opencv_does():
    with pytest.raises(MXNetError, match="needs float32, float64 or uint8"):
        mx.nd.image.resize(mx.nd.zeros((3, 3, 1), dtype="int32"), size=2)
