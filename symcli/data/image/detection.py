"""ImageDetIter: batches of images with boxes, augmented in Python (``python/mxnet/image/detection.py``)."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from symcli.data.image.detection_augmenters import CreateDetAugmenter, DetAugmenter
from symcli.data.image.iterator import ImageIter
from symcli.errors import DataError
from symcli.ndarray import NDArray

__all__ = ["ImageDetIter"]

_MEAN, _STD = (123.68, 116.28, 103.53), (58.395, 57.12, 57.375)  # of ImageNet, as True means


class ImageDetIter(ImageIter):
    """Batches of images with boxes from a ``.rec`` file, a list file, or a list, passed through augmenters.

    A label in a file is the width of its header, the width of an object, the rest of the header, then the objects:
    class and corners in parts of the image, and what else follows. ``symcli prepare-data voc|coco|yolo`` writes such
    lists. In a batch labels are (batch, objects, width): as many rows as the image with the most, the rest -1. Images
    without a box that is left are passed over, as MXNet does.

    Parameters
    ----------
    aug_list : the augmenters; by default ``CreateDetAugmenter(data_shape, **kwargs)``.
    The others are those of ``ImageIter``.

    Raises
    ------
    DataError
        If no image has a box, or a file cannot be read.
    """

    def __init__(self, batch_size: int, data_shape: tuple[int, int, int], path_imgrec: str | None = None,
                 path_imglist: str | None = None, path_root: str | None = None, path_imgidx: str | None = None,
                 shuffle: bool = False, part_index: int = 0, num_parts: int = 1,
                 aug_list: Sequence[DetAugmenter] | None = None, imglist: list | None = None, data_name: str = "data",
                 label_name: str = "label", last_batch_handle: str = "pad", **kwargs: Any):  # fmt: skip
        super().__init__(batch_size, data_shape, path_imgrec=path_imgrec, path_imglist=path_imglist,
                         path_root=path_root, path_imgidx=path_imgidx, shuffle=shuffle, part_index=part_index,
                         num_parts=num_parts, aug_list=[], imglist=imglist, data_name=data_name,
                         label_name=label_name, last_batch_handle=last_batch_handle)  # fmt: skip
        self.det_auglist = list(CreateDetAugmenter(data_shape, **kwargs) if aug_list is None else aug_list)
        self.auglist = self.det_auglist  # type: ignore[assignment]
        self.label_shape = self._estimated_label_shape()
        self.provide_label = [(label_name, (batch_size, *self.label_shape))]

    def _estimated_label_shape(self) -> tuple[int, int]:
        """Return the number of rows and columns that hold every label."""
        rows = columns = 0
        self.reset()
        while True:
            try:
                label, _ = self.next_sample()
            except StopIteration:
                break
            try:
                boxes = self._boxes(label)
            except _WithoutBox:
                continue
            rows, columns = max(rows, len(boxes)), max(columns, boxes.shape[1])
        if not rows:
            raise DataError("ImageDetIter: no image has a box that can be used; needs labels of header width, object "
                            "width, …, and for each object class, x1, y1, x2, y2")  # fmt: skip
        self.reset()
        return rows, columns

    def _boxes(self, label: Any) -> np.ndarray:
        """Return the objects of a label as its file holds it."""
        raw = np.asarray(label.asnumpy() if isinstance(label, NDArray) else label, np.float32).reshape(-1)
        header, width = (int(raw[0]), int(raw[1])) if raw.size >= 2 else (0, 0)
        if header < 2 or width < 5 or raw.size < header or (raw.size - header) % width:
            raise DataError(f"{self._where()}: the label has {raw.size} numbers, with a header of {header} and objects "
                            f"of {width} each; needs whole objects of 5 or more")  # fmt: skip
        objects = raw[header:].reshape(-1, width)
        return self._usable(objects)

    def _usable(self, objects: np.ndarray) -> np.ndarray:
        kept = (objects[:, 3] > objects[:, 1]) & (objects[:, 4] > objects[:, 2])
        if not kept.any():
            raise _WithoutBox(f"{self._where()}: there is no box")
        return objects[kept]

    def _batchify(self, batch_data: NDArray, batch_label: NDArray, start: int = 0) -> int:
        i = start
        while i < self.batch_size:
            try:
                image, boxes = self._next_made()
            except StopIteration:
                if not i:
                    raise
                break
            rows = np.full(self.label_shape, -1, np.float32)
            rows[: len(boxes), : boxes.shape[1]] = boxes
            batch_data[i] = self.postprocess_data(image)
            batch_label[i] = rows
            i += 1
        return i

    def _next_made(self) -> tuple[NDArray, np.ndarray]:
        """Return the next image that has boxes, and these, after the augmenters."""
        while True:
            label, encoded = self.next_sample()
            try:
                image = self.imdecode(encoded)
                self.check_valid_image([image])
                image, boxes = self.augmentation_transform(image, self._boxes(label))
                return image, self._usable(boxes)
            except _WithoutBox as error:
                logging.debug("%s; it is left out", error)

    def augmentation_transform(self, data: NDArray, label: Any = None) -> Any:
        """Return an image and its boxes passed through the augmenters."""
        for one in self.det_auglist:
            data, label = one(data, label)
        return data, label

    # ---- shapes

    def reshape(self, data_shape: tuple[int, int, int] | None = None,
                label_shape: tuple[int, int] | None = None) -> None:  # fmt: skip
        """Change the shape of images, or of labels: more rows than there are objects."""
        if data_shape is not None:
            self.check_data_shape(data_shape)
            self.provide_data = [(self.provide_data[0][0], (self.batch_size, *data_shape))]
            self.data_shape = data_shape
        if label_shape is not None:
            self.check_label_shape(label_shape)
            self.provide_label = [(self.provide_label[0][0], (self.batch_size, *label_shape))]
            self.label_shape = label_shape

    def check_label_shape(self, label_shape: Sequence[int]) -> None:
        """Raise ``ValueError`` for fewer rows, or other columns, than labels have."""
        if len(label_shape) != 2 or label_shape[0] < self.label_shape[0] or label_shape[1] != self.label_shape[1]:
            rows, columns = self.label_shape
            raise ValueError(f"ImageDetIter: label_shape={tuple(label_shape)}; needs ({rows} or more, {columns})")

    def sync_label_shape(self, it: "ImageDetIter", verbose: bool = False) -> "ImageDetIter":
        """Give both iterators as many rows of labels as the one with more has; return the other.

        Raises
        ------
        ValueError
            If objects of the two have different widths.
        """
        most = max(self.label_shape[0], it.label_shape[0])
        shape = most, self.label_shape[1]
        if verbose and self.label_shape[0] != it.label_shape[0]:
            logging.info("label_shape is (%d, %d) for both", *shape)
        it.reshape(None, shape)
        self.reshape(None, shape)
        return it

    def draw_next(self, color: Sequence[int] | None = None, thickness: int = 2, mean: Any = None, std: Any = None,
                  clip: bool = True, waitKey: Any = None, window_name: str = "draw_next",
                  id2labels: Any = None) -> Iterator[np.ndarray]:  # fmt: skip
        """Yield each image with its boxes drawn, (H, W, 3), uint8, red first (MXNet's are blue first).

        Parameters
        ----------
        color : red, green and blue; by default one for each class.
        mean, std : what the augmenters took off and divided by; True for ImageNet's.
        waitKey, window_name : accepted for MXNet's programs, without effect: no window is opened.
        id2labels : the names of classes by number.
        """
        from PIL import Image, ImageDraw

        while True:
            try:
                made, boxes = self._next_made()
            except StopIteration:
                return
            values = made.asnumpy().astype(np.float64)
            values *= _STD if std is True else 1 if std is None else std
            values += _MEAN if mean is True else 0 if mean is None else mean
            image = Image.fromarray((values.clip(0, 255) if clip else values).astype(np.uint8))
            pen = ImageDraw.Draw(image)
            size = np.array([image.width, image.height] * 2)
            for label, *corners in boxes[:, :5].tolist():
                paint = tuple(color) if color else tuple(int(97 * (label + 1) * k) % 256 for k in (1, 3, 7))
                place = (np.array(corners) * size).astype(int).tolist()
                pen.rectangle(place, outline=paint, width=thickness)
                if id2labels and int(label) in id2labels:
                    pen.text((place[0] + 5, place[1] + 5), str(id2labels[int(label)]), fill=(255, 255, 255))
            yield np.asarray(image)


class _WithoutBox(Exception):
    """An image has no box."""
