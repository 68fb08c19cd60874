"""Rows of the activation functions."""

import numpy as np

from tests.check import case

ODD = np.array([np.nan, np.inf, 100, 20, 0, -0.0, -20, -100])

ROWS = [
    *(case("Activation", {"act_type": name}, data=(2, 3, 2), low=-3, high=3)
      for name in ("relu", "sigmoid", "softrelu", "softsign", "tanh")),
    *(case("Activation", {"act_type": name}, data=ODD, fixed=("data",), note="far out")
      for name in ("relu", "sigmoid", "softrelu", "softsign", "tanh")),
    *(case("LeakyReLU", {"act_type": name}, data=(2, 3, 2), low=-3, high=3) for name in ("leaky", "elu", "gelu")),
    case("LeakyReLU", {"act_type": "selu"}, data=(2, 3, 2), low=-3, high=3, fixed=("data",)),
    *(case("LeakyReLU", {"act_type": name}, data=ODD, fixed=("data",), note="far out")
      for name in ("leaky", "elu", "selu", "gelu")),
    case("LeakyReLU", data=(3,), note="leaky by default"),
    case("LeakyReLU", {"slope": -0.5}, data=(7,)),
    case("LeakyReLU", {"act_type": "elu", "slope": 0.7}, data=(7,)),
    case("LeakyReLU", {"act_type": "prelu"}, data=(2, 3, 2, 2), gamma=(3,)),
    case("LeakyReLU", {"act_type": "prelu"}, data=(4, 3), gamma=(3,)),
    case("LeakyReLU", {"act_type": "prelu"}, data=(4, 3, 2), gamma=(1,)),
    case("LeakyReLU", {"act_type": "prelu"}, data=(4, 3, 2), gamma=(4,)),
    case("LeakyReLU", {"act_type": "prelu"}, data=(4, 3, 2), gamma=(4, 3)),
    case("LeakyReLU", {"act_type": "prelu"}, data=(4,), gamma=(4,)),
    case("LeakyReLU", {"act_type": "rrelu"}, data=(4, 3)),
    case("LeakyReLU", {"act_type": "rrelu", "lower_bound": -0.5, "upper_bound": 0.25}, data=(5,)),
    case("LeakyReLU", {"act_type": "rrelu"}, data=(4, 3), train=False),
]  # fmt: skip
