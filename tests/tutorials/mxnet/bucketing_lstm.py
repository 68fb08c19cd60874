"""A language model on sentences of several lengths: BucketSentenceIter, stacked LSTM cells, BucketingModule."""

import logging
import sys

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stderr)

SENTENCES = [
    "the cat sat on the mat", "the dog sat on the log", "a cat and a dog ran", "it is a cat",
    "the mat is on the log and the cat is on it", "a dog ran on the mat", "the cat ran", "it is a dog on a log",
]  # fmt: skip


def main():
    mx.random.seed(1)
    np.random.seed(1)
    words = [line.split() for line in SENTENCES] * 12
    encoded, vocab = mx.rnn.encode_sentences(words, start_label=1, invalid_label=0)
    batch_size, buckets = 8, [4, 6, 12]
    data_train = mx.rnn.BucketSentenceIter(encoded, batch_size, buckets=buckets, invalid_label=0)

    stack = mx.rnn.SequentialRNNCell()
    for i in range(2):
        stack.add(mx.rnn.LSTMCell(num_hidden=32, prefix="lstm_l%d_" % i))

    def sym_gen(seq_len):
        data = mx.sym.Variable("data")
        label = mx.sym.Variable("softmax_label")
        embed = mx.sym.Embedding(data=data, input_dim=len(vocab), output_dim=16, name="embed")
        stack.reset()
        outputs, states = stack.unroll(seq_len, inputs=embed, merge_outputs=True)
        pred = mx.sym.Reshape(outputs, shape=(-1, 32))
        pred = mx.sym.FullyConnected(data=pred, num_hidden=len(vocab), name="pred")
        label = mx.sym.Reshape(label, shape=(-1,))
        pred = mx.sym.SoftmaxOutput(data=pred, label=label, name="softmax", use_ignore=True, ignore_label=0)
        return pred, ("data",), ("softmax_label",)

    model = mx.mod.BucketingModule(sym_gen=sym_gen, default_bucket_key=data_train.default_bucket_key, context=mx.cpu())
    perplexity = mx.metric.Perplexity(0)
    model.fit(
        train_data=data_train,
        eval_metric=perplexity,
        kvstore="device",
        optimizer="adam",
        optimizer_params={"learning_rate": 0.02},
        initializer=mx.init.Xavier(factor_type="in", magnitude=2.34),
        num_epoch=10,
        batch_end_callback=mx.callback.Speedometer(batch_size, 5, auto_reset=False),
    )
    data_train.reset()
    return dict(model.score(data_train, mx.metric.Perplexity(0)))["perplexity"]


if __name__ == "__main__":
    print("perplexity %.3f" % main())
