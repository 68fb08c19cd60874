"""Losses whose output is the loss itself, so that a given head scales their gradient."""

from typing import ClassVar

from symcli import kernels
from symcli.dtypes import merge_dtypes
from symcli.errors import ShapeError
from symcli.ops.floating import Floating, check_floating
from symcli.ops.op import Op
from symcli.ops.views import rows
from symcli.params import param
from symcli.shapes import text


class softmax_cross_entropy(Floating):
    """Cross-entropy of a batch: output = - sum over n of log(softmax(data[n])[label[n]]).

    data    (N, K)
    label   (N,)   class numbers
    output  (1,)

    A probability counts as 1e-8 at least; that of a label out of range is 0. The gradient of label is 0, where
    MXNet raises. Source: src/operator/loss_binary_op.cc.
    """

    arguments = ("data", "label")
    automatic = ("label",)
    backward_uses = ("data", "label")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, [(1,)]
        if len(data) != 2:
            raise ShapeError(f"data is {text(data)}; needs 2 axes, (samples, classes): put Reshape before it")
        return [data, data[:1]], [(1,)]

    def softmax(self, data, p):
        x = data.reshape(*data.shape, 1)
        kernels.softmax.softmax(x, x.dtype.type(1), p.reshape(x.shape))

    def forward(self, ctx, in_data, out_data, aux):
        data, label = in_data
        p = ctx.scratch(data.shape, data.dtype)
        self.softmax(data, p)
        kernels.cross_entropy.softmax_cross_entropy(p, label, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (data, label), (gdata, glabel) = in_data, in_grad
        if gdata is not None:
            self.softmax(data, gdata)
            kernels.cross_entropy.softmax_cross_entropy_grad(gdata, label, out_grad[0], gdata)
        if glabel is not None:
            kernels.move.fill(0, glabel)


class CTCLoss(Op):
    """Connectionist temporal classification: output[n] = - log of the probability of label[n], over all alignments.

    data           (T, N, C)   scores, whose softmax over C gives the probabilities of the classes at each step
    label          (N, L)      class numbers, L <= T
    data_lengths   (N,)        only with use_data_lengths: steps of each sequence, otherwise T
    label_lengths  (N,)        only with use_label_lengths: labels of each sequence, otherwise those before the padding
    output0        (N,)
    grad           hidden; the gradient of data

    With blank_label=first, class 0 is the blank, labels count from 1, and 0 is padding; with last, class C - 1 is
    the blank and -1 is padding. Labels that a sequence is too short for cost nothing. Gradients of label and of the
    lengths are 0.

    Graves et al., 2006. Source: src/operator/nn/ctc_loss.cc.
    """

    arguments = ("data", "label", "data_lengths", "label_lengths")
    outputs = ("output0", "grad")
    aliases = ("ctc_loss", "_contrib_CTCLoss", "_contrib_ctc_loss")
    automatic = ("label",)
    backward_uses: ClassVar[tuple[str, ...]] = ("grad",)

    use_data_lengths: bool = param(False, doc="read data_lengths")
    use_label_lengths: bool = param(False, doc="read label_lengths")
    blank_label: str = param("first", choices=("first", "last"), doc="which class is the blank")

    def list_arguments(self):
        lengths = {"data_lengths": self.use_data_lengths, "label_lengths": self.use_label_lengths}
        return [name for name in self.arguments if lengths.get(name, True)]

    def num_visible_outputs(self):
        return 1

    def infer_shape(self, in_shape, out_shape):
        data, label = in_shape[:2]
        if not data:
            return in_shape, out_shape
        if len(data) != 3:
            raise ShapeError(f"data is {text(data)}; needs 3 axes: (steps, samples, classes)")
        if label is not None and len(label) == 2 and data[0] and label[1] > data[0]:
            raise ShapeError(f"label has {label[1]} entries a sample, data {data[0]} steps; needs at least as many")
        n = data[1]
        return [data, (n, 0), *[(n,)] * (len(in_shape) - 2)], [(n,), data]

    def infer_type(self, in_type, out_type):
        known = merge_dtypes(in_type[0], out_type[0])
        check_floating(known)
        return [known, *(one or known for one in in_type[1:])], [known, known]

    def forward(self, ctx, in_data, out_data, aux):
        data, label, *lengths = in_data
        (steps, n, classes), (loss, grad) = data.shape, out_data
        logp, places = ctx.scratch(data.shape, data.dtype), 2 * label.shape[1] + 1
        counts = [ctx.scratch((n,), "int64") for _ in range(2)]
        x, y = (rows(array, classes).reshape(-1, classes, 1) for array in (data, logp))
        kernels.softmax.log_softmax(x, x.dtype.type(1), y)
        if self.use_data_lengths:
            kernels.move.cast(lengths[0], counts[0])
        else:
            kernels.move.fill(steps, counts[0])
        if self.use_label_lengths:
            kernels.move.cast(lengths[-1], counts[1])
        else:
            kernels.cross_entropy.labels_before(label, 0 if self.blank_label == "first" else -1, counts[1])
        blank = 0 if self.blank_label == "first" else classes - 1
        alpha, beta = ctx.scratch((steps, places), "float64"), ctx.scratch((2, places), "float64")
        kernels.cross_entropy.ctc(logp, label, *counts, blank, alpha, beta, loss, grad)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if in_grad[0] is not None:
            kernels.elemwise.multiply(out_data[1], out_grad[0].reshape(1, -1, 1), in_grad[0])
        for grad in in_grad[1:]:
            if grad is not None:
                kernels.move.fill(0, grad)
