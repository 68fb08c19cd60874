"""Transforms of one example's array: MXNet's ``gluon.data.vision.transforms``, as a job names them.

Images are (height, width, channels) until ``to_tensor`` makes them (channels, height, width), float32. All random
choices are drawn from (seed, epoch, number of the example) alone, so that neither threads nor a resume change them.
"""

from symcli.data.transforms.base import (
    LARGEST,
    TRANSFORMS,
    Array,
    Draws,
    Transform,
    boxes_in,
    resized,
    width_and_height,
)
from symcli.data.transforms.chain import Chain, Streams, apply, apply_with_boxes, draws, permutation
from symcli.data.transforms.geometry import (
    CenterCrop,
    RandomCrop,
    RandomFlipLeftRight,
    RandomFlipTopBottom,
    RandomResizedCrop,
    Resize,
)
from symcli.data.transforms.light import GREY, RandomBrightness, RandomContrast, RandomSaturation
from symcli.data.transforms.tensor import Cast, Normalize, ToTensor

__all__ = [
    "GREY", "LARGEST", "TRANSFORMS", "Array", "Cast", "CenterCrop", "Chain", "Draws", "Normalize", "RandomBrightness",
    "RandomContrast", "RandomCrop", "RandomFlipLeftRight", "RandomFlipTopBottom", "RandomResizedCrop",
    "RandomSaturation", "Resize", "Streams", "ToTensor", "Transform", "apply", "apply_with_boxes", "boxes_in", "draws",
    "permutation", "resized", "width_and_height",
]  # fmt: skip
