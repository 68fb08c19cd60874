"""Updates of one weight whose steps hang on the running size of gradients, as MXNet's optimizers call them."""

from symcli import kernels
from symcli.ops.update import (
    BETA1,
    BETA2,
    CLIP,
    CLIP_WEIGHTS,
    DECAY,
    EPSILON,
    LAZY,
    LOWER,
    MOMENTUM,
    RATE,
    RESCALE,
    UPPER,
    Update,
    bound,
)
from symcli.ops.views import flat
from symcli.params import param


class adam_update(Update):
    """Adam: output = weight - lr mean / (sqrt(var) + epsilon), mean and var running means of g and g².

    weight, grad, mean, var, output: arrays of one shape; mean and var are written. g = grad + wd weight, the gradient
    rescaled before, the sum then bounded. MXNet's optimizer puts the correction of the means into lr.

    Kingma and Ba, 2014. Source: src/operator/optimizer_op.cc.
    """

    arguments = ("weight", "grad", "mean", "var")
    aliases = ("_sparse_adam_update",)
    mutates = ("mean", "var")
    rule = "adam"

    lr: float = param(doc=RATE)
    beta1: float = param(0.9, doc=BETA1)
    beta2: float = param(0.999, doc=BETA2)
    epsilon: float = param(1e-8, doc=EPSILON)
    wd: float = param(0.0, doc=DECAY)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)
    lazy_update: bool = param(True, doc=LAZY)

    def numbers(self):
        return self.lr, *self.scaling(), self.beta1, self.beta2, self.epsilon


class rmsprop_update(Update):
    """RMSProp: output = weight - lr g / sqrt(n + epsilon), n the running mean of g².

    weight, grad, n, output: arrays of one shape; n is written. g as in adam_update.

    Tieleman and Hinton, 2012. Source: src/operator/optimizer_op.cc.
    """

    arguments = ("weight", "grad", "n")
    mutates = ("n",)
    rule = "rmsprop"

    lr: float = param(doc=RATE)
    gamma1: float = param(0.95, doc=BETA2)
    epsilon: float = param(1e-8, doc=EPSILON)
    wd: float = param(0.0, doc=DECAY)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)
    clip_weights: float = param(-1.0, doc=CLIP_WEIGHTS)

    def numbers(self):
        return self.lr, *self.scaling(), self.gamma1, self.epsilon, bound(self.clip_weights)


class rmspropalex_update(Update):
    """Centred RMSProp with momentum: output = weight + delta, delta = gamma2 delta - lr x / sqrt(n - g² + epsilon).

    weight, grad, n, g, delta, output: arrays of one shape; n, g and delta are written: the running mean of x², that of
    x, and the step. x is the gradient as in adam_update.

    Graves, 2013, (38) to (45). Source: src/operator/optimizer_op.cc.
    """

    arguments = ("weight", "grad", "n", "g", "delta")
    mutates = ("n", "g", "delta")
    rule = "rmsprop_centered"

    lr: float = param(doc=RATE)
    gamma1: float = param(0.95, doc=BETA2)
    gamma2: float = param(0.9, doc=MOMENTUM)
    epsilon: float = param(1e-8, doc=EPSILON)
    wd: float = param(0.0, doc=DECAY)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)
    clip_weights: float = param(-1.0, doc=CLIP_WEIGHTS)

    def numbers(self):
        return self.lr, *self.scaling(), self.gamma1, self.gamma2, self.epsilon, bound(self.clip_weights)


class ftrl_update(Update):
    """Follow the regularised leader: output = (sign(z) lamda1 - z) / ((beta + sqrt(n)) / lr + wd).

    weight, grad, z, n, output: arrays of one shape; z and n are written: n the sum of g², z that of
    g - change of sqrt(n) weight / lr. Where |z| <= lamda1 the output is 0. g is the gradient,
    rescaled and then bounded.

    McMahan et al., 2013. Source: src/operator/optimizer_op.cc.
    """

    arguments = ("weight", "grad", "z", "n")
    aliases = ("_sparse_ftrl_update",)
    mutates = ("z", "n")
    rule = "ftrl"

    lr: float = param(doc=RATE)
    lamda1: float = param(0.01, doc="the L1 penalty")
    beta: float = param(1.0, doc="added to the root of the sum of squares")
    wd: float = param(0.0, doc=DECAY)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)

    def numbers(self):
        return self.lr, *self.scaling(), self.lamda1, self.beta


class ftml_update(Update):
    """Follow the moving leader: output = -z / d, d = (1 - beta1^t) / lr (sqrt(v / (1 - beta2^t)) + epsilon).

    weight, grad, d, v, z, output: arrays of one shape; d, v and z are written: v the running mean of g², z that of
    g - change of d weight. g as in adam_update.

    Zheng and Kwok, 2017. Source: src/operator/optimizer_op.cc.
    """

    arguments = ("weight", "grad", "d", "v", "z")
    mutates = ("d", "v", "z")
    rule = "ftml"

    lr: float = param(doc=RATE)
    beta1: float = param(0.6, doc=BETA1)
    beta2: float = param(0.999, doc=BETA2)
    epsilon: float = param(1e-8, doc=EPSILON)
    t: int = param(ge=1, doc="the number of this update, from 1 on")
    wd: float = param(0.0, doc=DECAY)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_grad: float = param(-1.0, doc=CLIP)

    def numbers(self):
        by_lr, by_v = (1 - self.beta1**self.t) / self.lr, 1 / (1 - self.beta2**self.t)
        limit = bound(self.clip_grad)
        return self.wd, self.rescale_grad, limit, self.beta1, self.beta2, self.epsilon, by_lr, by_v


class lamb_update_phase1(Update):
    """LAMB's direction: output = mean' / (sqrt(var') + epsilon) + wd weight, from running means of g and g².

    weight, grad, mean, var, output: arrays of one shape; mean and var are written, mean' and var' are corrected for
    their start at 0. g is the gradient, rescaled and then bounded.

    You et al., 2019. Source: src/operator/optimizer_op.cc.
    """

    arguments = ("weight", "grad", "mean", "var")
    mutates = ("mean", "var")

    beta1: float = param(0.9, doc=BETA1)
    beta2: float = param(0.999, doc=BETA2)
    epsilon: float = param(1e-6, doc=EPSILON)
    t: int = param(ge=1, doc="the number of this update, from 1 on")
    bias_correction: bool = param(True, doc="correct the running means for their start at 0")
    wd: float = param(doc=DECAY)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)

    def forward(self, ctx, in_data, out_data, aux):
        weight, grad, *states = map(flat, in_data)
        by_m = by_v = 1.0
        if self.bias_correction:
            by_m, by_v = 1 / (1 - self.beta1**self.t), 1 / (1 - self.beta2**self.t)
        numbers = *self.scaling(), self.beta1, self.beta2, self.epsilon, by_m, by_v
        kernels.update.lamb_direction(grad, *numbers, weight, *states, flat(out_data[0]))


class lamb_update_phase2(Update):
    """LAMB's step: output = weight - lr r1 / r2 g, without r1 / r2 where one of them is 0.

    weight, g, output  arrays of one shape; g is what lamb_update_phase1 gives
    r1, r2             (1,)   the norms of weight and g

    You et al., 2019. Source: src/operator/optimizer_op.cc.
    """

    arguments = ("weight", "g", "r1", "r2")

    lr: float = param(doc=RATE)
    lower_bound: float = param(-1.0, doc=LOWER)
    upper_bound: float = param(-1.0, doc=UPPER)

    def infer_shape(self, in_shape, out_shape):
        sides, out = super().infer_shape(in_shape[:2], out_shape)
        return [*sides, (1,), (1,)], out

    def forward(self, ctx, in_data, out_data, aux):
        weight, g, r1, r2 = in_data
        kernels.move.copy(weight, out_data[0])
        upper = self.upper_bound if self.upper_bound > 0 else float("inf")
        kernels.update.lamb_step(flat(g), self.lr, self.lower_bound, upper, r1, r2, flat(out_data[0]))
