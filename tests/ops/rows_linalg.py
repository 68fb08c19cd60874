"""Rows of linear algebra. Matrices that are inverted are made so that rounding stays small."""

import numpy as np

from tests.check import case


def regular(*shape):
    """A matrix not far from the unit matrix."""
    return lambda rng: np.eye(*shape[-2:]) * 2 + rng.uniform(-0.5, 0.5, shape)


def symmetric(*shape):
    def draw(rng):
        a = rng.uniform(-0.5, 0.5, shape)
        return a + a.swapaxes(-1, -2) + np.diag(np.arange(3.0, 3 + 2 * shape[-1], 2))

    return draw


SINGULAR = np.array([[[1.0, 2.0], [2.0, 4.0]], [[3.0, 1.0], [1.0, -2.0]]])

ROWS = [
    case("_linalg_gemm", A=(2, 3), B=(3, 4), C=(2, 4)),
    case(
        "_linalg_gemm",
        {"alpha": 0.5, "beta": -2, "transpose_a": True, "transpose_b": True},
        A=(2, 3, 2),
        B=(2, 4, 3),
        C=(2, 2, 4),
    ),
    case("_linalg_gemm", {"axis": 0, "beta": 3}, A=(2, 3, 4), B=(4, 3, 2), C=(2, 3, 2)),
    case("_linalg_gemm", {"beta": 0}, A=(2, 3), B=(3, 4), C=(2, 4)),
    case("_linalg_gemm2", A=(2, 3), B=(3, 4)),
    case("_linalg_gemm2", {"transpose_a": True, "alpha": 2}, A=(3, 2), B=(3, 4)),
    case("_linalg_gemm2", {"transpose_b": True}, A=(2, 2, 3), B=(2, 4, 3)),
    case("_linalg_gemm2", {"axis": 1, "transpose_b": True, "alpha": -1}, A=(2, 3, 2, 4), B=(2, 2, 2, 4)),
    case("_linalg_syrk", A=(2, 3)),
    case("_linalg_syrk", {"alpha": 0.5, "transpose": True}, A=(2, 2, 3)),
    case("_linalg_trmm", A=(3, 3), B=(3, 2)),
    case("_linalg_trmm", {"alpha": 2, "transpose": True}, A=(2, 3, 3), B=(2, 3, 2)),
    case("_linalg_trmm", {"rightside": True, "lower": False}, A=(3, 3), B=(2, 3)),
    case("_linalg_trmm", {"rightside": True, "transpose": True, "alpha": -1}, A=(3, 3), B=(2, 3)),
    case("_linalg_trsm", A=regular(3, 3), B=(3, 2)),
    case("_linalg_trsm", {"alpha": 2, "transpose": True}, A=regular(2, 3, 3), B=(2, 3, 2)),
    case("_linalg_trsm", {"rightside": True, "lower": False}, A=regular(3, 3), B=(2, 3)),
    case("_linalg_trsm", {"rightside": True, "transpose": True, "alpha": -1}, A=regular(3, 3), B=(2, 3)),
    case("_linalg_trsm", {"lower": False, "transpose": True}, A=regular(2, 2, 2), B=(2, 2, 1)),
    case("_linalg_potrf", A=symmetric(3, 3)),
    case("_linalg_potrf", A=symmetric(2, 2, 2)),
    case("_linalg_potrf", {"lower": False}, A=symmetric(2, 2, 2)),
    case("_linalg_potri", {"lower": False}, A=regular(2, 2, 2)),
    case("_linalg_potri", A=regular(3, 3)),
    case("_linalg_potri", A=regular(2, 2, 2)),
    case("_linalg_gelqf", A=regular(2, 3)),
    case("_linalg_gelqf", A=regular(2, 3, 3), rtol=1e-5),
    case("_linalg_syevd", A=symmetric(3, 3), rtol=1e-5),
    case("_linalg_syevd", A=symmetric(2, 2, 2), rtol=1e-5),
    case("_linalg_inverse", A=regular(3, 3)),
    case("_linalg_inverse", A=regular(2, 2, 2, 2)),
    case("_linalg_det", A=regular(3, 3)),
    case("_linalg_det", A=lambda rng: regular(2, 3, 3)(rng)[:, ::-1], note="rows exchanged"),
    case("_linalg_det", A=SINGULAR, note="one of them singular"),
    case("_linalg_slogdet", A=regular(3, 3)),
    case("_linalg_slogdet", A=lambda rng: regular(2, 2, 3, 3)(rng)[..., [1, 2, 0], :], note="rows exchanged"),
    case("_linalg_slogdet", A=SINGULAR, note="one of them singular"),
    case("diag", data=(3,)),
    case("diag", {"k": -1}, data=(2,)),
    case("diag", {"k": 2}, data=(2,)),
    case("diag", data=(2, 3)),
    case("diag", {"k": 1}, data=(2, 3)),
    case("diag", {"k": -1}, data=(3, 2)),
    case("diag", {"axis1": 2, "axis2": 0}, data=(2, 3, 4)),
    case("diag", {"axis1": -3, "axis2": -1, "k": 1}, data=(2, 3, 2, 4)),
    case("diag", data=np.array([[1, 2], [3, 4]]), fixed=("data",), note="integers"),
    case("_linalg_extractdiag", A=(3, 3)),
    case("_linalg_extractdiag", {"offset": -1}, A=(2, 3, 3)),
    case("_linalg_makediag", A=(2, 3)),
    case("_linalg_makediag", {"offset": 1}, A=(2,)),
    *[case("_linalg_extracttrian", {"offset": k, "lower": low}, A=(2, 3, 3)) for k in (-1, 0, 1) for low in (0, 1)],
    *[case("_linalg_maketrian", {"offset": k, "lower": low}, A=(3,)) for k in (-1, 0, 1) for low in (0, 1)],
    case("_linalg_maketrian", A=(2, 6)),
    case("_linalg_sumlogdiag", A=regular(3, 3)),
    case("_linalg_sumlogdiag", A=regular(2, 2, 2, 2)),
]
