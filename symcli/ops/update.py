"""Updates of one weight, as MXNet's optimizers call them: ``nd.sgd_update(weight, grad, out=weight, lr=0.1)``.

The output is the new weight; the states are written. Bounds of gradients and weights below 0 stand for none.
"""

import math
from typing import ClassVar

from symcli import kernels
from symcli.ops.op import Op
from symcli.ops.views import flat
from symcli.params import param

RATE = "the learning rate"
DECAY = "the weight decay"
RESCALE = "what gradients are multiplied by"
CLIP = "the bound of a gradient's magnitude; below 0 for none"
CLIP_WEIGHTS = "the bound of a weight's magnitude; below 0 for none"
MOMENTUM = "what part of the last step is kept"
BETA1 = "decay of the running mean of gradients"
BETA2 = "decay of the running mean of squared gradients"
EPSILON = "a small number that keeps divisors away from 0"
LAZY = "read and without effect: all gradients are dense"
LOWER = "least norm of the weight that is taken; 0 or less for none"
UPPER = "largest norm of the weight that is taken; 0 or less for none"


def bound(limit):
    return math.inf if limit < 0 else limit


def states(*names):
    """The arrays that an update keeps and writes: auxiliary states, for which MXNet knows no initial values."""
    return dict.fromkeys(names, "")


class Update(Op, abstract=True):
    arguments: ClassVar[tuple[str, ...]] = ("weight", "grad")
    inplace: ClassVar = {"output": "weight"}
    gradient = "none"

    rule: ClassVar[str]  # the kernel

    def scaling(self):
        """The numbers that all kernels take: decay, rescale, bound."""
        return self.wd, self.rescale_grad, bound(self.clip_gradient)

    def forward(self, ctx, in_data, out_data, aux):
        weight, grad = in_data
        kernels.move.copy(weight, out_data[0])
        rule = getattr(kernels.update, self.rule)
        rule(flat(grad), *self.numbers(), *map(flat, aux), flat(out_data[0]))


class MixedPrecision(Update, abstract=True):
    """weight32 is the weight that is updated, in float32; weight, in another type, becomes its copy."""

    def infer_type(self, in_type, out_type):
        known, _ = super().infer_type([*in_type[:2]], out_type)
        return [*known, *["float32"] * (len(in_type) - 2)], known[:1]

    def forward(self, ctx, in_data, out_data, aux):
        grad = in_data[1]
        wide = ctx.scratch((grad.size,), "float32")
        kernels.move.copy(flat(grad), wide)
        getattr(kernels.update, self.rule)(wide, *self.numbers(), *map(flat, aux))
        kernels.move.copy(aux[-1], out_data[0])


class sgd_update(Update):
    """Gradient descent: output = weight - lr (g + wd weight), g the gradient, rescaled and then bounded.

    weight, grad, output: arrays of one shape.

    Source: src/operator/optimizer_op.cc.
    """

    aliases = ("_sparse_sgd_update",)
    rule = "sgd"

    lr: float = param(doc=RATE)
    wd: float = param(0.0, doc=DECAY)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)
    lazy_update: bool = param(True, doc=LAZY)

    def numbers(self):
        return self.lr, *self.scaling()


class mp_sgd_update(MixedPrecision):
    """Gradient descent as in sgd_update on weight32, a float32 copy of the weight.

    weight, grad, output  arrays of one shape and type
    weight32              that shape, float32; written

    Source: src/operator/optimizer_op.cc.
    """

    auxiliary_states = states("weight32")
    rule = "sgd"

    lr: float = param(doc=RATE)
    wd: float = param(0.0, doc=DECAY)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)
    lazy_update: bool = param(True, doc=LAZY)

    def numbers(self):
        return self.lr, *self.scaling()


class sgd_mom_update(Update):
    """Gradient descent with momentum: mom = momentum mom - lr (g + wd weight), output = weight + mom.

    weight, grad, mom, output: arrays of one shape; mom is written. g is the gradient, rescaled and then bounded.

    Source: src/operator/optimizer_op.cc.
    """

    aliases = ("_sparse_sgd_mom_update",)
    auxiliary_states = states("mom")
    rule = "sgd_momentum"

    lr: float = param(doc=RATE)
    momentum: float = param(0.0, doc=MOMENTUM)
    wd: float = param(0.0, doc=DECAY)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)
    lazy_update: bool = param(True, doc=LAZY)

    def numbers(self):
        return self.lr, *self.scaling(), self.momentum


class mp_sgd_mom_update(MixedPrecision):
    """Gradient descent with momentum as in sgd_mom_update on weight32, a float32 copy of the weight.

    weight, grad, output  arrays of one shape and type
    mom, weight32         that shape, float32; written

    Source: src/operator/optimizer_op.cc.
    """

    auxiliary_states = states("mom", "weight32")
    rule = "sgd_momentum"

    lr: float = param(doc=RATE)
    momentum: float = param(0.0, doc=MOMENTUM)
    wd: float = param(0.0, doc=DECAY)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)
    lazy_update: bool = param(True, doc=LAZY)

    def numbers(self):
        return self.lr, *self.scaling(), self.momentum


class nag_mom_update(Update):
    """Nesterov's accelerated gradient: mom = momentum mom - s, output = weight + momentum mom - s.

    weight, grad, mom, output: arrays of one shape; mom is written. s = lr (g + wd weight), g the gradient, rescaled
    and then bounded. The mom that is kept decays by the new weight, as in MXNet when it writes to the weight itself.

    Source: src/operator/optimizer_op.cc.
    """

    auxiliary_states = states("mom")
    rule = "nag"

    lr: float = param(doc=RATE)
    momentum: float = param(0.0, doc=MOMENTUM)
    wd: float = param(0.0, doc=DECAY)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)

    def numbers(self):
        return self.lr, *self.scaling(), self.momentum


class mp_nag_mom_update(MixedPrecision):
    """Nesterov's accelerated gradient as in nag_mom_update on weight32, a float32 copy of the weight.

    weight, grad, output  arrays of one shape and type
    mom, weight32         that shape, float32; written

    Source: src/operator/optimizer_op.cc.
    """

    auxiliary_states = states("mom", "weight32")
    rule = "nag"

    lr: float = param(doc=RATE)
    momentum: float = param(0.0, doc=MOMENTUM)
    wd: float = param(0.0, doc=DECAY)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)

    def numbers(self):
        return self.lr, *self.scaling(), self.momentum


class signsgd_update(Update):
    """Steps of one size: output = (1 - lr wd) weight - lr sign(grad).

    weight, grad, output: arrays of one shape.

    Bernstein et al., 2018. Source: src/operator/optimizer_op.cc.
    """

    rule = "sign_sgd"

    lr: float = param(doc=RATE)
    wd: float = param(0.0, doc=DECAY)
    rescale_grad: float = param(1.0, doc="read and without effect on the sign")
    clip_gradient: float = param(-1.0, doc="read and without effect on the sign")

    def numbers(self):
        return self.lr, self.wd


class signum_update(Update):
    """Steps of one size by the momentum's sign: output = (1 - lr wd_lh) weight + lr sign(mom).

    weight, grad, mom, output: arrays of one shape; mom = momentum mom - (1 - momentum) (g + wd weight) is written.
    g is the gradient, rescaled and then bounded.

    Bernstein et al., 2018. Source: src/operator/optimizer_op.cc.
    """

    auxiliary_states = states("mom")
    rule = "sign_momentum"

    lr: float = param(doc=RATE)
    momentum: float = param(0.0, doc=MOMENTUM)
    wd: float = param(0.0, doc=DECAY)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)
    wd_lh: float = param(0.0, doc="weight decay apart from the gradient")

    def numbers(self):
        return self.lr, *self.scaling(), self.momentum, self.wd_lh
