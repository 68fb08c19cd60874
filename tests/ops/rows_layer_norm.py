"""Rows of the normalisations of samples, of lengths, and of BatchNorm's first version."""

from tests.check import case

ALL = ("data", "gamma", "beta")
FREE = {"fix_gamma": False}


def batch_norm_v1(parameters, data, c, op="BatchNorm_v1", **kwargs):
    return case(op, parameters, data=data, gamma=(c,), beta=(c,), moving_mean=(c,),
                moving_var=lambda rng: rng.uniform(0.5, 1.5, c), rtol=1e-4, **kwargs)  # fmt: skip


ROWS = [
    case("LayerNorm", data=(3, 5), gamma=(5,), beta=(5,), rtol=1e-4),
    case("LayerNorm", {"eps": 0.1}, data=(2, 3, 4), gamma=(4,), beta=(4,), rtol=1e-4),
    case("LayerNorm", {"axis": 1}, data=(2, 3, 4), gamma=(3,), beta=(3,), rtol=1e-4),
    case("LayerNorm", {"axis": 0}, data=(4, 3), gamma=(4,), beta=(4,), rtol=1e-4),
    case("LayerNorm", data=(4,), gamma=(4,), beta=(4,), rtol=1e-4),
    case("LayerNorm", {"axis": -2, "output_mean_var": True}, data=(2, 3, 2), gamma=(3,), beta=(3,), rtol=1e-4,
         fixed=ALL, note="gradients of mean and std are ignored"),
    case("GroupNorm", data=(2, 3, 4), gamma=(1,), beta=(1,), rtol=1e-4),
    case("GroupNorm", {"num_groups": 2, "eps": 0.01}, data=(2, 4, 3, 2), gamma=(2,), beta=(2,), rtol=1e-4),
    case("GroupNorm", {"num_groups": 3}, data=(1, 3, 5), gamma=(3,), beta=(3,), rtol=1e-4),
    case("GroupNorm", {"num_groups": 2, "output_mean_var": True}, data=(2, 4, 3), gamma=(2,), beta=(2,), rtol=1e-4,
         fixed=ALL, note="gradients of mean and std are ignored"),
    case("InstanceNorm", data=(2, 3, 4), gamma=(3,), beta=(3,), rtol=1e-4),
    case("InstanceNorm", {"eps": 1e-5}, data=(2, 2, 3, 2), gamma=(2,), beta=(2,), rtol=1e-4),
    case("L2Normalization", data=(2, 3, 2)),
    case("L2Normalization", {"eps": 0.1}, data=(3,)),
    case("L2Normalization", {"mode": "channel"}, data=(2, 3, 2, 2)),
    case("L2Normalization", {"mode": "spatial"}, data=(2, 3, 4)),
    case("LRN", {"nsize": 3}, data=(2, 5, 2, 2)),
    case("LRN", {"nsize": 5, "alpha": 0.5, "beta": 0.6, "knorm": 1.5}, data=(1, 4, 3)),
    case("LRN", {"nsize": 4, "alpha": 0.5}, data=(2, 6), note="as wide as 3"),
    case("LRN", {"nsize": 1, "alpha": 0.5}, data=(2, 2)),
    batch_norm_v1({}, (4, 3, 2, 2), 3),
    batch_norm_v1(FREE, (4, 3), 3),
    batch_norm_v1({**FREE, "key": "shared"}, (4, 3, 2, 2), 3, op="_contrib_SyncBatchNorm"),
    batch_norm_v1({**FREE, "use_global_stats": True}, (3, 2, 4), 2),
    batch_norm_v1(FREE, (3, 2, 2, 2), 2, train=False, fixed=ALL, note="backward is the batch's"),
    batch_norm_v1({**FREE, "output_mean_var": True, "eps": 0.01}, (4, 2, 3), 2, fixed=ALL),
]  # fmt: skip
