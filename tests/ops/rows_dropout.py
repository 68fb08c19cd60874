"""Rows of dropout."""

from tests.check import case

ROWS = [
    case("Dropout", data=(3, 50)),
    case("Dropout", {"p": 0.2}, data=(2, 3, 4)),
    case("Dropout", {"p": 0.3, "axes": (1,)}, data=(6, 3)),
    case("Dropout", {"p": 0.3, "axes": (0, 2)}, data=(2, 6, 3)),
    case("Dropout", data=(3, 4), train=False),
    case("Dropout", {"mode": "always"}, data=(3, 4), train=False),
    case("Dropout", {"p": 0.0}, data=(3, 4)),
    case("Dropout", {"p": 1.0}, data=(3,), fixed=("data",), note="0 / 0 in MXNet too"),
]
