"""Rows of the updates of many weights, of AdamW's, and of LAMB's in mixed precision."""

import numpy as np

from tests.check import case

F = np.float32
RATES = {"lrs": (0.1, 0.2), "wds": (0.01, 0.02), "rescale_grad": 2, "clip_gradient": 0.5, "num_weights": 2}
SCALING = {"rescale_grad": 2, "clip_gradient": 0.5, "num_weights": 2}
MOMENTUM = {"momentum": 0.9}
PLAIN = {"weight_0": (3, 2), "grad_0": (3, 2), "weight_1": (4,), "grad_1": (4,)}
WEIGHT, GRAD = np.array([[1.0, -2.0, 0.5]], F), np.array([[0.25, -0.75, 0.0]], F)
MEAN, VAR = WEIGHT / 4, np.abs(WEIGHT) / 8
LOADED = {"lrs": np.array([0.1, 0.2], F), "wds": np.array([0.01, 0.02], F)}
ADAMW = {"clip_gradient": 0.3}
MANY_ADAMW = ADAMW | {"lrs": (0.1, 0.2), "wds": (0.01, 0.02), "etas": (1, 0.5), "num_weights": 2}
LAMB = {"learning_rates": (0.1, 0.2), "wds": (0.01, 0.02), "step_count": (3, 1), "num_tensors": 2}
ONE = {"weight": WEIGHT, "grad": GRAD, "mean": MEAN, "var": VAR}
SCALE = np.array([0.5], F)


def weights(*slots):
    arrays = {"weight": WEIGHT, "grad": GRAD, "mom": MEAN, "mean": MEAN, "var": VAR, "weight32": WEIGHT}
    return {f"{slot}_{i}": arrays[slot] + F(i) * arrays[slot] for i in range(2) for slot in slots}


ROWS = [
    case("multi_sgd_update", RATES, **PLAIN),
    case("multi_sgd_update", {"lrs": (0.1,), "wds": (0.01,)}, weight_0=(3,), grad_0=(3,)),
    case("multi_sgd_mom_update", RATES | MOMENTUM, **weights("weight", "grad", "mom"), float64=False),
    case("multi_mp_sgd_update", RATES, **weights("weight", "grad", "weight32"), float64=False),
    case("multi_mp_sgd_mom_update", RATES | MOMENTUM, **weights("weight", "grad", "mom", "weight32"), float64=False),
    case("preloaded_multi_sgd_update", SCALING, **weights("weight", "grad"), **LOADED, float64=False),
    case("preloaded_multi_sgd_mom_update", SCALING | MOMENTUM, **weights("weight", "grad", "mom"), **LOADED,
         float64=False),
    case("preloaded_multi_mp_sgd_update", SCALING, **weights("weight", "grad", "weight32"), **LOADED, float64=False),
    case("preloaded_multi_mp_sgd_mom_update", SCALING | MOMENTUM, **weights("weight", "grad", "mom", "weight32"),
         **LOADED, float64=False),
    *(
        case(name, ADAMW | {"lr": 0.1, "eta": 0.7, "wd": 0.02}, **ONE, **more, rescale_grad=scale, float64=False,
             note=str(scale[0]))
        for name, more in (("_adamw_update", {}), ("_mp_adamw_update", {"weight32": WEIGHT}))
        for scale in (SCALE, SCALE * 0, SCALE * F(np.inf))
    ),
    case("_multi_adamw_update", MANY_ADAMW, **weights("weight", "grad", "mean", "var"), rescale_grad=SCALE,
         float64=False),
    case("_multi_mp_adamw_update", MANY_ADAMW, **weights("weight", "grad", "mean", "var", "weight32"),
         rescale_grad=SCALE, float64=False),
    *(case("_multi_lamb_update", LAMB | more, **weights("weight", "grad", "mean", "var"), float64=False)
      for more in ({}, {"bias_correction": False, "clip_gradient": 0.5}, {"lower_bound": 3, "upper_bound": 4})),
    case("_multi_mp_lamb_update", LAMB, **weights("weight", "grad", "mean", "var", "weight32"), float64=False),
    case("mp_lamb_update_phase1", {"t": 3, "wd": 0.01, "clip_gradient": 0.5}, **ONE, weight32=WEIGHT, float64=False),
    case("mp_lamb_update_phase2", {"lr": 0.1, "lower_bound": 2.5, "upper_bound": 4}, weight=WEIGHT, g=GRAD,
         r1=np.array([2.0], F), r2=np.array([3.0], F), weight32=WEIGHT, float64=False),
    case("_contrib_group_adagrad_update", {"lr": 0.1, "clip_gradient": 0.5}, weight=(3, 2), grad=(3, 2),
         history=np.array([[0.5], [1.0], [0.0]])),
    case("multi_sum_sq", array_0=WEIGHT, array_1=np.array([1.0, 2.0], F), float64=False),
    case("multi_lars", {"eta": 0.01, "eps": 1e-3, "rescale_grad": 0.5}, lrs=np.array([0.1, 0.2, 0.3]),
         wds=np.array([0.1, 0.0, 0.2]), weights_sum_sq=np.array([2.0, 0.0, 1.0]),
         grads_sum_sq=np.array([1.0, 2.0, 0.0])),
]  # fmt: skip
