"""Rows of the losses."""

import numpy as np

from tests.check import case

CLASSES = np.array([0.0, 3.0, -1.0, 1.0])  # of (4, 3): the second is out of range
POSITIONS = np.array([[0.0, -1.0], [2.0, 4.0]])  # of (2, 3, 2) with multi_output
LAST = np.array([[0.0, 1.0, -1.0], [1.0, 1.0, 0.0]])  # of (2, 3, 2) with preserve_shape

ROWS = [
    case("SoftmaxOutput", data=(4, 3), label=CLASSES),
    case("SoftmaxOutput", data=(4, 3), label=CLASSES, train=False, note="eval"),
    case("SoftmaxOutput", {"normalization": "batch", "grad_scale": 2}, data=(4, 3), label=CLASSES),
    case("SoftmaxOutput", {"normalization": "valid"}, data=(4, 3), label=CLASSES),
    case("SoftmaxOutput", {"normalization": "valid", "use_ignore": True}, data=(4, 3), label=CLASSES),
    case("SoftmaxOutput", {"normalization": "valid", "use_ignore": True}, data=(2, 3), label=np.array([-1.0, -1.0])),
    case("SoftmaxOutput", {"use_ignore": True, "ignore_label": 1, "smooth_alpha": 0.2}, data=(4, 3), label=CLASSES),
    case("SoftmaxOutput", {"out_grad": True}, data=(4, 3), label=CLASSES),
    case("SoftmaxOutput", {"smooth_alpha": 0.2}, data=(2, 1), label=np.array([0.0, 0.0]), note="one class"),
    case("SoftmaxOutput", {"grad_scale": 3, "normalization": "batch"}, data=(4, 3), label=(4, 3), note="distribution"),
    case("SoftmaxOutput", {"out_grad": True, "multi_output": True}, data=(2, 3, 2), label=(2, 3, 2)),
    case("SoftmaxOutput", {"grad_scale": 4, "normalization": "batch"}, data=(2, 3, 2), label=LAST, note="lines of 6"),
    *(
        case(
            "SoftmaxOutput",
            {"multi_output": True, "normalization": n, "use_ignore": u},
            data=(2, 3, 2),
            label=POSITIONS,
        )
        for n in ("null", "batch", "valid")
        for u in (False, True)
    ),
    case(
        "SoftmaxOutput", {"multi_output": True}, data=(2, 3, 2), label=POSITIONS[:, None], note="label with an axis 1"
    ),
    case("SoftmaxOutput", {"multi_output": True}, data=(2, 3, 1, 2), label=POSITIONS, note="label with joined axes"),
    *(
        case(
            "SoftmaxOutput",
            {"preserve_shape": True, "normalization": n, "use_ignore": True},
            data=(2, 3, 2),
            label=LAST,
        )
        for n in ("null", "batch", "valid")
    ),
    *(
        row
        for name in ("LinearRegressionOutput", "LogisticRegressionOutput", "MAERegressionOutput")
        for row in (
            case(name, data=(4, 3), label=(4, 3)),
            case(name, {"grad_scale": 2.5}, data=(4, 1), label=(4,)),
            case(name, data=(2, 3, 2), label=(2, 6)),
            case(name, data=(5,), label=(5,), train=False, note="eval"),
        )
    ),
    case("MAERegressionOutput", data=np.array([[0.5, 1.0]]), label=np.array([[0.5, 2.0]]), note="no difference"),
    case("MakeLoss", data=(2, 3)),
    case("MakeLoss", {"grad_scale": 3, "normalization": "batch"}, data=(2, 3)),
    case("MakeLoss", {"normalization": "batch"}, data=(4,)),
    case("MakeLoss", {"normalization": "batch"}, data=(2, 3, 2)),
    case("MakeLoss", {"grad_scale": 3, "normalization": "valid", "valid_thresh": 0.1}, data=(4, 3)),
    case("MakeLoss", {"normalization": "valid", "valid_thresh": 2}, data=(2, 3)),
    case("make_loss", data=(2, 3)),
    case("BlockGrad", data=(2, 3)),
    case("SVMOutput", data=(4, 3), label=CLASSES),
    case("SVMOutput", {"use_linear": True, "margin": 0.5}, data=(4, 3), label=CLASSES),
    case("SVMOutput", {"margin": 0.4, "regularization_coefficient": 0.3}, data=(2, 3, 2), label=LAST),
]
