"""Rows of recurrent layers."""

import numpy as np

from tests.check import case

GATES = {"rnn_relu": 1, "rnn_tanh": 1, "gru": 3, "lstm": 4}


def rnn(mode, data, size, layers=1, both=False, projection=0, lengths=None, **kwargs):
    parameters = {key: kwargs.pop(key) for key in [*kwargs] if key not in ("train", "rtol", "fixed", "note")}
    _, n, c = data
    directions, gates, width = 2 if both else 1, GATES[mode] * size, projection or size
    count = 0
    for layer in range(layers):
        below = c if layer == 0 else directions * width
        count += directions * (gates * (below + width + 2) + projection * size)
    given = {"data": data, "parameters": (count,), "state": (layers * directions, n, width)}
    if mode == "lstm":
        given["state_cell"] = (layers * directions, n, size)
    if lengths is not None:
        given["sequence_length"] = np.array(lengths)
        parameters["use_sequence_length"] = True
    attrs = {"mode": mode, "state_size": size, "num_layers": layers, **parameters}
    attrs |= {"bidirectional": True} if both else {}
    attrs |= {"projection_size": projection} if projection else {}
    kwargs.setdefault("rtol", 1e-5)
    return case("RNN", attrs, **given, **kwargs)


ROWS = [
    rnn("rnn_tanh", (3, 2, 4), 3),
    rnn("rnn_relu", (3, 2, 2), 3, layers=2, state_outputs=True),
    rnn("lstm", (3, 2, 4), 3),
    rnn("lstm", (1, 2, 3), 2, state_outputs=True),
    rnn("lstm", (3, 2, 3), 2, layers=2, both=True, state_outputs=True),
    rnn("gru", (3, 2, 4), 3, state_outputs=True),
    rnn("gru", (2, 2, 3), 2, layers=2, both=True, state_outputs=True),
    rnn("lstm", (3, 2, 2), 3, layers=3, p=0.4),
    rnn("lstm", (3, 2, 2), 3, layers=3, p=0.4, train=False),
    rnn("gru", (2, 2, 3), 2, layers=2, both=True, p=0.5),
    rnn("lstm", (4, 2, 3), 2, lstm_state_clip_min=-0.1, lstm_state_clip_max=0.15, state_outputs=True),
    rnn(
        "lstm",
        (4, 3, 2),
        2,
        layers=2,
        both=True,
        lengths=[1.0, 4.0, 2.0],
        state_outputs=True,
        fixed=("sequence_length",),
    ),
    rnn(
        "gru",
        (3, 3, 2),
        2,
        layers=2,
        both=True,
        lengths=[3, 1, 2],
        p=0.3,
        state_outputs=True,
        fixed=("sequence_length",),
    ),
    rnn("rnn_tanh", (3, 2, 2), 2, both=True, lengths=[1, 2], fixed=("sequence_length",)),
    rnn("rnn_relu", (3, 2, 2), 2, lengths=[0, 3], state_outputs=True, fixed=("sequence_length",)),
]
