"""Twins of the operators that move elements: reshape, move, join, tile and pad."""

import numpy as np

from tests.naive.twin import twin, twin_gradient


def reshaped(data, codes):
    """Read MXNet's shape codes one by one."""
    sizes, codes, new = list(data.shape), list(codes), []
    while codes:
        code = codes.pop(0)
        if code == -2:
            new, sizes = new + sizes, []
        elif code == -3:
            new.append(sizes.pop(0) * sizes.pop(0))
        elif code == -4:
            size, a, b = sizes.pop(0), codes.pop(0), codes.pop(0)
            new += [size // b if a == -1 else a, size // a if b == -1 else b]
        else:
            size = sizes.pop(0) if sizes else None
            new.append(size if code == 0 else code)
    return new


@twin("Reshape")
def reshape(op, inputs, run):
    data = inputs["data"]
    if op.target_shape:
        sizes = [-1 if size == 0 else size for size in op.target_shape]
        if op.keep_highest:
            sizes[0] = len(data)
        return [data.reshape(sizes)]
    if op.reverse:
        return [data.reshape(reshaped(data.reshape(data.shape[::-1]), op.shape[::-1])[::-1])]
    return [data.reshape(reshaped(data, op.shape))]


@twin("Flatten")
def flatten(op, inputs, run):
    return [inputs["data"].reshape(len(inputs["data"]), -1)]


@twin("expand_dims")
def expand_dims(op, inputs, run):
    return [np.expand_dims(inputs["data"], op.axis)]


@twin("squeeze")
def squeeze(op, inputs, run):
    return [np.atleast_1d(np.squeeze(inputs["data"], op.axis))]


@twin("reshape_like")
def reshape_like(op, inputs, run):
    lhs, rhs = inputs["lhs"], inputs["rhs"]
    axes = range(lhs.ndim)[op.lhs_begin : op.lhs_end]
    return [lhs.reshape(lhs.shape[: axes[0]] + rhs.shape[op.rhs_begin : op.rhs_end] + lhs.shape[axes[-1] + 1 :])]


@twin("_copy")
def identity(op, inputs, run):
    return [inputs["data"]]


@twin("Cast")
def cast(op, inputs, run):
    return [inputs["data"].astype(op.dtype)]


@twin_gradient("Cast")
def cast_gradient(op, inputs, heads):
    return {"data": heads[0]}


@twin("transpose")
def transpose(op, inputs, run):
    return [np.transpose(inputs["data"], op.axes or None)]


@twin("SwapAxis")
def swap_axis(op, inputs, run):
    return [np.swapaxes(inputs["data"], op.dim1, op.dim2)]


@twin("reverse")
def reverse(op, inputs, run):
    return [np.flip(inputs["data"], op.axis)]


@twin("slice")
def cut(op, inputs, run):
    steps = op.step or [None] * len(op.begin)
    return [inputs["data"][tuple(slice(*part) for part in zip(op.begin, op.end, steps, strict=True))]]


@twin("slice_axis")
def slice_axis(op, inputs, run):
    data = inputs["data"]
    return [np.take(data, range(data.shape[op.axis])[op.begin : op.end], op.axis)]


@twin("slice_like")
def slice_like(op, inputs, run):
    data, like = inputs["data"], inputs["shape_like"]
    for axis in op.axes or range(data.ndim):
        data = np.take(data, range(like.shape[axis]), axis)
    return [data]


@twin("Concat")
def concat(op, inputs, run):
    return [np.concatenate(list(inputs.values()), op.dim)]


@twin("stack")
def stack(op, inputs, run):
    return [np.stack(list(inputs.values()), op.axis)]


@twin("SliceChannel")
def slice_channel(op, inputs, run):
    parts = np.split(inputs["data"], op.num_outputs, op.axis)
    return [np.squeeze(part, op.axis) for part in parts] if op.squeeze_axis else parts


@twin("_split_v2")
def split_v2(op, inputs, run):
    parts = np.split(inputs["data"], op.sections or op.indices[1:], op.axis)
    return [np.squeeze(part, op.axis) for part in parts] if op.squeeze_axis else parts


@twin("tile")
def tile(op, inputs, run):
    return [np.tile(inputs["data"], op.reps)]


@twin("repeat")
def repeat(op, inputs, run):
    return [np.repeat(inputs["data"], op.repeats, op.axis)]


@twin("broadcast_to")
def broadcast_to(op, inputs, run):
    data = inputs["data"]
    return [np.broadcast_to(data, [new or old for new, old in zip(op.shape, data.shape, strict=True)])]


@twin("broadcast_axis")
def broadcast_axis(op, inputs, run):
    data = inputs["data"]
    for axis, size in zip(op.axis, op.size, strict=True):
        data = np.repeat(data, size, axis)
    return [data]


@twin("broadcast_like")
def broadcast_like(op, inputs, run):
    lhs, rhs = inputs["lhs"], inputs["rhs"]
    if op.lhs_axes is None:
        return [np.broadcast_to(lhs, rhs.shape)]
    for left, right in zip(op.lhs_axes, op.rhs_axes, strict=True):
        lhs = np.repeat(lhs, rhs.shape[right], left)
    return [lhs]


@twin("Pad")
def pad(op, inputs, run):
    borders = list(zip(op.pad_width[::2], op.pad_width[1::2], strict=True))
    value = {"constant_values": op.constant_value} if op.mode == "constant" else {}
    return [np.pad(inputs["data"], borders, op.mode, **value)]


@twin("_slice_assign", "_slice_assign_scalar")
def slice_assign(op, inputs, run):
    first, *part = inputs.values()
    made = first.copy()
    steps = op.step or (None,) * len(op.begin)
    index = tuple(map(slice, op.begin, op.end, steps))
    made[index] = part[0] if part else op.scalar
    return [made]
