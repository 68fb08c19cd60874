"""The twin of RNN: one sample, one step at a time."""

import numpy as np

from tests.naive.dropout import uniform
from tests.naive.twin import twin

GATES = {"rnn_relu": 1, "rnn_tanh": 1, "gru": 3, "lstm": 4}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def step(op, x, h, c, w, u, b, d):
    """Return the states after one step of one sample."""
    a, r = w @ x + b, u @ h + d
    if op.mode == "rnn_relu":
        return np.maximum(a + r, 0), c
    if op.mode == "rnn_tanh":
        return np.tanh(a + r), c
    if op.mode == "gru":
        (ar, az, an), (rr, rz, rn) = np.split(a, 3), np.split(r, 3)
        z = sigmoid(az + rz)
        return (1 - z) * np.tanh(an + sigmoid(ar + rr) * rn) + z * h, c
    i, f, g, o = np.split(a + r, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    if op.lstm_state_clip_min is not None:
        c = np.clip(c, op.lstm_state_clip_min, op.lstm_state_clip_max)
    return sigmoid(o) * np.tanh(c), c


@twin("RNN")
def rnn(op, inputs, run):
    x, vector = inputs["data"], list(inputs["parameters"])
    steps, samples, _ = x.shape
    cells, directions = len(inputs["state"]), 2 if op.bidirectional else 1
    h, rows, width = op.state_size, GATES[op.mode] * op.state_size, directions * (op.projection_size or op.state_size)
    lengths = inputs["sequence_length"].astype(int) if op.use_sequence_length else [steps] * samples

    def take(*shape):
        part = vector[: np.prod(shape)]
        del vector[: np.prod(shape)]
        return np.reshape(part, shape)

    weights = []
    for i in range(cells):
        weights.append([take(rows, x.shape[2] if i < directions else width), take(rows, width // directions)])
        weights[-1].append(take(width // directions, h) if op.projection_size else np.eye(h))
    weights = [(*weights[i], take(rows), take(rows)) for i in range(cells)]
    assert not vector
    drops = run.is_train and op.p > 0
    keep = (uniform(run, (op.num_layers - 1, steps, samples, width)) < 1 - op.p) / (1 - op.p) if drops else None
    final, final_cell = np.array(inputs["state"]), np.array(inputs.get("state_cell", inputs["state"]))
    for layer in range(op.num_layers):
        y = np.zeros((steps, samples, width))
        for d in range(directions):
            i = layer * directions + d
            w, u, v, b, e = weights[i]
            for n in range(samples):
                for t in range(lengths[n]) if d == 0 else reversed(range(lengths[n])):
                    state, final_cell[i, n] = step(op, x[t, n], final[i, n], final_cell[i, n], w, u, b, e)
                    final[i, n] = v @ state
                    y[t, n, d * len(v) : (d + 1) * len(v)] = final[i, n]
        x = y * keep[layer] if drops and layer < op.num_layers - 1 else y
    return [
        x,
        *([final] if op.state_outputs else []),
        *([final_cell] if op.state_outputs and op.mode == "lstm" else []),
    ]
