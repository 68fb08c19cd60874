"""Handwritten digits by Module: records, augmentation, a checkpoint each epoch, a reloaded model that predicts."""

import logging
import os
import sys
import tempfile

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stderr)


def write_records(path, images, labels):
    record = mx.recordio.MXIndexedRecordIO(path + ".idx", path + ".rec", "w")
    for i, (image, label) in enumerate(zip(images, labels)):
        pixels = np.kron(image * 15, np.ones((2, 2))).astype("uint8")
        record.write_idx(i, mx.recordio.pack(mx.recordio.IRHeader(0, float(label), i, 0), png(pixels)))
    record.close()
    return path + ".rec"


def png(pixels):
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(file, "PNG")
    return file.getvalue()


def network():
    data = mx.sym.Variable("data")
    conv1 = mx.sym.Convolution(data=data, kernel=(3, 3), num_filter=16, name="conv1")
    bn1 = mx.sym.BatchNorm(data=conv1, fix_gamma=False, name="bn1")
    act1 = mx.sym.Activation(data=bn1, act_type="relu")
    pool1 = mx.sym.Pooling(data=act1, pool_type="max", kernel=(2, 2), stride=(2, 2))
    fc1 = mx.sym.FullyConnected(data=mx.sym.Flatten(data=pool1), num_hidden=64, name="fc1")
    act2 = mx.sym.Activation(data=fc1, act_type="relu")
    drop = mx.sym.Dropout(data=act2, p=0.2)
    fc2 = mx.sym.FullyConnected(data=drop, num_hidden=10, name="fc2")
    return mx.sym.SoftmaxOutput(data=fc2, name="softmax")


def main(digits, folder):
    mx.random.seed(7)
    with np.load(digits) as file:
        images, labels = file["images"], file["labels"]
    train = write_records(os.path.join(folder, "train"), images[:600], labels[:600])
    val = write_records(os.path.join(folder, "val"), images[600:800], labels[600:800])
    options = dict(data_shape=(3, 14, 14), batch_size=50, preprocess_threads=2, std_r=255, std_g=255, std_b=255)
    train_iter = mx.io.ImageRecordIter(path_imgrec=train, shuffle=True, rand_crop=True, seed=1, **options)
    val_iter = mx.io.ImageRecordIter(path_imgrec=val, **options)
    mod = mx.mod.Module(symbol=network(), context=mx.cpu(), data_names=["data"], label_names=["softmax_label"])
    prefix = os.path.join(folder, "digits")
    mod.fit(
        train_iter,
        eval_data=val_iter,
        optimizer="sgd",
        optimizer_params={
            "learning_rate": 0.1,
            "momentum": 0.9,
            "wd": 1e-4,
            "lr_scheduler": mx.lr_scheduler.FactorScheduler(step=60, factor=0.5),
        },
        initializer=mx.init.Xavier(magnitude=2.34),
        eval_metric=["acc", "ce"],
        batch_end_callback=mx.callback.Speedometer(50, 5),
        epoch_end_callback=mx.callback.do_checkpoint(prefix),
        num_epoch=6,
    )
    sym, arg_params, aux_params = mx.model.load_checkpoint(prefix, 6)
    again = mx.mod.Module(symbol=sym, context=mx.cpu(), label_names=None)
    again.bind(for_training=False, data_shapes=[("data", (50, 3, 14, 14))])
    again.set_params(arg_params, aux_params, allow_missing=True)
    val_iter.reset()
    right = total = 0
    for preds, i_batch, batch in again.iter_predict(val_iter):
        wanted = batch.label[0].asnumpy()
        right += (preds[0].asnumpy().argmax(axis=1) == wanted).sum()
        total += len(wanted)
    feature = sym.get_internals()["fc1_output"]
    extractor = mx.mod.Module(symbol=feature, label_names=None, context=mx.cpu())
    extractor.bind(for_training=False, data_shapes=[("data", (1, 3, 14, 14))])
    extractor.set_params(arg_params, aux_params)
    extractor.forward(mx.io.DataBatch([mx.nd.ones((1, 3, 14, 14))]))
    assert extractor.get_outputs()[0].shape == (1, 64)
    return right / float(total)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print("accuracy %.3f" % main(sys.argv[1], folder))
