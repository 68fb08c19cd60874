"""BucketingModule, SequentialModule and modules in Python."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError, ParamError

WORDS, BATCH = 12, 4


def sentences(count=60):
    rng = np.random.RandomState(0)
    begins = rng.randint(1, WORDS, count)
    return [[(begin + i) % (WORDS - 1) + 1 for i in range(rng.choice([4, 6]))] for begin in begins]


def unrolled(length):
    data, label = mx.sym.Variable("data"), mx.sym.Variable("softmax_label")
    embed = mx.sym.Embedding(data, input_dim=WORDS, output_dim=8, name="embed")
    outputs, _ = mx.rnn.LSTMCell(16, prefix="lstm_").unroll(length, embed, layout="NTC", merge_outputs=True)
    scores = mx.sym.FullyConnected(mx.sym.Reshape(outputs, shape=(-1, 16)), num_hidden=WORDS, name="scores")
    net = mx.sym.SoftmaxOutput(scores, mx.sym.Reshape(label, shape=(-1,)), name="softmax")
    return net, ("data",), ("softmax_label",)


def batches():
    np.random.seed(0)
    return mx.rnn.BucketSentenceIter(sentences(), BATCH, buckets=[4, 6], invalid_label=0)


def bucketing(**options):
    data = batches()
    module = mx.mod.BucketingModule(unrolled, default_bucket_key=data.default_bucket_key, **options)
    module.bind(data.provide_data, data.provide_label)
    return module, data


def test_buckets_learn_together():
    mx.random.seed(1)
    module, data = bucketing()
    perplexity = mx.metric.Perplexity(0)
    module.fit(data, eval_metric=perplexity, num_epoch=12, optimizer="adam", optimizer_params={"learning_rate": 0.03},
               initializer=mx.init.Xavier())  # fmt: skip
    assert sorted(module._buckets) == [4, 6]
    assert perplexity.get()[1] < 2
    arrays = [one._group.param_arrays for one in module._buckets.values()]
    for short, long in zip(*arrays, strict=True):
        assert short[0]._data is long[0]._data  # one set of parameters
    bound = module._buckets[4]._group.execs[0].arg_dict["embed_weight"]
    np.testing.assert_array_equal(module.get_params()[0]["embed_weight"].asnumpy(), bound.asnumpy())


def test_one_step_is_that_of_a_module_of_the_bucket():
    module, data = bucketing()
    module.init_params(mx.init.Xavier())
    start = {name: one.copy() for name, one in module.get_params()[0].items()}
    module.init_optimizer(optimizer_params={"learning_rate": 0.1})
    batch = next(one for one in data if one.bucket_key == 4)
    module.prepare(batch)
    assert module._curr_bucket_key == 6
    module.forward_backward(batch)
    module.update()
    plain = mx.mod.Module(unrolled(4)[0])
    plain.bind(batch.provide_data, batch.provide_label)
    plain.init_params(arg_params=start)
    plain.init_optimizer(optimizer_params={"learning_rate": 0.1})
    plain.forward_backward(batch)
    plain.update()
    for name, array in plain.get_params()[0].items():
        np.testing.assert_allclose(module.get_params()[0][name].asnumpy(), array.asnumpy(), 1e-5, 1e-6)


def test_buckets_are_saved_and_loaded(tmp_path):
    module, data = bucketing()
    module.init_params(mx.init.Xavier())
    batch = next(one for one in data if one.bucket_key == 4)
    module.forward(batch, is_train=False)
    outputs = module.get_outputs()[0].asnumpy()
    prefix = str(tmp_path / "lm")
    module.save_checkpoint(prefix, 3)
    assert {path.name for path in tmp_path.iterdir()} == {
        "lm-0003.params", "lm-4-symbol.json", "lm-6-symbol.json", "lm.buckets",
    }  # fmt: skip
    again = mx.mod.BucketingModule.load(prefix, 3, sym_gen=unrolled, default_bucket_key=6)
    again.bind(data.provide_data, data.provide_label, for_training=False)
    again.forward(batch, is_train=False)
    np.testing.assert_array_equal(again.get_outputs()[0].asnumpy(), outputs)
    with pytest.raises(ParamError, match="there is no symbol of the default bucket 5; buckets: 6, 4"):
        mx.mod.BucketingModule.load(prefix, 3, sym_gen=unrolled, default_bucket_key=5)


def test_bucketing_mistakes_are_told():
    with pytest.raises(ParamError, match="no default_bucket_key"):
        mx.mod.BucketingModule(unrolled)
    with pytest.raises(ParamError, match="data_names has 'dota'"):
        mx.mod.BucketingModule(lambda key: (unrolled(key)[0], ("dota",), ()), 4)
    module = mx.mod.BucketingModule(unrolled, 4)
    with pytest.raises(MXNetError, match="call bind first"):
        module.switch_bucket(6, None)
    named = mx.mod.BucketingModule(
        lambda key: (
            mx.sym.SoftmaxOutput(
                mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name=f"fc{key}"), name="softmax"
            ),
            ("data",),
            ("softmax_label",),
        ),
        4,
    )
    named.bind([("data", (2, 4))], [("softmax_label", (2,))])
    with pytest.raises(
        MXNetError, match="the bucket 2 has parameters that the default bucket 4 lacks: fc2_bias, fc2_w"
    ):
        named.switch_bucket(2, [("data", (2, 2))], [("softmax_label", (2,))])


def chain():
    first = mx.sym.Activation(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, name="fc1"), act_type="tanh")
    second = mx.sym.FullyConnected(mx.sym.Variable("fc1_data"), num_hidden=2, name="fc2")
    second = mx.sym.SoftmaxOutput(second, name="softmax")
    return first, second


def points():
    rng = np.random.RandomState(0)
    x = rng.normal(size=(40, 5)).astype("float32")
    return mx.io.NDArrayIter(x, (x[:, 0] > 0).astype("float32"), 10)


def test_modules_in_sequence_are_one_network():
    first, second = chain()
    module = mx.mod.SequentialModule()
    module.add(mx.mod.Module(first, label_names=None)).add(
        mx.mod.Module(second, data_names=["fc1_data"]), take_labels=True, auto_wiring=True
    )
    start = {"fc1_weight": mx.nd.ones((8, 5)) * 0.1, "fc1_bias": mx.nd.zeros(8),
             "fc2_weight": mx.nd.array(np.linspace(-1, 1, 16).reshape(2, 8)), "fc2_bias": mx.nd.zeros(2)}  # fmt: skip
    whole = mx.mod.Module(second(fc1_data=first))
    for one in (module, whole):
        one.fit(points(), num_epoch=3, arg_params=start, optimizer_params={"learning_rate": 0.5})
    for name, array in whole.get_params()[0].items():
        np.testing.assert_allclose(module.get_params()[0][name].asnumpy(), array.asnumpy(), 1e-5, 1e-6)
    assert module.score(points(), "acc") == whole.score(points(), "acc")
    assert (module.data_names, module.output_names) == (["data"], ["softmax_output"])


def test_a_loss_in_python_ends_a_chain():
    scores = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")

    def gradient(scores, labels):
        return mx.nd.softmax(scores) - mx.nd.one_hot(labels, 2)

    module = mx.mod.SequentialModule()
    module.add(mx.mod.Module(scores, label_names=[])).add(
        mx.mod.PythonLossModule(grad_func=gradient), take_labels=True, auto_wiring=True
    )
    module.fit(points(), num_epoch=20, optimizer_params={"learning_rate": 0.5}, initializer=mx.init.Zero())
    whole = mx.mod.Module(mx.sym.SoftmaxOutput(scores, name="softmax"))
    whole.fit(points(), num_epoch=20, optimizer_params={"learning_rate": 0.5}, initializer=mx.init.Zero())
    for name, array in whole.get_params()[0].items():
        np.testing.assert_allclose(module.get_params()[0][name].asnumpy(), array.asnumpy(), 1e-4, 1e-5)


def test_sequence_mistakes_are_told():
    module = mx.mod.SequentialModule()
    with pytest.raises(MXNetError, match="there is no module in it"):
        module.bind([("data", (1, 2))])
    with pytest.raises(ParamError, match="there is no option 'take_label'; did you mean 'take_labels'"):
        module.add(mx.mod.Module(chain()[0], label_names=None), take_label=True)
    for _ in range(2):
        module.add(mx.mod.Module(chain()[0], label_names=None), auto_wiring=True)
    module.bind([("data", (10, 5))])
    with pytest.raises(MXNetError, match="modules 0 and 1 both have a parameter 'fc1_weight'"):
        module.init_params()
    with pytest.raises(ParamError, match="label_shapes are of x; needs softmax_label"):
        mx.mod.PythonLossModule().bind([("data", (1, 2))], [("x", (1,))])
    with pytest.raises(ParamError, match="grad_func is a int; needs a function"):
        mx.mod.PythonLossModule(grad_func=3)
