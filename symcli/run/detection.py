"""Asking a detector: image files in, boxes in their pixels out."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from symcli.data.images import decode
from symcli.detect.found import Found, in_pixels, placement
from symcli.detect.mtcnn import Network, find_faces
from symcli.detect.network import detections
from symcli.errors import DataError, MXNetError, suggest
from symcli.run.cascade import Cascade, open_networks, read_cascade
from symcli.run.inputs import Unreadable
from symcli.run.model import Model, open_model
from symcli.run.model_files import is_model
from symcli.run.prediction import predict
from symcli.run.preprocessing import Preprocessing, undeclared, undeclared_note

__all__ = ["Chosen", "Detector", "FaceDetector", "Picture", "SingleShotDetector", "open_detector"]


class Chosen(NamedTuple):
    """Which boxes are wanted.

    Attributes
    ----------
    least : the score below which boxes are left out.
    nms : the overlap from which the worse of two boxes is left out; None for the network's own.
    most : how many of the most certain of an image are kept.
    classes : the numbers of the classes; None for all.
    """

    least: float = 0.5
    nms: float | None = None
    most: int | None = None
    classes: Sequence[int] | None = None


@dataclass
class Picture:
    """An image file; what was read of it stays until its boxes are known."""

    name: str
    path: str
    pixels: np.ndarray | None = None

    def read(self, colour: bool) -> tuple[np.ndarray, ...]:
        """Return the image as an array, and keep it.

        Raises
        ------
        DataError
            If it cannot be read.
        """
        self.pixels = decode(self.path, colour)
        return (self.pixels,)

    def taken(self) -> np.ndarray:
        """Return the image, and keep it no longer."""
        pixels, self.pixels = self.pixels, None
        assert pixels is not None
        return pixels


class Detector(Protocol):
    """What finds objects in pictures."""

    name: str
    classes: tuple[str, ...]
    notes: list[str]

    def find(self, pictures: Sequence[Picture], chosen: Chosen, batch_size: int) -> Iterator[Found | Unreadable]:
        """Yield what was found in each picture, in their order; those that cannot be read at the end of their batch."""
        ...


def open_detector(text: str, overrides: Sequence[str] = (), preprocessing: Preprocessing | None = None) -> Detector:
    """Return the detector of a model, or of a file that names a cascade.

    Raises
    ------
    MXNetError
        If there is none, or it finds no boxes.
    """
    if text.endswith((".yaml", ".yml", ".json")) and not is_model(text):
        return FaceDetector(text, read_cascade(text, overrides))
    return SingleShotDetector(open_model(text), preprocessing)


class SingleShotDetector:
    """A network that ends in ``MultiBoxDetection``, in its form for training or for use."""

    def __init__(self, model: Model, preprocessing: Preprocessing | None = None):
        detections(model.symbol)
        self._model = model
        self.name, self.classes = model.name, model.classes
        self._preprocessing = preprocessing or model.preprocessing or undeclared(model.image_size)
        declared = "--transform" if preprocessing else model.declared
        declared = declared or undeclared_note(model.image_size)
        self.notes = [f"preprocessing: {self._preprocessing.text()}  ({declared})"]

    def find(self, pictures: Sequence[Picture], chosen: Chosen, batch_size: int) -> Iterator[Found | Unreadable]:
        """Yield what was found in each picture."""
        changed: dict[str, Any] = {} if chosen.nms is None else {"nms_threshold": chosen.nms}
        symbol = detections(self._model.symbol, threshold=chosen.least, **changed)
        transforms = self._preprocessing.make()
        places: dict[tuple[int, int], Any] = {}
        waiting = deque(pictures)
        for answer in predict(self._model, pictures, self._preprocessing, batch_size, symbol):  # type: ignore[arg-type]
            if isinstance(answer, Unreadable):
                yield answer
                continue
            picture = waiting.popleft()
            while picture.name != answer.name:  # what cannot be read is told later
                picture = waiting.popleft()
            pixels = picture.taken()
            height, width = pixels.shape[:2]
            if (width, height) not in places:
                places[width, height] = placement(transforms, width, height)
            rows = in_pixels(answer.outputs[0], places[width, height], width, height, chosen.classes, chosen.least,
                             chosen.most)  # fmt: skip
            yield Found(picture.name, width, height, rows, pixels=pixels)


@dataclass
class FaceDetector:
    """The MTCNN cascade."""

    name: str
    cascade: Cascade
    classes: tuple[str, ...] = ("face",)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._networks: list[Network]
        self._networks, used, missing = open_networks(self.cascade)
        self.notes.append(f"networks: {', '.join(used)}")
        if missing:
            self.notes.append(f"not there, and left out: {', '.join(missing)}; more boxes are wrong without")

    def find(self, pictures: Sequence[Picture], chosen: Chosen, batch_size: int) -> Iterator[Found | Unreadable]:
        """Yield what was found in each picture."""
        for picture in pictures:
            try:
                (pixels,) = picture.read(True)
            except DataError as error:
                yield Unreadable(picture.name, str(error).removeprefix(f"{picture.path}: "))
                continue
            cascade = self.cascade
            boxes, points = find_faces(pixels, self._networks, cascade.thresholds, cascade.min_face, cascade.factor)
            height, width = pixels.shape[:2]
            kept = np.nonzero(boxes[:, 4] >= chosen.least)[0][: chosen.most]
            rows = np.column_stack([np.zeros(len(kept)), boxes[kept, 4], boxes[kept, :4]])
            rows[:, 2:] = rows[:, 2:].clip(0, np.tile([width, height], 2))
            yield Found(picture.name, width, height, rows, None if points is None else points[kept], pixels)


def class_numbers(names: Sequence[str], classes: Sequence[str]) -> list[int]:
    """Return the numbers of classes.

    Raises
    ------
    MXNetError
        If there is none of a name.
    """
    for name in names:
        if name not in classes:
            hint = suggest(name, classes) or f"classes: {', '.join(classes) or 'the model names none'}"
            raise MXNetError(f"there is no class {name!r}; {hint}")
    return [classes.index(name) for name in names]
