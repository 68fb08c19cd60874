"""Updates of many weights in one call, and what they are computed with: ``nd.multi_sgd_update(w0, g0, w1, g1, ...)``.

The arrays of a weight stand together: weight, gradient, states. Outputs are the new weights; the states are
written. In MXNet the states are auxiliary; here, since they stand between arguments, they are arguments.
"""

from typing import ClassVar

from symcli import kernels
from symcli.errors import ParamError, ShapeError
from symcli.ops.op import Op
from symcli.ops.update import BETA1, BETA2, CLIP, EPSILON, LOWER, MOMENTUM, RATE, RESCALE, UPPER, bound
from symcli.ops.views import flat
from symcli.params import param
from symcli.shapes import merge, merge_all

WEIGHTS = "the number of weights"
RATES = "the learning rate of each weight"
DECAYS = "the weight decay of each weight"
EACH = 1 << 12  # weights of one call


class UpdateMany(Op, abstract=True):
    """``slots`` are the arrays of one weight, weight and gradient first; ``shared`` those of all, last."""

    gradient = "none"
    variadic = "num_weights"

    slots: ClassVar[tuple[str, ...]]
    shared: ClassVar[tuple[str, ...]] = ()
    listed: ClassVar[tuple[str, ...]] = ()  # parameters with a number for each weight
    rule: ClassVar[str]

    def __post_init__(self):
        for key in self.listed:
            if len(getattr(self, key)) != self.count:
                raise ParamError(f"{self.name}: {key} has {len(getattr(self, key))} numbers; {self.count} weights need "
                                 "as many")  # fmt: skip

    @classmethod
    def counted(cls, inputs):
        return (inputs - len(cls.shared)) // len(cls.slots)

    @property
    def count(self):
        return getattr(self, self.variadic)

    def list_arguments(self):
        return [*(f"{slot}_{i}" for i in range(self.count) for slot in self.slots), *self.shared]

    def writes(self):
        return tuple(f"{slot}_{i}" for i in range(self.count) for slot in self.slots[2:])

    def list_outputs(self):
        return [f"output{i}" for i in range(self.count)]

    def of_each(self, values):
        """The entries of each weight, out of those of all arguments."""
        k = len(self.slots)
        return [list(values[i * k : (i + 1) * k]) for i in range(self.count)]

    def infer_shape(self, in_shape, out_shape):
        told = [merge_all(*group, out) for group, out in zip(self.of_each(in_shape), out_shape, strict=True)]
        return [*(shape for shape in told for _ in self.slots), *self.shapes_shared(in_shape)], told

    def shapes_shared(self, in_shape):
        return [merge(shape, (self.count,)) for shape in in_shape[self.count * len(self.slots) :]]

    def infer_type(self, in_type, out_type):
        told, outs = [], []
        for group, out in zip(self.of_each(in_type), out_type, strict=True):
            wide = self.slots[-1] == "weight32"
            (one, *_), _ = super().infer_type(group[:2] if wide else group, [out])
            told += [one if i < 2 or not wide else "float32" for i in range(len(group))]
            outs.append(one)
        return [*told, *["float32"] * len(self.shared)], outs

    def forward(self, ctx, in_data, out_data, aux):
        shared = in_data[self.count * len(self.slots) :]
        for i, (group, out) in enumerate(zip(self.of_each(in_data), out_data, strict=True)):
            weight, grad, *states = group
            if self.slots[-1] == "weight32":
                wide = ctx.scratch((grad.size,), "float32")
                kernels.move.copy(flat(grad), wide)
                kernels.move.copy(weight, out)
                self.update(ctx, i, wide, [flat(state) for state in states], shared, flat(weight))
                self.narrow(states[-1], out, shared)
            else:
                kernels.move.copy(weight, out)
                self.update(ctx, i, flat(grad), [flat(one) for one in (*states, out)], shared, flat(weight))

    def update(self, ctx, i, grad, states, shared, before):
        """Update the last of ``states``, the weight number i; ``before`` is that weight as it was given."""
        getattr(kernels.update, self.rule)(grad, *self.numbers(i, shared), *states)

    def narrow(self, weight32, out, shared):
        kernels.move.copy(weight32, out)


class ManySGD(UpdateMany, abstract=True):
    listed = ("lrs", "wds")
    rule = "sgd"

    lrs: tuple[float, ...] = param(doc=RATES)
    wds: tuple[float, ...] = param(doc=DECAYS)
    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)
    num_weights: int = param(1, ge=1, le=EACH, doc=WEIGHTS)

    def numbers(self, i, shared):
        return self.lrs[i], self.wds[i], self.rescale_grad, bound(self.clip_gradient)


class ManyMomentum(ManySGD, abstract=True):
    rule = "sgd_momentum"

    momentum: float = param(0.0, doc=MOMENTUM)

    def numbers(self, i, shared):
        return *super().numbers(i, shared), self.momentum


class multi_sgd_update(ManySGD):
    """sgd_update of several weights, each with a learning rate and a decay of its own.

    weight_0, grad_0, weight_1, grad_1, ...  two arrays of one shape for each weight
    output0, output1, ...                    the new weights

    Source: src/operator/optimizer_op.cc.
    """

    slots = ("weight", "grad")


class multi_sgd_mom_update(ManyMomentum):
    """sgd_mom_update of several weights, each with a learning rate and a decay of its own.

    weight_0, grad_0, mom_0, weight_1, ...  three arrays of one shape for each weight; mom is written
    output0, output1, ...                   the new weights

    Source: src/operator/optimizer_op.cc.
    """

    slots = ("weight", "grad", "mom")


class multi_mp_sgd_update(ManySGD):
    """mp_sgd_update of several weights, each with a learning rate and a decay of its own.

    weight_0, grad_0, weight32_0, weight_1, ...  three arrays of one shape for each weight; weight32 is written
    output0, output1, ...                        the new weights

    Source: src/operator/optimizer_op.cc.
    """

    slots = ("weight", "grad", "weight32")


class multi_mp_sgd_mom_update(ManyMomentum):
    """mp_sgd_mom_update of several weights, each with a learning rate and a decay of its own.

    weight_0, grad_0, mom_0, weight32_0, ...  four arrays of one shape for each weight; mom and weight32 are written
    output0, output1, ...                     the new weights

    Source: src/operator/optimizer_op.cc.
    """

    slots = ("weight", "grad", "mom", "weight32")


class Preloaded(UpdateMany, abstract=True):
    shared = ("lrs", "wds")
    rule = "sgd_at"

    rescale_grad: float = param(1.0, doc=RESCALE)
    clip_gradient: float = param(-1.0, doc=CLIP)
    num_weights: int = param(1, ge=1, le=EACH, doc=WEIGHTS)

    def numbers(self, i, shared):
        return *shared, i, self.rescale_grad, bound(self.clip_gradient)


class PreloadedMomentum(Preloaded, abstract=True):
    rule = "sgd_momentum_at"

    momentum: float = param(0.0, doc=MOMENTUM)

    def numbers(self, i, shared):
        return *super().numbers(i, shared), self.momentum


class preloaded_multi_sgd_update(Preloaded):
    """multi_sgd_update with learning rates and decays in arrays.

    weight_0, grad_0, weight_1, grad_1, ...  two arrays of one shape for each weight
    lrs, wds                                 (num_weights,), float32
    output0, output1, ...                    the new weights

    Source: src/operator/contrib/preloaded_multi_sgd.cc.
    """

    slots = ("weight", "grad")


class preloaded_multi_sgd_mom_update(PreloadedMomentum):
    """multi_sgd_mom_update with learning rates and decays in arrays.

    weight_0, grad_0, mom_0, weight_1, ...  three arrays of one shape for each weight; mom is written
    lrs, wds                                (num_weights,), float32
    output0, output1, ...                   the new weights

    Source: src/operator/contrib/preloaded_multi_sgd.cc.
    """

    slots = ("weight", "grad", "mom")


class preloaded_multi_mp_sgd_update(Preloaded):
    """multi_mp_sgd_update with learning rates and decays in arrays.

    weight_0, grad_0, weight32_0, weight_1, ...  three arrays of one shape for each weight; weight32 is written
    lrs, wds                                     (num_weights,), float32
    output0, output1, ...                        the new weights

    Source: src/operator/contrib/preloaded_multi_sgd.cc.
    """

    slots = ("weight", "grad", "weight32")


class preloaded_multi_mp_sgd_mom_update(PreloadedMomentum):
    """multi_mp_sgd_mom_update with learning rates and decays in arrays.

    weight_0, grad_0, mom_0, weight32_0, ...  four arrays of one shape for each weight; mom and weight32 are written
    lrs, wds                                  (num_weights,), float32
    output0, output1, ...                     the new weights

    Source: src/operator/contrib/preloaded_multi_sgd.cc.
    """

    slots = ("weight", "grad", "mom", "weight32")


class ManyAdamW(UpdateMany, abstract=True):
    shared = ("rescale_grad",)
    listed = ("lrs", "wds", "etas")
    rule = "adamw"

    lrs: tuple[float, ...] = param(doc=RATES)
    beta1: float = param(0.9, doc=BETA1)
    beta2: float = param(0.999, doc=BETA2)
    epsilon: float = param(1e-8, doc=EPSILON)
    wds: tuple[float, ...] = param(doc=DECAYS)
    etas: tuple[float, ...] = param(doc="what the step of each weight is multiplied by, its decay too")
    clip_gradient: float = param(-1.0, doc=CLIP)
    num_weights: int = param(1, ge=1, le=EACH, doc=WEIGHTS)

    def shapes_shared(self, in_shape):
        return [(1,)]

    def narrow(self, weight32, out, shared):
        kernels.update.copy_unless_overflow(flat(shared[0]), flat(weight32), flat(out))

    def numbers(self, i, shared):
        means = self.beta1, self.beta2, self.epsilon
        return self.lrs[i], self.wds[i], self.etas[i], bound(self.clip_gradient), *means, flat(shared[0])


class _multi_adamw_update(ManyAdamW):
    """_adamw_update of several weights, each with a learning rate, a decay and an eta of its own.

    weight_0, grad_0, mean_0, var_0, weight_1, ...  four arrays of one shape for each weight; mean and var are written
    rescale_grad                                    (1,), float32
    output0, output1, ...                           the new weights

    Source: src/operator/contrib/adamw.cc.
    """

    slots = ("weight", "grad", "mean", "var")


class _multi_mp_adamw_update(ManyAdamW):
    """_mp_adamw_update of several weights, each with a learning rate, a decay and an eta of its own.

    weight_0, grad_0, mean_0, var_0, weight32_0, ...  five arrays for each weight, three written
    rescale_grad                                      (1,), float32
    output0, output1, ...                             the new weights

    Source: src/operator/contrib/adamw.cc.
    """

    slots = ("weight", "grad", "mean", "var", "weight32")


class ManyLAMB(UpdateMany, abstract=True):
    variadic = "num_tensors"
    listed = ("learning_rates", "wds", "step_count")

    learning_rates: tuple[float, ...] = param(doc=RATES)
    beta1: float = param(0.9, doc=BETA1)
    beta2: float = param(0.999, doc=BETA2)
    epsilon: float = param(1e-6, doc=EPSILON)
    wds: tuple[float, ...] = param(doc=DECAYS)
    rescale_grad: float = param(1.0, doc=RESCALE)
    lower_bound: float = param(-1.0, doc=LOWER)
    upper_bound: float = param(-1.0, doc=UPPER)
    clip_gradient: float = param(-1.0, doc=CLIP)
    bias_correction: bool = param(True, doc="correct the running means for their start at 0")
    step_count: tuple[int, ...] = param(ge=1, doc="the number of this update of each weight, from 1 on")
    num_tensors: int = param(1, ge=1, le=EACH, doc=WEIGHTS)

    def update(self, ctx, i, grad, states, shared, before):
        mean, var, weight = states
        t, by_m, by_v = self.step_count[i], 1.0, 1.0
        if self.bias_correction:
            by_m, by_v = 1 / (1 - self.beta1**t), 1 / (1 - self.beta2**t)
        numbers = self.wds[i], self.rescale_grad, bound(self.clip_gradient), self.beta1, self.beta2, self.epsilon
        direction = ctx.scratch(weight.shape, weight.dtype)
        norms = [ctx.scratch((1,), weight.dtype) for _ in range(2)]
        kernels.update.lamb_direction(grad, *numbers, by_m, by_v, weight, mean, var, direction)
        for array, norm in zip((before, direction), norms, strict=True):
            kernels.update.sum_squares(array, norm)
            kernels.elemwise.sqrt(norm, norm)
        upper = self.upper_bound if self.upper_bound > 0 else float("inf")
        kernels.update.lamb_step(direction, self.learning_rates[i], self.lower_bound, upper, *norms, weight)


class _multi_lamb_update(ManyLAMB):
    """LAMB's update, lamb_update_phase1 and lamb_update_phase2 in one, of several weights.

    weight_0, grad_0, mean_0, var_0, weight_1, ...  four arrays of one shape for each weight; mean and var are written
    output0, output1, ...                           the new weights

    You et al., 2019. Source: src/operator/contrib/multi_lamb.cc.
    """

    slots = ("weight", "grad", "mean", "var")


class _multi_mp_lamb_update(ManyLAMB):
    """LAMB's update as in _multi_lamb_update on weight32, float32 copies of the weights.

    weight_0, grad_0, mean_0, var_0, weight32_0, ...  five arrays for each weight, three written
    output0, output1, ...                             the new weights

    You et al., 2019. Source: src/operator/contrib/multi_lamb.cc.
    """

    slots = ("weight", "grad", "mean", "var", "weight32")


class multi_sum_sq(Op):
    """The sum of squares of each of several arrays.

    array_0, array_1, ...  any shapes
    output                 (num_arrays,), float32

    Source: src/operator/contrib/multi_sum_sq.cc.
    """

    variadic = "num_arrays"
    gradient = "none"

    num_arrays: int = param(ge=1, le=EACH, doc="the number of arrays")

    def list_arguments(self):
        return [f"array_{i}" for i in range(self.num_arrays)]

    def infer_shape(self, in_shape, out_shape):
        return in_shape, [(self.num_arrays,)]

    def infer_type(self, in_type, out_type):
        return in_type, ["float32"]

    def forward(self, ctx, in_data, out_data, aux):
        for i, array in enumerate(in_data):
            kernels.update.sum_squares(flat(array), out_data[0][i : i + 1])


class multi_lars(Op):
    """Learning rates by layer (LARS): output = lrs eta |w| / (|g| + wds |w| + eps), or lrs where |w| or |g| is 0.

    lrs, weights_sum_sq, grads_sum_sq, wds  (n,)
    output                                  (n,)

    |w| and |g| are the roots of the sums of squares, |g| times rescale_grad.

    You et al., 2017. Source: src/operator/contrib/multi_lars.cc.
    """

    arguments = ("lrs", "weights_sum_sq", "grads_sum_sq", "wds")
    gradient = "none"

    eta: float = param(doc="the part of the weight's norm that is one step")
    eps: float = param(doc=EPSILON)
    rescale_grad: float = param(1.0, doc=RESCALE)

    def infer_shape(self, in_shape, out_shape):
        known = merge_all(*in_shape, *out_shape)
        if known and len(known) != 1:
            raise ShapeError(f"lrs has {len(known)} axes; needs one number for each weight")
        return super().infer_shape(in_shape, out_shape)

    def forward(self, ctx, in_data, out_data, aux):
        kernels.update.lars_rates(*in_data, self.eta, self.eps, self.rescale_grad, out_data[0])
