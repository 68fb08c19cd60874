"""``symcli detect``: boxes of objects in pictures."""

import os
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from symcli.cli.console import write_json
from symcli.cli.options import json_option, screen_options
from symcli.files import replacing

if TYPE_CHECKING:
    from symcli.detect.found import Found
    from symcli.run.detection import Detector

__all__ = ["detect"]


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True,
              help="The score below which boxes are left out.")  # fmt: skip
@click.option("--nms", type=click.FloatRange(0, 1, min_open=True),
              help="The overlap from which the worse of two boxes is left out; by default the network's.")  # fmt: skip
@click.option("--top", type=click.IntRange(1), help="How many of the most certain boxes of an image are kept.")
@click.option("--classes", metavar="NAME,...", help="Only boxes of these classes.")
@click.option("--draw", "folder", metavar="DIR", help="Write the images with their boxes to a folder.")
@click.option("--coco", "target", metavar="OUT.json", help="Write the boxes as COCO's results.")
@click.option("--transform", "--transforms", "transforms", metavar="LIST",
              help="What becomes of images, as in jobs: [{resize: 300}, to_tensor].")  # fmt: skip
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Replace a value of a cascade's file.")
@click.option("--batch-size", type=click.IntRange(1), default=16, show_default=True, help="Images computed at once.")
@screen_options
@json_option
def detect(model: str, images: tuple[str, ...], threshold: float, nms: float | None, top: int | None,
           classes: str | None, folder: str | None, target: str | None, transforms: str | None,
           overrides: tuple[str, ...], batch_size: int, quiet: bool, verbose: bool, no_progress: bool,
           as_json: bool) -> int:  # fmt: skip
    """Find objects in image files, folders of them, or globs; `-` reads their names from standard input.

    MODEL is a run, runs/JOB/1, the PREFIX of MXNet's files (a network with MultiBoxDetection, in its form for training
    or for use), a model.tar.gz of these or its folder, or a file that names the networks of a cascade,
    configs/cascades/mtcnn.yaml. Boxes are in the pixels of the image. What cannot be read is named and left out; the
    exit code is 1 then.
    """
    from symcli.cli.screen import Screen
    from symcli.run.detection import Chosen, Picture, class_numbers, open_detector
    from symcli.run.inputs import Unreadable, list_inputs
    from symcli.run.preprocessing import read_transforms

    screen = Screen(quiet, verbose, not no_progress)
    detector = open_detector(model, overrides, read_transforms(transforms) if transforms else None)
    for line in (f"model: {detector.name}", *detector.notes):
        screen.say(line)
    wanted = class_numbers([name.strip() for name in classes.split(",")], detector.classes) if classes else None
    listed = list(list_inputs(_names(images), ("data",)))
    skipped = [one for one in listed if isinstance(one, Unreadable)]
    pictures = []
    for one in listed:
        if not isinstance(one, Unreadable):
            if one.arrays:
                raise click.UsageError(f"{one.path}: is no image; detect takes image files")
            pictures.append(Picture(one.name, one.path))
    found: list[Found] = []
    begin, drawn = time.perf_counter(), _Drawing(folder, detector)
    with screen.compilation():
        for answer in detector.find(pictures, Chosen(threshold, nms, top, wanted), batch_size) if pictures else ():
            if isinstance(answer, Unreadable):
                skipped.append(answer)
            else:
                drawn.add(answer)
                found.append(answer._replace(pixels=None))
            screen.count(len(found) + len(skipped), len(listed), "detecting")
    screen.close()
    seconds = time.perf_counter() - begin
    if target is not None:
        _write_results(target, found, detector)
    if as_json:
        write_json(_plain(detector, found, [one._asdict() for one in skipped]))
    else:
        for image in found:
            click.echo(_line(image, detector))
    if found:
        boxes = sum(len(one.rows) for one in found)
        counts = f"{len(found):,} image{'s' * (len(found) != 1)}, {boxes:,} box{'es' * (boxes != 1)}"
        screen.say(f"{counts}, {len(found) / seconds:.1f} images/s")
    for one in skipped:
        click.echo(f"skipped: {one.name}: {one.reason}", err=True)
    return 1 if skipped else 0


def _names(images: tuple[str, ...]) -> list[str]:
    """Return the names of images; ``-`` stands for the lines of standard input."""
    names: list[str] = []
    for name in images:
        names += [line.strip() for line in sys.stdin if line.strip()] if name == "-" else [name]
    return names


class _Drawing:
    """Writes images with their boxes to a folder, if there is one."""

    def __init__(self, folder: str | None, detector: "Detector"):
        self._folder, self._classes = folder, detector.classes
        self._taken: Counter[str] = Counter()
        if folder is not None:
            os.makedirs(folder, exist_ok=True)

    def add(self, found: "Found") -> None:
        """Draw one; of two images of one name the second is called ``name-2``."""
        if self._folder is None:
            return
        from symcli.data.images import encoded
        from symcli.detect.drawing import draw

        stem, ending = os.path.splitext(os.path.basename(found.path))
        self._taken[stem] += 1
        stem += f"-{self._taken[stem]}" if self._taken[stem] > 1 else ""
        ending = ".png" if ending.lower() == ".png" else ".jpg"
        with replacing(os.path.join(self._folder, stem + ending)) as file:
            file.write(encoded(draw(found, self._classes), 6 if ending == ".png" else 90, ending))


def _line(image: "Found", detector: "Detector") -> str:
    """Return what is said of an image: how many of what."""
    from symcli.detect.found import class_name

    counts = Counter(class_name(detector.classes, int(label)) for label in image.rows[:, 0])
    return f"{image.path}: {', '.join(f'{count} {name}' for name, count in sorted(counts.items())) or 'nothing'}"


def _write_results(target: str, found: "list[Found]", detector: "Detector") -> None:
    import json

    from symcli.detect.found import coco_results

    with replacing(target) as file:
        file.write((json.dumps(coco_results(found, detector.classes), indent=1, ensure_ascii=False) + "\n").encode())


def _plain(detector: "Detector", found: "list[Found]", skipped: list[dict[str, Any]]) -> dict[str, Any]:
    from symcli.detect.found import coco_results, image_id

    return {
        "model": detector.name, "classes": list(detector.classes),
        "images": [
            {"id": image_id(one.path, number), "file_name": one.path, "width": one.width, "height": one.height}
            for number, one in enumerate(found, 1)
        ],
        "detections": coco_results(found, detector.classes),
        "skipped": skipped,
    }  # fmt: skip
