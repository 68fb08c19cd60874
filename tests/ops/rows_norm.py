"""Rows of the normalisations."""

from tests.check import case


def batch_norm(parameters, data, c, op="BatchNorm", **kwargs):
    return case(op, parameters, data=data, gamma=(c,), beta=(c,), moving_mean=(c,),
                moving_var=lambda rng: rng.uniform(0.5, 1.5, c), **kwargs)  # fmt: skip


ROWS = [
    batch_norm({}, (4, 3, 2, 2), 3, rtol=1e-4),
    batch_norm({"fix_gamma": False, "eps": 0.01}, (4, 3, 5), 3, rtol=1e-4),
    batch_norm({"fix_gamma": False, "axis": -1}, (3, 2, 4), 4, rtol=1e-4),
    batch_norm({"fix_gamma": False, "axis": 0}, (3, 4), 3, rtol=1e-4),
    batch_norm({"fix_gamma": False, "use_global_stats": True}, (3, 2, 4), 2, rtol=1e-5),
    batch_norm({"fix_gamma": False}, (3, 2, 4), 2, train=False, rtol=1e-5),
    batch_norm({}, (2, 3), 3, train=False, rtol=1e-5),
    batch_norm({"fix_gamma": False, "output_mean_var": True}, (4, 2, 3), 2, rtol=1e-4,
               fixed=("data", "gamma", "beta"), note="gradients of mean and var are ignored"),
    batch_norm({"fix_gamma": False, "output_mean_var": True}, (4, 2, 3), 2, train=False, rtol=1e-5,
               fixed=("data", "gamma", "beta")),
    batch_norm({"fix_gamma": False}, (4, 3, 2, 2), 3, "_contrib_BatchNormWithReLU", rtol=1e-4),
    batch_norm({"fix_gamma": False, "axis": -1}, (3, 2, 4), 4, "_contrib_BatchNormWithReLU", train=False, rtol=1e-5),
]  # fmt: skip
