"""Elementwise kernels: NumPy's functions, and what NumPy lacks.

Those made by ``_ufunc`` broadcast, take numbers in place of input arrays, and may write over an input.
Results are cast to the type of ``out``: on integers, ``exp`` cuts off what is behind the point.
"""

import numpy as np

from symcli.kernels.jit import kernel
from symcli.kernels.kernel import Kernel, numpy_kernel

__all__ = [
    "absolute", "add", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "between", "cbrt", "ceil",
    "clip", "clip_grad", "cos", "cosh", "degrees", "divide", "equal", "exp", "expm1", "float_power", "floor",
    "fmod", "greater", "greater_equal", "hypot", "less", "less_equal", "log", "log1p", "log2", "log10", "logical_and",
    "logical_not", "logical_or", "logical_xor", "maximum", "minimum", "mod", "multiply", "negative", "not_equal",
    "power", "put_where_nan", "radians", "rcbrt", "relu", "relu_grad", "rint", "round_away", "rsqrt", "sigmoid",
    "sigmoid_grad", "sign", "sin", "sinh", "smooth_l1", "smooth_l1_grad", "softsign", "softsign_grad", "sqrt", "square",
    "subtract", "tan", "tanh", "tanh_grad", "trunc",
]  # fmt: skip


def _ufunc(function: np.ufunc, doc: str) -> Kernel:
    def run(*arguments):
        function(*arguments[:-1], out=arguments[-1], casting="unsafe")

    run.__name__ = function.__name__
    return Kernel(run, doc)


def _real_ufunc(function: np.ufunc, doc: str) -> Kernel:
    """Make a kernel of a function of real numbers: NumPy takes half precision for integers of 8 bits."""

    def run(a, out):
        function(a, out=out, casting="unsafe", dtype=np.float32 if a.dtype.name in ("int8", "uint8") else None)

    run.__name__ = function.__name__
    return Kernel(run, doc)


add = _ufunc(np.add, "out = a + b.")
subtract = _ufunc(np.subtract, "out = a - b.")
multiply = _ufunc(np.multiply, "out = a b.")
divide = _ufunc(np.true_divide, "out = a / b.")
power = _ufunc(np.power, "out = a^b; floating-point numbers.")
float_power = _ufunc(np.float_power, "out = a^b, computed in float64; any numbers.")
hypot = _ufunc(np.hypot, "out = sqrt(a² + b²).")
maximum = _ufunc(np.maximum, "out = the larger of a and b; NaN if one is.")
minimum = _ufunc(np.minimum, "out = the smaller of a and b; NaN if one is.")

equal = _ufunc(np.equal, "out = 1 where a = b, else 0.")
not_equal = _ufunc(np.not_equal, "out = 1 where a ≠ b, else 0.")
greater = _ufunc(np.greater, "out = 1 where a > b, else 0.")
greater_equal = _ufunc(np.greater_equal, "out = 1 where a >= b, else 0.")
less = _ufunc(np.less, "out = 1 where a < b, else 0.")
less_equal = _ufunc(np.less_equal, "out = 1 where a <= b, else 0.")
logical_and = _ufunc(np.logical_and, "out = 1 where neither a nor b is 0, else 0.")
logical_or = _ufunc(np.logical_or, "out = 0 where both a and b are 0, else 1.")
logical_xor = _ufunc(np.logical_xor, "out = 1 where one of a and b is 0, else 0.")
logical_not = _ufunc(np.logical_not, "out = 1 where a is 0, else 0.")

negative = _ufunc(np.negative, "out = -a.")
absolute = _ufunc(np.absolute, "out = |a|.")
square = _ufunc(np.square, "out = a².")
sqrt = _real_ufunc(np.sqrt, "out = sqrt(a).")
cbrt = _real_ufunc(np.cbrt, "out = the cubic root of a.")
exp = _real_ufunc(np.exp, "out = e^a.")
expm1 = _real_ufunc(np.expm1, "out = e^a - 1.")
log = _real_ufunc(np.log, "out = the natural logarithm of a.")
log2 = _real_ufunc(np.log2, "out = the logarithm of a to base 2.")
log10 = _real_ufunc(np.log10, "out = the logarithm of a to base 10.")
log1p = _real_ufunc(np.log1p, "out = log(1 + a).")

sin = _real_ufunc(np.sin, "out = sin(a).")
cos = _real_ufunc(np.cos, "out = cos(a).")
tan = _real_ufunc(np.tan, "out = tan(a).")
arcsin = _real_ufunc(np.arcsin, "out = the angle whose sine is a.")
arccos = _real_ufunc(np.arccos, "out = the angle whose cosine is a.")
arctan = _real_ufunc(np.arctan, "out = the angle whose tangent is a.")
sinh = _real_ufunc(np.sinh, "out = (e^a - e^-a) / 2.")
cosh = _real_ufunc(np.cosh, "out = (e^a + e^-a) / 2.")
tanh = _real_ufunc(np.tanh, "out = sinh(a) / cosh(a).")
arcsinh = _real_ufunc(np.arcsinh, "out = the number whose sinh is a.")
arccosh = _real_ufunc(np.arccosh, "out = the number whose cosh is a.")
arctanh = _real_ufunc(np.arctanh, "out = the number whose tanh is a.")
degrees = _real_ufunc(np.degrees, "out = 180 a / π.")
radians = _real_ufunc(np.radians, "out = π a / 180.")

ceil = _ufunc(np.ceil, "out = the smallest whole number from a on.")
floor = _ufunc(np.floor, "out = the largest whole number up to a.")
trunc = _ufunc(np.trunc, "out = a without what is behind the point.")


@numpy_kernel
def mod(a, b, out):
    """out = a - b floor(a / b), which has the sign of b; 0 where b is 0. Broadcasts, takes numbers."""
    np.remainder(a, b, out=out, casting="unsafe")
    np.copyto(out, 0, where=np.equal(b, 0))


@numpy_kernel
def fmod(a, b, out):
    """out = a - b trunc(a / b), which has the sign of a; 0 where b is 0. Broadcasts, takes numbers."""
    np.fmod(a, b, out=out, casting="unsafe")
    np.copyto(out, 0, where=np.equal(b, 0))


@kernel
def sign(a, out):
    """out = -1, 0 or 1, the sign of a; 0 for NaN."""
    for i in range(a.size):
        out[i] = (a[i] > 0) - (a[i] < 0)


@kernel
def round_away(a, out):
    """out = the nearest whole number; of two, the one further from 0."""
    for i in range(a.size):
        whole = np.trunc(a[i])
        rest = a[i] - whole
        out[i] = whole + ((rest >= 0.5) - (rest <= -0.5))


@kernel
def rint(a, out):
    """out = the nearest whole number; of two, the lower one."""
    for i in range(a.size):
        below, above = np.floor(a[i]), np.ceil(a[i])
        out[i] = below if a[i] - below <= above - a[i] else above


@kernel
def put_where_nan(a, value, out):
    """out = value where a is NaN; the rest of out stays."""
    for i in range(a.size):
        if a[i] != a[i]:
            out[i] = value


@numpy_kernel
def sigmoid(a, out):
    """out = 1 / (1 + e^-a)."""
    wide = _wide(out)
    np.negative(a, out=wide, dtype=wide.dtype, casting="unsafe")
    np.exp(wide, out=wide)
    np.add(wide, 1, out=wide)
    np.true_divide(1, wide, out=out, casting="unsafe")


@numpy_kernel
def rsqrt(a, out):
    """out = 1 / sqrt(a)."""
    wide = _wide(out)
    np.sqrt(a, out=wide, dtype=wide.dtype, casting="unsafe")
    np.true_divide(1, wide, out=out, casting="unsafe")


@numpy_kernel
def rcbrt(a, out):
    """out = 1 / the cubic root of a."""
    wide = _wide(out)
    np.cbrt(a, out=wide, dtype=wide.dtype, casting="unsafe")
    np.true_divide(1, wide, out=out, casting="unsafe")


def _wide(out):
    """Where to compute on the way to out: in itself, but for half precision and integers in a float32 array."""
    return out if out.dtype.name in ("float32", "float64") else np.empty(out.shape, np.float32)


@kernel
def sigmoid_grad(g, y, out):
    """out = g y (1 - y), y the sigmoid."""
    one = y.dtype.type(1)
    for i in range(g.size):
        out[i] = g[i] * y[i] * (one - y[i])


@kernel
def tanh_grad(g, y, out):
    """out = g (1 - y²), y the tanh."""
    one = y.dtype.type(1)
    for i in range(g.size):
        out[i] = g[i] * (one - y[i] * y[i])


@numpy_kernel
def relu(a, out):
    """out = a where a > 0, else 0; NaN stays."""
    np.maximum(a, 0, out=out)


@kernel
def relu_grad(g, y, out):
    """out = g where y > 0, else 0; NaN where y is."""
    for i in range(g.size):
        if y[i] > 0:
            out[i] = g[i]
        elif y[i] == y[i]:
            out[i] = 0
        else:
            out[i] = y[i]


@kernel
def softsign(a, out):
    """out = a / (1 + |a|)."""
    one = a.dtype.type(1)
    for i in range(a.size):
        out[i] = a[i] / (one + abs(a[i]))


@kernel
def softsign_grad(g, a, out):
    """out = g / (1 + |a|)²."""
    one = a.dtype.type(1)
    for i in range(a.size):
        root = one + abs(a[i])
        out[i] = g[i] / (root * root)


@kernel
def clip(a, low, high, out):
    """out = high where a > high, else low where a < low, else a; NaN stays."""
    for i in range(a.size):
        out[i] = high if a[i] > high else low if a[i] < low else a[i]


@kernel
def clip_grad(g, a, low, high, out):
    """out = 0 where a > high or a < low, else g."""
    for i in range(a.size):
        out[i] = 0 if a[i] > high or a[i] < low else g[i]


@kernel
def between(a, low, high, out):
    """out = 1 where low < a < high, else 0."""
    for i in range(a.size):
        out[i] = low < a[i] and a[i] < high


@kernel
def smooth_l1(a, bound, curvature, half, out):
    """out = half curvature a² up to |a| = bound, then |a| - half bound; half is 0.5 in the numbers' type."""
    for i in range(a.size):
        size = abs(a[i])
        out[i] = size - half * bound if size > bound else half * curvature * a[i] * a[i]


@kernel
def smooth_l1_grad(g, a, bound, curvature, out):
    """out = g curvature a up to |a| = bound, then g times the sign of a."""
    for i in range(a.size):
        if a[i] > bound:
            out[i] = g[i]
        elif a[i] < -bound:
            out[i] = -g[i]
        else:
            out[i] = g[i] * curvature * a[i]
