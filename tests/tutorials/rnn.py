"""An LSTM that learns to spell, written as for MXNet: ``python tests/tutorials/rnn.py``."""

import logging

import numpy as np

import symcli as mx

TEXT = "the quick brown fox jumps over the lazy dog and runs away. " * 24
LENGTH, BATCH = 16, 8


def network(letters, hidden=48):
    """Return the unrolled network: every letter's guess of the next one."""
    data, label = mx.sym.Variable("data"), mx.sym.Variable("softmax_label")
    embedded = mx.sym.Embedding(data, input_dim=letters, output_dim=16, name="embed")
    stack = mx.rnn.SequentialRNNCell()
    stack.add(mx.rnn.LSTMCell(hidden, prefix="lstm0_"))
    stack.add(mx.rnn.GRUCell(hidden, prefix="gru1_"))
    outputs, _ = stack.unroll(LENGTH, embedded, merge_outputs=True)
    guess = mx.sym.FullyConnected(mx.sym.Reshape(outputs, shape=(-1, hidden)), num_hidden=letters, name="guess")
    return mx.sym.SoftmaxOutput(guess, mx.sym.Reshape(label, shape=(-1,)), name="softmax")


def main(epochs=8):
    mx.random.seed(1)
    np.random.seed(1)
    vocabulary = {letter: number for number, letter in enumerate(sorted(set(TEXT)))}
    numbers = np.array([vocabulary[letter] for letter in TEXT], "float32")
    count = (len(numbers) - 1) // LENGTH
    words = numbers[: count * LENGTH].reshape(count, LENGTH)
    following = numbers[1 : count * LENGTH + 1].reshape(count, LENGTH)
    batches = mx.io.NDArrayIter(words, following, BATCH, shuffle=True, last_batch_handle="discard")
    module = mx.mod.Module(network(len(vocabulary)))
    perplexity = mx.metric.Perplexity(ignore_label=None)
    module.fit(batches, eval_metric=perplexity, optimizer="adam", optimizer_params={"learning_rate": 0.02},
               initializer=mx.init.Xavier(), num_epoch=epochs)  # fmt: skip
    batches.reset()
    return dict(module.score(batches, perplexity))["perplexity"]


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    logging.info("perplexity %.3f", main())
