"""Times the boxes of SSD300: priors, matching 32 images of 50 boxes, detections of a 32 x 8,732 x 21 head.

    python tests/benchmarks/detection.py [SECONDS]

Goals on two threads: priors and matching below 20 ms, detections (score >= 0.01, the 400 best, IoU 0.45) below
100 ms. Boxes and scores are random, from a seed: each image has 50 boxes of 4 to 60 % of its sides, and a head whose
logits are normal, so that nearly all anchors pass the threshold.
"""

import sys

import numpy as np

import symcli as mx
from symcli.executor.timing import time_executor

# Feature map, sizes, ratios of SSD300 (Liu et al., 2016): 8,732 boxes.
SCALES = (
    (38, (0.1, 0.141), (1, 2, 0.5)), (19, (0.2, 0.272), (1, 2, 0.5, 3, 1 / 3)),
    (10, (0.37, 0.447), (1, 2, 0.5, 3, 1 / 3)), (5, (0.54, 0.619), (1, 2, 0.5, 3, 1 / 3)),
    (3, (0.71, 0.79), (1, 2, 0.5)), (1, (0.88, 0.961), (1, 2, 0.5)),
)  # fmt: skip
IMAGES, BOXES, CLASSES = 32, 50, 20


def priors():
    """Return the symbol of all anchors over six feature maps, and the maps' shapes."""
    maps = {f"map{size}": (1, 1, size, size) for size, _, _ in SCALES}
    made = [mx.sym.contrib.MultiBoxPrior(mx.sym.Variable(f"map{size}"), sizes=sizes, ratios=ratios)
            for size, sizes, ratios in SCALES]  # fmt: skip
    return mx.sym.concat(*made, dim=1, name="anchors"), maps


def measured(symbol, arrays, seconds, **shapes):
    """Return the milliseconds of a prediction."""
    bound = symbol.simple_bind(mx.cpu(), grad_req="null", **shapes, **{k: v.shape for k, v in arrays.items()})
    for name, array in arrays.items():
        bound.arg_dict[name][:] = array
    return time_executor(bound, False, [None] * len(bound.outputs), seconds).forward * 1e3


def main(seconds):
    draw = np.random.default_rng(0)
    anchors, maps = priors()
    count = anchors.infer_shape(**maps)[1][0][1]
    low = draw.uniform(0, 0.4, (IMAGES, BOXES, 2))
    label = np.concatenate([draw.integers(0, CLASSES, (IMAGES, BOXES, 1)), low,
                            low + draw.uniform(0.04, 0.6, low.shape)], 2)  # fmt: skip
    scores = draw.standard_normal((IMAGES, CLASSES + 1, count))
    scores[:, 0] += 3
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    offsets = draw.normal(0, 0.5, (IMAGES, 4 * count))
    variables = {name: mx.sym.Variable(name) for name in ("label", "scores", "offsets")}
    target = mx.sym.contrib.MultiBoxTarget(anchors, variables["label"], variables["scores"])
    detection = mx.sym.contrib.MultiBoxDetection(variables["scores"], variables["offsets"], anchors, nms_threshold=0.45,
                                                 nms_topk=400)  # fmt: skip
    print(f"{count} priors: {measured(anchors, {}, seconds, **maps):.2f} ms")
    spent = measured(target, {"label": label, "scores": scores}, seconds, **maps)
    print(f"priors and {IMAGES} x {BOXES} boxes matched: {spent:.2f} ms")
    passing = (probabilities[:, 1:].max(1) >= 0.01).mean()
    spent = measured(detection, {"scores": probabilities, "offsets": offsets}, seconds, **maps)
    print(f"detections of {IMAGES} images, {passing:.0%} of anchors above 0.01: {spent:.2f} ms")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)
