"""exp, log, tanh and their relatives for one vector, as polynomials.

Each takes a ``Vector`` and a value. Errors are relative to the exact value, for all float32 numbers whose result is
normal: exp 1e-7, expm1 2e-7, log 1.5e-7, tanh 2e-7, sigmoid 2e-7, erf 1.5e-7; results below the smallest normal number
may be 0. NaN stays NaN, and infinities give what they should. Coefficients: least squares on Chebyshev nodes with
weights for the relative error.
"""

from typing import Any

from symcli.engine.vector import Vector

__all__ = ["erf", "exp", "expm1", "log", "sigmoid", "softrelu", "tanh"]

_EXP = (0.49999988079071045, 0.166665181517601, 0.04166953265666962, 0.00836892332881689, 0.001375138177536428)
_TANH = (-0.3333328068256378, 0.133314311504364, -0.05373915657401085, 0.020637862384319305, -0.005704042501747608)
_LOG = (0.3333335518836975, -0.2500085234642029, 0.19999831914901733, -0.16621308028697968, 0.14226920902729034,
        -0.1320253610610962, 0.1262209564447403, -0.07364062964916229)  # fmt: skip
_ERF = (0.12837915122509003, -0.37612465023994446, 0.1128152534365654, -0.026756182312965393, 0.004978038836270571,
        -0.0005914513021707535)  # fmt: skip
_ERFC = (1.128665804862976, 0.6350801587104797, 0.10635648667812347, -0.023866813629865646, 0.0036928376648575068,
         -0.0003354100335855037, 1.2512767170846928e-05)  # fmt: skip
_LOG2E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 0.693145751953125, 1.42860682030941723212e-6  # their sum is ln 2; n times the first is exact
_ROUNDER = 12582912.0  # 1.5 2^23: added to a number it leaves its nearest integer in the lowest bits
_SQRT_HALF_BITS = 0x3F3504F3


def _polynomial(v: Vector, coefficients: tuple[float, ...], x: Any) -> Any:
    """The sum of coefficients[i] x^i."""
    total = v.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = v.fma(total, x, v.constant(coefficient))
    return total


def _bounded(v: Vector, x: Any, low: float, high: float) -> Any:
    x = v.b.select(v.b.fcmp_ordered("<", x, v.constant(low)), v.constant(low), x)
    return v.b.select(v.b.fcmp_ordered(">", x, v.constant(high)), v.constant(high), x)


def exp(v: Vector, x: Any) -> Any:
    """e^x: x = n ln 2 + r, the power of two by its exponent's bits, e^r by a polynomial."""
    b = v.b
    x = _bounded(v, x, -87.5, 89.0)
    shifted = v.fma(x, v.constant(_LOG2E), v.constant(_ROUNDER))
    n = b.fsub(shifted, v.constant(_ROUNDER))
    r = v.fma(n, v.constant(-_LN2_LOW), v.fma(n, v.constant(-_LN2_HIGH), x))
    power = b.fadd(v.fma(b.fmul(r, r), _polynomial(v, _EXP, r), r), v.constant(1))
    # 2^(n - 1), and the product twice: n is up to 128, whose power of two is no float32.
    bits = b.shl(b.add(b.bitcast(shifted, v.int_type), v.integers(126)), v.integers(23))
    half = b.fmul(power, b.bitcast(bits, v.type))
    return b.fadd(half, half)


def expm1(v: Vector, x: Any) -> Any:
    """e^x - 1: near 0 the polynomial of ``exp`` before 1 is added."""
    near = v.fma(v.b.fmul(x, x), _polynomial(v, _EXP, x), x)
    small = v.b.fcmp_ordered("<", v.unary("fabs", x), v.constant(0.34))
    return v.b.select(small, near, v.b.fsub(exp(v, x), v.constant(1)))


def erf(v: Vector, x: Any) -> Any:
    """x + x q(x^2) for |x| < 0.9375, elsewhere 1 - e^(-|x| p(|x|)) with the sign of x; 1 from 3.95 on."""
    b, size = v.b, v.unary("fabs", x)
    small = v.fma(x, _polynomial(v, _ERF, b.fmul(x, x)), x)
    bounded = b.select(b.fcmp_ordered(">", size, v.constant(3.95)), v.constant(3.95), size)
    power = exp(v, b.fneg(b.fmul(bounded, _polynomial(v, _ERFC, bounded))))
    large = v.copysign(b.fsub(v.constant(1), power), x)
    return b.select(b.fcmp_ordered("<", size, v.constant(0.9375)), small, large)


def log(v: Vector, x: Any) -> Any:
    """The natural logarithm; -inf at 0, NaN below."""
    b = v.b
    tiny = b.fcmp_ordered("<", x, v.constant(1.1754943508222875e-38))
    scaled = b.select(tiny, b.fmul(x, v.constant(8388608.0)), x)  # 2^23 makes subnormal numbers normal
    bits = b.bitcast(scaled, v.int_type)
    exponent = b.ashr(b.sub(bits, v.integers(_SQRT_HALF_BITS)), v.integers(23))
    f = b.fsub(b.bitcast(b.sub(bits, b.shl(exponent, v.integers(23))), v.type), v.constant(1))
    n = b.fsub(b.sitofp(exponent, v.type), b.select(tiny, v.constant(23), v.zero))
    square = b.fmul(f, f)
    rest = v.fma(b.fmul(square, f), _polynomial(v, _LOG, f), b.fmul(square, v.constant(-0.5)))
    rest = v.fma(n, v.constant(_LN2_LOW), rest)
    result = v.fma(n, v.constant(_LN2_HIGH), b.fadd(f, rest))
    result = b.select(b.fcmp_ordered("==", x, v.zero), v.constant(float("-inf")), result)
    result = b.select(b.fcmp_ordered("==", x, v.constant(float("inf"))), x, result)
    return b.select(b.fcmp_unordered("<", x, v.zero), v.constant(float("nan")), result)


def sigmoid(v: Vector, x: Any) -> Any:
    """1 / (1 + e^-x)."""
    return v.b.fdiv(v.constant(1), v.b.fadd(v.constant(1), exp(v, v.b.fneg(x))))


def tanh(v: Vector, x: Any) -> Any:
    """x + x^3 q(x^2) for |x| < 0.625, elsewhere 1 - 2 / (e^2|x| + 1) with the sign of x."""
    b = v.b
    size, square = v.unary("fabs", x), b.fmul(x, x)
    small = v.fma(b.fmul(x, square), _polynomial(v, _TANH, square), x)
    power = exp(v, b.fadd(size, size))
    large = b.fsub(v.constant(1), b.fdiv(v.constant(2), b.fadd(power, v.constant(1))))
    return b.select(b.fcmp_ordered("<", size, v.constant(0.625)), small, v.copysign(large, x))


def softrelu(v: Vector, x: Any) -> Any:
    """log(1 + e^x) = max(x, 0) + log(1 + u), u = e^-|x|; log(1 + u) = log(w) u / (w - 1) with w = 1 + u rounded."""
    b = v.b
    u = exp(v, b.fneg(v.unary("fabs", x)))
    w = b.fadd(v.constant(1), u)
    over = b.fsub(w, v.constant(1))
    quotient = b.fdiv(b.fmul(log(v, w), u), b.select(b.fcmp_ordered("==", over, v.zero), v.constant(1), over))
    small = b.select(b.fcmp_ordered("==", over, v.zero), u, quotient)
    return b.fadd(b.select(b.fcmp_unordered(">", x, v.zero), x, v.zero), small)
