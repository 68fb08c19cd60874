"""Losses, whose backward needs no gradient of their outputs, and BlockGrad.

The output of most is a prediction; their gradient is that of a loss which is never computed.
"""

from typing import ClassVar

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.ops.views import channels, flat, rows
from symcli.params import param
from symcli.shapes import is_known, merge, prod, text


class LabelLoss(Op, abstract=True):
    arguments = ("data", "label")
    automatic = ("label",)
    inplace: ClassVar = {"output": "data"}
    backward_uses = ("label", "output")
    is_loss = True

    def infer_type(self, in_type, out_type):
        # The label takes the type of data and never gives it: labels are often given as integers.
        known = in_type[0] or out_type[0]
        return [known, known], [known]

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if in_grad[1] is not None:
            kernels.move.fill(0, in_grad[1])
        if in_grad[0] is not None:
            self.data_grad(ctx, out_data[0], in_data[1], in_grad[0])


class SoftmaxOutput(LabelLoss):
    """Softmax whose gradient is that of the cross-entropy: (output - onehot(label)) grad_scale / n.

    data    (N, ...)          the sum is over all axes but the first
            (N, K, d2, ...)   multi_output: over axis 1
            (..., K)          preserve_shape: over the last axis
    label   class numbers: data's shape without its last axis; with multi_output (N, d2 * ...), (N, d2, ...) or
            (N, 1, d2, ...). Or data's shape: a distribution, whose gradient (output - label) grad_scale
            no other parameter changes but out_grad
    output  as data; does not read the label

    n is 1, the number of samples (batch; with preserve_shape of labels), or the number of labels that are not
    ignore_label (valid). With multi_output, null and batch also divide by the number of positions of a sample.
    MXNet documents out_grad as a factor of the output's gradient; in 1.9.1 it is the output, and so here.
    Source: src/operator/softmax_output-inl.h.
    """

    aliases = ("Softmax",)
    flops_per_element = 5  # as softmax

    grad_scale: float = param(1.0, doc="factor of the gradient")
    ignore_label: float = param(-1.0, doc="the label that use_ignore and normalization=valid leave out")
    multi_output: bool = param(False, doc="classes are on axis 1, with one label for each position")
    use_ignore: bool = param(False, doc="give entries labelled ignore_label the gradient 0")
    preserve_shape: bool = param(False, doc="classes are on the last axis")
    normalization: str = param("null", choices=("null", "batch", "valid"), doc="what the gradient is divided by")
    out_grad: bool = param(False, doc="multiply the gradient by the output")
    smooth_alpha: float = param(
        0.0, ge=0, le=1, doc="part of a label given to the other classes; not with multi_output"
    )

    def infer_shape(self, in_shape, out_shape):
        data, label = merge(in_shape[0], out_shape[0]), in_shape[1]
        if not data:
            return in_shape, out_shape
        if len(data) < 2:
            raise ShapeError(f"data is {text(data)}; needs 2 or more axes: (samples, classes)")
        return [data, self.label_shape(data, label)], [data]

    def label_shape(self, data, label):
        forms = [data[:-1], data]
        if self.multi_output:
            n, positions = data[:1], data[2:]
            forms = [n + (prod(positions),), n + positions, (*n, 1, *positions), data]
        if label is None:
            return forms[0]
        fitting = [form for form in forms if agree(form, label)]
        if not fitting:
            needed = " or ".join(dict.fromkeys(map(text, forms)))
            raise ShapeError(f"label is {text(label)}; data {text(data)} needs {needed}")
        return fitting[0]

    def lines(self, array):
        if self.multi_output:
            return channels(array, 1)
        return array.reshape(prod(array.shape[:-1]) if self.preserve_shape else array.shape[0], -1, 1)

    def forward(self, ctx, in_data, out_data, aux):
        x = self.lines(in_data[0])
        kernels.softmax.softmax(x, x.dtype.type(1), self.lines(out_data[0]))

    def data_grad(self, ctx, p, label, gx):
        if label.shape == p.shape:
            kernels.loss.difference(flat(p), flat(label), p.dtype.type(self.grad_scale), flat(gx))
        else:
            self.class_grad(ctx, p, label, gx)
        if self.out_grad:
            kernels.elemwise.multiply(gx, p, gx)

    def class_grad(self, ctx, p, label, gx):
        p, labels = self.lines(p), flat(label)
        ignored, divisor, scale = int(self.ignore_label), ctx.scratch((1,), "float64"), self.grad_scale
        if self.normalization == "valid":
            kernels.loss.count_other(labels, ignored, divisor)
        else:
            samples = p.shape[0] if self.multi_output else labels.size
            kernels.move.fill(samples if self.normalization == "batch" else 1, divisor)
            scale /= p.shape[2]
        # Data (N, d1, K) without multi_output or preserve_shape has N d1 labels for N lines; MXNet reads the first N.
        labels = labels[: p.shape[0] * p.shape[2]].reshape(p.shape[0], p.shape[2])
        alpha, gx = 0.0 if self.multi_output else self.smooth_alpha, self.lines(gx)
        kernels.loss.softmax_output_grad(p, labels, self.use_ignore, ignored, alpha, scale, divisor, gx)


def agree(a, b):
    return len(a) == len(b) and all(x == y or not x or not y for x, y in zip(a, b, strict=True))


class RegressionOutput(LabelLoss, abstract=True):
    grad_scale: float = param(1.0, doc="factor of the gradient")

    def infer_shape(self, in_shape, out_shape):
        data, label = merge(in_shape[0], out_shape[0]), in_shape[1]
        if not data:
            return in_shape, out_shape
        if label is None:
            label = data[:1] if len(data) == 2 and data[1] == 1 else data
        elif is_known(data) and is_known(label) and (data[0] != label[0] or prod(data) != prod(label)):
            label = data  # which the label is not: the inference pass says so
        return [data, label], [data]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(in_data[0], out_data[0])

    def data_grad(self, ctx, p, label, gx):
        scale = self.grad_scale / prod(label.shape[1:])
        self.slope(flat(p), flat(label), p.dtype.type(scale), flat(gx))

    def slope(self, p, label, scale, gx):
        kernels.loss.difference(p, label, scale, gx)


class LinearRegressionOutput(RegressionOutput):
    """The identity, whose gradient is that of the squared error: (output - label) grad_scale / m.

    data    (N, ...)
    label   (N, ...)   as data, or of data's first size and number of entries
    output  as data

    m is the number of entries of a sample. Source: src/operator/regression_output.cc.
    """

    aliases = ("_sparse_LinearRegressionOutput",)


class LogisticRegressionOutput(RegressionOutput):
    """Sigmoid, whose gradient is that of the cross-entropy: (output - label) grad_scale / m.

    data    (N, ...)
    label   (N, ...)   as data, or of data's first size and number of entries
    output  as data: 1 / (1 + exp(-data))

    m is the number of entries of a sample. Source: src/operator/regression_output.cc.
    """

    aliases = ("_sparse_LogisticRegressionOutput",)
    flops_per_element = 1

    def forward(self, ctx, in_data, out_data, aux):
        kernels.loss.sigmoid(flat(in_data[0]), flat(out_data[0]))


class MAERegressionOutput(RegressionOutput):
    """The identity, whose gradient is that of the absolute error: grad_scale / m, negative unless output > label.

    data    (N, ...)
    label   (N, ...)   as data, or of data's first size and number of entries
    output  as data

    m is the number of entries of a sample. Source: src/operator/regression_output.cc.
    """

    aliases = ("_sparse_MAERegressionOutput",)

    def slope(self, p, label, scale, gx):
        kernels.loss.sign_difference(p, label, scale, gx)


class SVMOutput(LabelLoss):
    """The identity, whose gradient is that of the one-against-all hinge loss c max(0, margin - s data)^2.

    data    (..., K)
    label   data's shape without the last axis: class numbers
    output  as data

    c is the regularization_coefficient, s is 1 for the label's class and -1 for the others.
    Source: src/operator/svm_output.cc.
    """

    margin: float = param(1.0, doc="how far on its side an entry must be to cost nothing")
    regularization_coefficient: float = param(1.0, doc="factor of the gradient")
    use_linear: bool = param(False, doc="the hinge loss itself in place of its square")

    def infer_shape(self, in_shape, out_shape):
        data = merge(in_shape[0], out_shape[0])
        if not data:
            return in_shape, out_shape
        if len(data) < 2:
            raise ShapeError(f"data is {text(data)}; needs 2 or more axes: (samples, classes)")
        return [data, data[:-1]], [data]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(in_data[0], out_data[0])

    def data_grad(self, ctx, p, label, gx):
        number, k = p.dtype.type, p.shape[-1]
        hinge = kernels.loss.hinge_grad if self.use_linear else kernels.loss.squared_hinge_grad
        hinge(rows(p, k), flat(label), number(self.margin), number(self.regularization_coefficient), rows(gx, k))


class Identity(Op, abstract=True):
    inplace: ClassVar = {"output": "data"}
    backward_uses: ClassVar[tuple[str, ...]] = ()

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(in_data[0], out_data[0])


class MakeLoss(Identity):
    """Make any array a loss: output = data, its gradient grad_scale / n, whatever the output's.

    data, output  any shape

    n is 1, the number of rows along the last axis (batch), or the number of entries above valid_thresh (valid).
    Source: src/operator/make_loss.cc.
    """

    backward_uses = ("data",)
    is_loss = True

    grad_scale: float = param(1.0, doc="factor of the gradient")
    valid_thresh: float = param(0.0, doc="entries above count for normalization=valid")
    normalization: str = param("null", choices=("null", "batch", "valid"), doc="what the gradient is divided by")

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        data, gx = in_data[0], in_grad[0]
        if self.normalization == "valid":
            count = ctx.scratch((1,), "float64")
            kernels.loss.count_above(flat(data), data.dtype.type(self.valid_thresh), count)
            kernels.loss.fill_quotient(self.grad_scale, count, flat(gx))
        else:
            n = prod(data.shape[:-1]) if self.normalization == "batch" else 1
            kernels.move.fill(self.grad_scale / n, gx)


class make_loss(Identity):
    """Make any array a loss: loss = data, its gradient 1, whatever the output's.

    data, loss  any shape

    Source: src/operator/tensor/elemwise_unary_op_basic.cc.
    """

    aliases = ("_sparse_make_loss",)
    outputs = ("loss",)
    inplace = {"loss": "data"}  # noqa: RUF012
    is_loss = True

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        kernels.move.fill(1, in_grad[0])


class BlockGrad(Identity):
    """Stop gradients: output = data, through which no gradient passes.

    data, output  any shape

    Source: src/operator/tensor/elemwise_unary_op_basic.cc.
    """

    aliases = ("stop_gradient", "_sparse_BlockGrad", "_sparse_stop_gradient")
    gradient = "zero"
