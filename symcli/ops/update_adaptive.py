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
    states,
)
from symcli.ops.views import flat, split_at
from symcli.params import param


class adam_update(Update):
    """Adam: output = weight - lr mean / (sqrt(var) + epsilon), mean and var running means of g and g².

    weight, grad, mean, var, output: arrays of one shape; mean and var are written. g = grad + wd weight, the gradient
    rescaled before, the sum then bounded. MXNet's optimizer puts the correction of the means into lr.

    Kingma and Ba, 2014. Source: src/operator/optimizer_op.cc.
    """

    aliases = ("_sparse_adam_update",)
    auxiliary_states = states("mean", "var")
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

    auxiliary_states = states("n")
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

    auxiliary_states = states("n", "g", "delta")
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

    aliases = ("_sparse_ftrl_update",)
    auxiliary_states = states("z", "n")
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

    auxiliary_states = states("d", "v", "z")
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

    auxiliary_states = states("mean", "var")

    beta1: float = param(0.9, doc=BETA1)
    beta2: float = param(0.999, doc=BETA2)
    epsilon: float = param(1e-6, doc=EPSILON)
    t: int = param(ge=1, doc="the number of this update, from 1 on")
    bias_correction: bool = param(True, doc="correct the running means for their start at 0")
    wd: float = param(doc=DECAY)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)

    def forward(self, ctx, in_data, out_data, aux):
        weight, grad, *states = map(flat, (*in_data, *aux))
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
        sides, out = super().infer_shape([*in_shape[:2], *in_shape[4:]], out_shape)
        return [*sides[:2], (1,), (1,), *sides[2:]], out

    def forward(self, ctx, in_data, out_data, aux):
        weight, g, r1, r2 = in_data
        kernels.move.copy(weight, out_data[0])
        upper = self.upper_bound if self.upper_bound > 0 else float("inf")
        kernels.update.lamb_step(flat(g), self.lr, self.lower_bound, upper, r1, r2, flat(out_data[0]))


class mp_lamb_update_phase1(lamb_update_phase1, name="mp_lamb_update_phase1"):
    """LAMB's direction as in lamb_update_phase1, from weight32, a float32 copy of the weight.

    weight, grad               arrays of one shape and type
    mean, var, weight32        that shape, float32; mean and var are written
    output                     that shape, float32

    You et al., 2019. Source: src/operator/optimizer_op.cc.
    """

    auxiliary_states = states("mean", "var", "weight32")

    def infer_type(self, in_type, out_type):
        (one, *_), _ = super().infer_type(in_type[:2], [])
        return [one, one, "float32", "float32", "float32"], ["float32"]

    def forward(self, ctx, in_data, out_data, aux):
        mean, var, weight32 = aux
        wide = ctx.scratch(weight32.shape, "float32")
        kernels.move.copy(in_data[1], wide)
        super().forward(ctx, [weight32, wide], out_data, [mean, var])


class mp_lamb_update_phase2(lamb_update_phase2, name="mp_lamb_update_phase2"):
    """LAMB's step as in lamb_update_phase2 from weight32, a float32 copy of the weight.

    weight, output  arrays of one shape and type
    g, weight32     that shape, float32; weight32 stays as it is, as in MXNet
    r1, r2          (1,), float32   the norms of weight32 and g

    You et al., 2019. Source: src/operator/optimizer_op.cc.
    """

    auxiliary_states = states("weight32")

    def infer_type(self, in_type, out_type):
        (one, *_), _ = super().infer_type(in_type[:1], out_type)
        return [one, *["float32"] * 4], [one]

    def forward(self, ctx, in_data, out_data, aux):
        _, g, r1, r2 = in_data
        new = ctx.scratch(g.shape, "float32")
        super().forward(ctx, [aux[0], g, r1, r2], [new], ())
        kernels.move.copy(new, out_data[0])


class AdamW(Update, abstract=True):
    """``rescale_grad`` stands behind the states, which are arguments therefore."""

    lr: float = param(doc=RATE)
    beta1: float = param(0.9, doc=BETA1)
    beta2: float = param(0.999, doc=BETA2)
    epsilon: float = param(1e-8, doc=EPSILON)
    wd: float = param(0.0, doc=DECAY)
    eta: float = param(doc="what the step is multiplied by, the decay too")
    clip_gradient: float = param(-1.0, doc=CLIP)

    def infer_shape(self, in_shape, out_shape):
        told, out = super().infer_shape(in_shape[:-1], out_shape)
        return [*told, (1,)], out

    def infer_type(self, in_type, out_type):
        told, out = super().infer_type(in_type[:-1], out_type)
        return [*told, "float32"], out

    def step(self, grad, states, rescale):
        """Update the last of ``states``, the weight."""
        means = self.beta1, self.beta2, self.epsilon
        kernels.update.adamw(flat(grad), self.lr, self.wd, self.eta, bound(self.clip_gradient), *means,
                             rescale, *map(flat, states))  # fmt: skip


class _adamw_update(AdamW):
    """Adam with weight decay apart: output = weight - eta (lr mean / (sqrt(var) + epsilon) + wd weight).

    weight, grad, mean, var, output  arrays of one shape; mean and var are written: running means of g and g²
    rescale_grad                     (1,)   what gradients are multiplied by; where it is 0, NaN or infinite, as after
                                     an overflow, nothing is updated

    g is the gradient, rescaled and then bounded. Loshchilov and Hutter, 2017. Source: src/operator/contrib/adamw.cc.
    """

    arguments = ("weight", "grad", "mean", "var", "rescale_grad")
    mutates = ("mean", "var")

    def forward(self, ctx, in_data, out_data, aux):
        weight, grad, mean, var, rescale = in_data
        kernels.move.copy(weight, out_data[0])
        self.step(grad, (mean, var, out_data[0]), rescale)


class _mp_adamw_update(AdamW):
    """AdamW as in _adamw_update on weight32, a float32 copy of the weight.

    weight, grad, output  arrays of one shape and type
    mean, var, weight32   that shape, float32; written
    rescale_grad          (1,), float32

    Loshchilov and Hutter, 2017. Source: src/operator/contrib/adamw.cc.
    """

    arguments = ("weight", "grad", "mean", "var", "weight32", "rescale_grad")
    mutates = ("mean", "var", "weight32")

    def infer_type(self, in_type, out_type):
        (one, *_), _ = Update.infer_type(self, in_type[:2], out_type)
        return [one, one, *["float32"] * 4], [one]

    def forward(self, ctx, in_data, out_data, aux):
        _, grad, *states, rescale = in_data
        wide = ctx.scratch(grad.shape, "float32")
        kernels.move.copy(grad, wide)
        kernels.move.copy(in_data[0], out_data[0])
        self.step(wide, states, rescale)
        kernels.update.copy_unless_overflow(rescale, flat(states[-1]), flat(out_data[0]))


class _contrib_group_adagrad_update(Update):
    """AdaGrad with one sum for each row: output = weight - lr g / sqrt(history + epsilon), history += mean of g².

    weight, grad, output  (n, ...)
    history               (n, 1); written

    g is the gradient, rescaled and then bounded. Source: src/operator/contrib/optimizer_op.cc.
    """

    auxiliary_states = states("history")

    lr: float = param(doc=RATE)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)
    epsilon: float = param(1e-5, doc=EPSILON)

    def infer_shape(self, in_shape, out_shape):
        told, out = super().infer_shape(in_shape[:2], out_shape)
        return [*told, told[0] and (told[0][0], *(1,) * (len(told[0]) - 1))], out

    def forward(self, ctx, in_data, out_data, aux):
        weight, grad = in_data
        kernels.move.copy(weight, out_data[0])
        numbers = self.lr, self.rescale_grad, bound(self.clip_gradient), self.epsilon
        kernels.update.group_adagrad(split_at(grad, 1), *numbers, flat(aux[0]), split_at(out_data[0], 1))
