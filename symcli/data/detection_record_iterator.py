"""Batches of images with boxes from records (``iter_image_det_recordio.cc``, ``image_det_aug_default.cc`` of MXNet)."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np

from symcli.data.images import decoded
from symcli.data.record_augmentation import in_lightness
from symcli.data.record_iterator import ImageRecordIter
from symcli.data.transforms import LARGEST, Draws, draws, resized
from symcli.errors import DataError, MXNetError, ParamError
from symcli.params import Parameters, param

__all__ = ["DetectionAugmentation", "ImageDetRecordIter"]

Array = np.ndarray
Box = tuple[float, float, float, float]


class DetectionAugmentation(Parameters):
    """An image (H, W, C), uint8, with boxes as rows of class, x1, y1, x2, y2 in parts of it, brought to a size."""

    resize: int = param(-1, le=LARGEST, doc="bring the shorter side to this length first; -1 does not")
    rand_crop_prob: float = param(0.0, ge=0, le=1, doc="how often a random part is cut out")
    num_crop_sampler: int = param(1, ge=1, doc="how many ways to cut there are; the lists below have an entry for each")
    min_crop_scales: tuple[float, ...] = param((0.0,), ge=0, le=1, doc="the smallest scale of a part")
    max_crop_scales: tuple[float, ...] = param((1.0,), ge=0, le=1, doc="the largest scale")
    min_crop_aspect_ratios: tuple[float, ...] = param((1.0,), ge=0, doc="the smallest width over height")
    max_crop_aspect_ratios: tuple[float, ...] = param((1.0,), ge=0, doc="the largest width over height")
    min_crop_overlaps: tuple[float, ...] = param((0.0,), doc="the least overlap (IoU) with a box")
    max_crop_overlaps: tuple[float, ...] = param((1.0,), doc="the most")
    min_crop_sample_coverages: tuple[float, ...] = param((0.0,), doc="the least part of the cut that a box covers")
    max_crop_sample_coverages: tuple[float, ...] = param((1.0,), doc="the most")
    min_crop_object_coverages: tuple[float, ...] = param((0.0,), doc="the least part of a box that is cut out")
    max_crop_object_coverages: tuple[float, ...] = param((1.0,), doc="the most")
    crop_emit_mode: str = param("center", choices=("center", "overlap"), doc="which boxes stay: those whose centre is "
                                "in the part, or those of which enough is")  # fmt: skip
    emit_overlap_thresh: float = param(0.3, doc="how much of a box is enough")
    max_crop_trials: tuple[int, ...] = param((25,), ge=1, doc="how often each way is tried")
    rand_pad_prob: float = param(0.0, ge=0, le=1, doc="how often the image is put on a larger canvas")
    max_pad_scale: float = param(1.0, ge=1, doc="how much larger at most")
    max_random_hue: int = param(0, ge=0, doc="how far the hue varies, of 180")
    random_hue_prob: float = param(0.0, ge=0, le=1, doc="how often")
    max_random_saturation: int = param(0, ge=0, doc="how far the saturation varies, of 255")
    random_saturation_prob: float = param(0.0, ge=0, le=1, doc="how often")
    max_random_illumination: int = param(0, ge=0, doc="how far the lightness varies, of 255")
    random_illumination_prob: float = param(0.0, ge=0, le=1, doc="how often")
    max_random_contrast: float = param(0.0, ge=0, doc="how far the contrast varies")
    random_contrast_prob: float = param(0.0, ge=0, le=1, doc="how often")
    rand_mirror_prob: float = param(0.0, ge=0, le=1, doc="how often the image is mirrored")
    fill_value: int = param(127, ge=0, le=255, doc="the value of pixels of the canvas")
    inter_method: int = param(1, choices=(0, 1, 2, 3, 4), doc="how sizes are changed, as OpenCV numbers it")
    resize_mode: str = param("force", choices=("force", "shrink", "fit"), doc="force: to the size of the data; fit: "
                             "into it, proportions kept; shrink: so, but never larger")  # fmt: skip

    def __post_init__(self) -> None:
        for name, values in vars(self).items():
            if isinstance(values, tuple) and len(values) not in (1, self.num_crop_sampler):
                raise ParamError(f"{name} has {len(values)} numbers; needs {self.num_crop_sampler}, as "
                                 "num_crop_sampler says, or one")  # fmt: skip

    def __call__(self, image: Array, boxes: Array, shape: Sequence[int], draw: Draws) -> tuple[Array, Array]:
        """Return image and boxes; the image is at most as large as the shape (channels, height, width)."""
        if self.resize > 0:
            rows, columns = image.shape[:2]
            side = self.resize
            size = (side, side * rows // columns) if rows > columns else (side * columns // rows, side)
            image = resized(image, size, self.inter_method)
        image = self._coloured(image, draw)
        if draw.random() < self.rand_mirror_prob:
            image, boxes = image[:, ::-1], boxes.copy()
            boxes[:, [1, 3]] = 1 - boxes[:, [3, 1]]
        if draw.random() < self.rand_pad_prob:
            image, boxes = self._padded(image, boxes, draw)
        if draw.random() < self.rand_crop_prob:
            image, boxes = self._cropped(image, boxes, draw)
        return resized(np.ascontiguousarray(image), self._size(image, shape), self.inter_method), boxes

    def _size(self, image: Array, shape: Sequence[int]) -> tuple[int, int]:
        height, width = shape[1:]
        if self.resize_mode == "force":
            return width, height
        ratio = min(height / image.shape[0], width / image.shape[1])
        ratio = min(ratio, 1.0) if self.resize_mode == "shrink" else ratio
        return max(1, int(image.shape[1] * ratio)), max(1, int(image.shape[0] * ratio))

    def _coloured(self, image: Array, draw: Draws) -> Array:
        kinds = ((self.max_random_hue, self.random_hue_prob),
                 (self.max_random_illumination, self.random_illumination_prob),
                 (self.max_random_saturation, self.random_saturation_prob))  # fmt: skip
        added = [int(draw.integers(-most, most + 1)) if draw.random() < often else 0 for most, often in kinds]
        if any(added) and image.shape[2] == 3:
            image = in_lightness(image, added)
        if draw.random() < self.random_contrast_prob and self.max_random_contrast:
            factor = 1 + draw.uniform(-self.max_random_contrast, self.max_random_contrast)
            image = np.rint(np.clip(image * factor, 0, 255)).astype(np.uint8)
        return image

    def _padded(self, image: Array, boxes: Array, draw: Draws) -> tuple[Array, Array]:
        scale = draw.uniform(1, self.max_pad_scale)
        rows, columns = image.shape[:2]
        height, width = int(rows * scale), int(columns * scale)
        top, left = int(draw.integers(0, height - rows + 1)), int(draw.integers(0, width - columns + 1))
        canvas = np.full((height, width, image.shape[2]), self.fill_value, image.dtype)
        canvas[top : top + rows, left : left + columns] = image
        boxes = boxes.copy()
        boxes[:, [1, 3]] = (boxes[:, [1, 3]] * columns + left) / width
        boxes[:, [2, 4]] = (boxes[:, [2, 4]] * rows + top) / height
        return canvas, boxes

    def _cropped(self, image: Array, boxes: Array, draw: Draws) -> tuple[Array, Array]:
        aspect = image.shape[1] / image.shape[0]
        for way in draw.permutation(self.num_crop_sampler).tolist():
            for _ in range(_of(self.max_crop_trials, way)):
                part = self._proposed(way, aspect, draw)
                kept = self._kept(boxes, part) if self._suits(way, boxes, part) else boxes[:0]
                if len(kept):
                    return _cut(image, kept, part)
        return image, boxes

    def _proposed(self, way: int, aspect: float, draw: Draws) -> Box:
        scale = draw.uniform(_of(self.min_crop_scales, way), _of(self.max_crop_scales, way)) + 1e-12
        least = max(_of(self.min_crop_aspect_ratios, way) / aspect, scale * scale)
        most = min(_of(self.max_crop_aspect_ratios, way) / aspect, 1 / (scale * scale))
        ratio = np.sqrt(draw.uniform(min(least, most), max(least, most)))
        width, height = min(1.0, scale * ratio), min(1.0, scale / ratio)
        left, top = draw.uniform(0, 1 - width), draw.uniform(0, 1 - height)
        return left, top, left + width, top + height

    def _suits(self, way: int, boxes: Array, part: Box) -> bool:
        """Whether some box meets what a way to cut asks for."""
        both, own, whole = _areas(boxes, part)
        shares = (both / (own + whole - both), both / whole, both / own)
        bounds = ((self.min_crop_overlaps, self.max_crop_overlaps),
                  (self.min_crop_sample_coverages, self.max_crop_sample_coverages),
                  (self.min_crop_object_coverages, self.max_crop_object_coverages))  # fmt: skip
        return all(bool(((share >= _of(least, way)) & (share <= _of(most, way))).any()) or
                   (_of(least, way), _of(most, way)) == (0, 1)
                   for share, (least, most) in zip(shares, bounds, strict=True))  # fmt: skip

    def _kept(self, boxes: Array, part: Box) -> Array:
        if self.crop_emit_mode == "overlap":
            both, own, _ = _areas(boxes, part)
            return boxes[both / own > self.emit_overlap_thresh]
        x, y = (boxes[:, 1] + boxes[:, 3]) / 2, (boxes[:, 2] + boxes[:, 4]) / 2
        return boxes[(x >= part[0]) & (x <= part[2]) & (y >= part[1]) & (y <= part[3])]


def _of(values: Sequence[Any], way: int) -> Any:
    return values[way % len(values)]


def _areas(boxes: Array, part: Box) -> tuple[Array, Array, float]:
    """Return the areas of what boxes and a part have in common, of the boxes, and of the part."""
    across = np.minimum(boxes[:, 3], part[2]) - np.maximum(boxes[:, 1], part[0])
    down = np.minimum(boxes[:, 4], part[3]) - np.maximum(boxes[:, 2], part[1])
    own = np.maximum((boxes[:, 3] - boxes[:, 1]) * (boxes[:, 4] - boxes[:, 2]), 1e-12)
    return np.maximum(across, 0) * np.maximum(down, 0), own, (part[2] - part[0]) * (part[3] - part[1])


def _cut(image: Array, boxes: Array, part: Box) -> tuple[Array, Array]:
    rows, columns = image.shape[:2]
    left, top = int(part[0] * columns), int(part[1] * rows)
    width, height = max(1, int((part[2] - part[0]) * columns)), max(1, int((part[3] - part[1]) * rows))
    boxes = boxes.copy()
    boxes[:, [1, 3]] = np.clip((boxes[:, [1, 3]] * columns - left) / width, 0, 1)
    boxes[:, [2, 4]] = np.clip((boxes[:, [2, 4]] * rows - top) / height, 0, 1)
    return image[top : top + height, left : left + width], boxes


class ImageDetRecordIter(ImageRecordIter):
    """Batches of the images of a ``.rec`` file with their boxes.

    A record's label is the width of its head, the width of an object, more of the head, and the objects: class, x1, y1,
    x2, y2 in parts of the image, and whatever follows. A row of the batch's label is the channels, rows and columns of
    the image in the data, the length of the label, the label, and ``label_pad_value`` up to the row's end.

    Parameters
    ----------
    label_pad_width : how many numbers a label has with what fills it; by default as many as the longest needs.
    label_width : how many numbers every label has; -1 for any.
    others : as of ``ImageRecordIter``, and the fields of ``DetectionAugmentation``.

    Raises
    ------
    ParamError
        If an option is unknown, missing or out of bounds, or ``label_pad_width`` is too small.
    DataError
        If a label has no boxes in this form, or as ``ImageRecordIter``; record and offset are named.
    """

    augmentation_class = DetectionAugmentation

    def __init__(self, path_imgrec: str = "./data/imgrec.rec", data_shape: Sequence[int] = (), batch_size: int = 0,
                 path_imglist: str = "", label_width: int = -1, label_pad_width: int = 0, label_pad_value: float = -1.0,
                 **others: Any):  # fmt: skip
        for name in ("std_r", "std_g", "std_b", "std_a"):
            if name in others and not float(others[name]):
                del others[name]  # 0 means none here
        self._pad_value, self._exactly = float(label_pad_value), int(label_width)
        super().__init__(path_imgrec, data_shape, batch_size, path_imglist=path_imglist, label_width=2, **others)
        longest = self._longest = max(self._label(number).size for number in range(len(self.records)))
        if 0 < label_pad_width < longest:
            raise ParamError(f"ImageDetRecordIter: label_pad_width={label_pad_width}; the longest label has {longest} "
                             "numbers: give as many, or 0")  # fmt: skip
        self.label_width = 4 + max(longest, int(label_pad_width))
        name = self.provide_label[0].name
        self.provide_label = [type(self.provide_label[0])(name, (self.batch_size, self.label_width))]
        self._mean_img = self._mean_image()

    def _mean_image(self) -> Array | None:
        return super()._mean_image() if hasattr(self, "_longest") else None  # images are read with their labels

    def _label(self, number: int) -> Array:
        """Return a record's label, once it is known to hold boxes."""
        label, _, _ = self.records.read(number)
        self._check_label(label, self.records.name(number))
        return label

    def _check_label(self, label: Array, what: str) -> None:
        if 0 < self._exactly != label.size:
            raise DataError(f"{what}: the label has {label.size} numbers; needs label_width={self._exactly}",
                            self.records.path)  # fmt: skip
        head, width = (int(label[0]), int(label[1])) if label.size >= 2 else (0, 0)
        if head < 2 or width < 5 or label.size < head + width or (label.size - head) % width:
            raise DataError(f"{what}: the label of {label.size} numbers holds no boxes; needs the width of its head (2 "
                            "or more), the width of an object (5 or more), then whole objects",
                            self.records.path)  # fmt: skip

    def _augmented(self, batch: Any, i: int, draw: Any) -> Array:
        what, label = self.records.name(batch.numbers[i]), batch.given[i]
        pixels, head = self._decoded(batch.encoded[i], what), int(label[0])
        try:
            image, boxes = self.augmentation(pixels, label[head:].reshape(-1, int(label[1])), self.data_shape, draw)
        except MXNetError as error:
            raise DataError(f"{what}: {error}", self.records.path) from None
        numbers = np.concatenate([label[:head], boxes.reshape(-1)])
        batch.labels[i] = self._pad_value
        batch.labels[i, :4] = self.data_shape[0], *image.shape[:2], numbers.size
        batch.labels[i, 4 : 4 + numbers.size] = numbers
        return image
