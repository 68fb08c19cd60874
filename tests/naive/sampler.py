"""Twins of the sampling of images at the points of a grid."""

import numpy as np

from tests.naive.twin import twin


def affine_grid(matrices, h, w):
    """Points (n, 2, h, w): each matrix (2, 3) applied to the points of an even grid."""
    y, x = np.meshgrid(np.linspace(-1, 1, h), np.linspace(-1, 1, w), indexing="ij")
    return np.einsum("nij,jhw->nihw", matrices.reshape(-1, 2, 3), np.stack([x, y, np.ones((h, w))]))


def sampled(data, grid):
    """Data at the points, the weighted mean of all pixels: 1 - distance along each axis, where that is positive."""
    h, w = data.shape[2:]
    x, y = (grid[:, 0] + 1) * (w - 1) / 2, (grid[:, 1] + 1) * (h - 1) / 2
    rows = np.maximum(0, 1 - np.abs(y[..., None] - np.arange(h)))
    columns = np.maximum(0, 1 - np.abs(x[..., None] - np.arange(w)))
    return np.einsum("nchw,nijh,nijw->ncij", data, rows, columns)


@twin("GridGenerator")
def grid_generator(op, inputs, run):
    data = inputs["data"]
    if op.transform_type == "affine":
        return [affine_grid(data, *op.target_shape)]
    h, w = data.shape[2:]
    y, x = np.meshgrid(np.arange(h), np.arange(w), indexing="ij")
    return [(data + np.stack([x, y])) * 2 / np.array([w - 1, h - 1]).reshape(2, 1, 1) - 1]


@twin("BilinearSampler")
def bilinear_sampler(op, inputs, run):
    return [sampled(inputs["data"], inputs["grid"])]


@twin("SpatialTransformer")
def spatial_transformer(op, inputs, run):
    return [sampled(inputs["data"], affine_grid(inputs["loc"], *op.target_shape))]
