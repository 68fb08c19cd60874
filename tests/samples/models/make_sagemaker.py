"""Make ``sagemaker/*.tar.gz`` and what MXNet computes from them: ``MXNET_PYTHON make_sagemaker.py FOLDER``.

The archives hold what SageMaker's image classification and object detection leave: the file names, the
``model-shapes.json`` or ``hyperparams.json``, and of the detector the network in its form for training. Needs MXNet
1.9.1, and no symcli.
"""

import io
import json
import os
import sys
import tarfile
import tempfile

import mxnet as mx
import numpy as np


def unit(data, name, num_filter, stride=(1, 1)):
    data = mx.sym.Convolution(data, num_filter=num_filter, kernel=(3, 3), stride=stride, pad=(1, 1), no_bias=True,
                              name=f"{name}_conv")  # fmt: skip
    data = mx.sym.BatchNorm(data, fix_gamma=False, eps=2e-5, momentum=0.9, name=f"{name}_bn")
    return mx.sym.Activation(data, act_type="relu", name=f"{name}_relu")


def centred():
    return mx.sym.BatchNorm(mx.sym.Variable("data"), fix_gamma=True, eps=2e-5, name="bn_data")


def classifier():
    """A residual network as example/image-classification builds it, much smaller."""
    body = unit(centred(), "stage0", 8)
    for number in (1, 2):
        inner = unit(body, f"stage{number}_unit1", 8)
        body = mx.sym.Convolution(inner, num_filter=8, kernel=(3, 3), pad=(1, 1), no_bias=True,
                                  name=f"stage{number}_unit1_conv2") + body  # fmt: skip
    pool = mx.sym.Pooling(body, global_pool=True, kernel=(7, 7), pool_type="avg", name="pool1")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Flatten(pool), num_hidden=5, name="fc1"), name="softmax")


def predictions(classes):
    """Class scores (N, classes + 1, anchors), box offsets (N, anchors * 4) and anchors of two scales."""
    body, scores, offsets, anchors = centred(), [], [], []
    for number, sizes in enumerate(("(0.2,0.3)", "(0.5,0.7)")):
        body = unit(unit(body, f"scale{number}_a", 12, (2, 2)), f"scale{number}_b", 12, (2, 2))
        for kind, depth, parts in (("cls", classes + 1, scores), ("loc", 4, offsets)):
            made = mx.sym.Convolution(body, kernel=(3, 3), pad=(1, 1), num_filter=3 * depth,
                                      name=f"scale{number}_{kind}_pred_conv")  # fmt: skip
            parts.append(mx.sym.Flatten(mx.sym.transpose(made, axes=(0, 2, 3, 1))))
        anchors.append(mx.sym.Flatten(mx.sym.contrib.MultiBoxPrior(body, sizes=sizes, ratios="(1,2)", clip=False,
                                                                   name=f"scale{number}_anchors")))  # fmt: skip
    scores = mx.sym.transpose(mx.sym.Reshape(mx.sym.Concat(*scores, dim=1), shape=(0, -1, classes + 1)), axes=(0, 2, 1),
                              name="multibox_cls_pred")  # fmt: skip
    anchors = mx.sym.Reshape(mx.sym.Concat(*anchors, dim=1), shape=(0, -1, 4), name="multibox_anchors")
    return scores, mx.sym.Concat(*offsets, dim=1, name="multibox_loc_pred"), anchors


def detection(probabilities, offsets, anchors):
    return mx.sym.contrib.MultiBoxDetection(
        probabilities, offsets, anchors, name="detection", nms_threshold=0.45, force_suppress=False,
        variances=(0.1, 0.1, 0.2, 0.2), nms_topk=400,
    )  # fmt: skip


def detector_for_training(classes):
    """The graph that example/ssd trains and SageMaker saves: losses, targets, and the detections beside them."""
    scores, offsets, anchors = predictions(classes)
    target, mask, label = mx.sym.contrib.MultiBoxTarget(
        anchors, mx.sym.Variable("label"), scores, overlap_threshold=0.5, ignore_label=-1, negative_mining_ratio=3,
        minimum_negative_samples=0, negative_mining_thresh=0.5, variances=(0.1, 0.1, 0.2, 0.2), name="multibox_target",
    )  # fmt: skip
    probabilities = mx.sym.SoftmaxOutput(scores, label=label, ignore_label=-1, use_ignore=True, grad_scale=1.0,
                                         multi_output=True, normalization="valid", name="cls_prob")  # fmt: skip
    loss = mx.sym.smooth_l1(mask * (offsets - target), scalar=1.0, name="loc_loss_")
    loss = mx.sym.MakeLoss(loss, grad_scale=1.0, normalization="valid", name="loc_loss")
    label = mx.sym.MakeLoss(label, grad_scale=0, name="cls_label")
    found = mx.sym.MakeLoss(detection(probabilities, offsets, anchors), grad_scale=0, name="det_out")
    return mx.sym.Group([probabilities, loss, label, found])


def detector_for_use(classes):
    scores, offsets, anchors = predictions(classes)
    return detection(mx.sym.SoftmaxActivation(scores, mode="channel", name="cls_prob"), offsets, anchors)


def trained(symbol, shapes, seed):
    """Return parameters that look trained: moving statistics are no zeros and ones."""
    draw = np.random.RandomState(seed)
    arguments, _, states = symbol.infer_shape(**shapes)

    def value(name, shape):
        if name.startswith("bn_data_moving"):  # of pixels
            return mx.nd.array(draw.normal(*((128, 5) if name.endswith("mean") else (5000, 500)), shape))
        if name.endswith("weight"):
            return mx.nd.array(draw.normal(0, 1.5 / np.sqrt(np.prod(shape[1:])), shape))
        return mx.nd.array(draw.normal(float(name.endswith(("gamma", "var"))), 0.2, shape))

    parts = zip(symbol.list_arguments(), arguments, strict=True)
    wanted = [(name, shape) for name, shape in parts if name not in shapes and not name.endswith("label")]
    moving = zip(symbol.list_auxiliary_states(), states, strict=True)
    return tuple({name: value(name, shape) for name, shape in one} for one in (wanted, moving))


def computed(symbol, params, **data):
    executor = symbol.simple_bind(mx.cpu(), grad_req="null", **{name: one.shape for name, one in data.items()})
    executor.copy_params_from(*params, allow_extra_params=True)
    return [one.asnumpy() for one in executor.forward(is_train=False, **{k: mx.nd.array(v) for k, v in data.items()})]


def write(path, prefix, epoch, symbol, params, more):
    with tempfile.TemporaryDirectory() as folder, tarfile.open(path, "w:gz") as archive:
        mx.model.save_checkpoint(os.path.join(folder, prefix), epoch, symbol, *params)
        for name in sorted(os.listdir(folder)):
            archive.add(os.path.join(folder, name), name)
        for name, content in more.items():
            data = json.dumps(content).encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def main(folder):
    draw = np.random.RandomState(3)
    recorded = {}
    symbol, image = classifier(), draw.randint(0, 256, (40, 36, 3)).astype(np.uint8)
    params = trained(symbol, {"data": (1, 3, 32, 32)}, 4)
    write(f"{folder}/classification.tar.gz", "image-classification", 10, symbol, params,
          {"model-shapes.json": [{"shape": [1, 3, 32, 32], "name": "data"}]})  # fmt: skip
    pixels = image[:32, :32].transpose(2, 0, 1)[None].astype(np.float32)
    (recorded["classification"],) = computed(symbol, params, data=pixels)
    recorded["classification_image"] = image[:32, :32]

    symbol = detector_for_training(3)
    params = trained(symbol, {"data": (1, 3, 64, 64), "label": (1, 2, 5)}, 5)
    write(f"{folder}/detection.tar.gz", "model_algo_1", 0, symbol, params,
          {"hyperparams.json": {"base_network": "resnet-50", "image_shape": "64", "num_classes": "3",
                                "label_width": "12", "mini_batch_size": "1", "nms_threshold": "0.45"}})  # fmt: skip
    image = draw.randint(0, 256, (64, 64, 3)).astype(np.uint8)
    pixels = image.transpose(2, 0, 1)[None].astype(np.float32)
    recorded["detection_image"] = image
    (recorded["detection"],) = computed(detector_for_use(3), params, data=pixels)
    outputs = computed(symbol, params, data=pixels, label=np.full((1, 2, 5), -1, np.float32))
    recorded["detection_in_training"] = outputs[3]
    np.savez_compressed(f"{folder}/recorded.npz", **recorded)


if __name__ == "__main__":
    main(sys.argv[1])
