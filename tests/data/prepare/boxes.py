"""Small downloads of images with boxes for tests: VOC, COCO and YOLO."""

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["coco", "jpeg", "objects_of", "voc", "voc_xml", "yolo"]

OBJECT = "<object><name>{}</name><difficult>{}</difficult><bndbox>{}</bndbox></object>"
SIDES = ("xmin", "ymin", "xmax", "ymax")


def jpeg(number=0, size=(40, 30), orientation=1, form="jpeg") -> bytes:
    """Return a grey image of a size (width, height) as it is stored."""
    file = io.BytesIO()
    image = Image.fromarray(np.full((size[1], size[0], 3), number % 256, np.uint8))
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(file, form, exif=exif)
    return file.getvalue()


def voc_xml(objects, size=(40, 30)) -> str:
    """Return an annotation of objects (name, difficult, xmin, ymin, xmax, ymax)."""
    width, height = size
    parts = [f"<size><width>{width}</width><height>{height}</height><depth>3</depth></size>"]
    for name, difficult, *corners in objects:
        box = "".join(f"<{side}>{value}</{side}>" for side, value in zip(SIDES, corners, strict=True))
        parts.append(OBJECT.format(name, difficult, box))
    return f"<annotation>{''.join(parts)}</annotation>"


def voc(folder: Path, images, splits=None) -> Path:
    """Write a folder as of VOC: ``images`` is {stem: (objects, size of the annotation, bytes of the image)}."""
    for name in ("Annotations", "JPEGImages", "ImageSets/Main"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for stem, (objects, size, data) in images.items():
        (folder / "Annotations" / f"{stem}.xml").write_text(voc_xml(objects, size))
        (folder / "JPEGImages" / f"{stem}.jpg").write_bytes(data)
    for name, stems in (splits or {}).items():
        (folder / "ImageSets" / "Main" / f"{name}.txt").write_text("".join(f"{stem}\n" for stem in stems))
    return folder


def coco(folder: Path, annotations, categories=((7, "dog"), (3, "cat")), size=(40, 30), split="val2017") -> Path:
    """Write a folder as of COCO with one image: annotations (category, x, y, width, height, crowd)."""
    (folder / "annotations").mkdir(parents=True)
    (folder / split).mkdir()
    (folder / split / "000001.jpg").write_bytes(jpeg(1, size))
    (folder / split / "000002.jpg").write_bytes(jpeg(2, size))
    images = [{"id": 10 + i, "file_name": f"00000{i}.jpg", "width": size[0], "height": size[1]} for i in (1, 2)]
    entries = [{"id": i, "image_id": 11, "category_id": category, "bbox": box, "iscrowd": crowd}
               for i, (category, *box, crowd) in enumerate(annotations)]  # fmt: skip
    tree = {"images": images, "annotations": entries, "categories": [{"id": i, "name": name} for i, name in categories]}
    (folder / "annotations" / f"instances_{split}.json").write_text(json.dumps(tree))
    return folder


def yolo(folder: Path, labels, names="names: [cat, dog]\n", size=(40, 30)) -> Path:
    """Write a folder as of YOLO: ``labels`` is {split: {stem: text of its label file, or None for no file}}."""
    for split, texts in labels.items():
        for part in ("images", "labels"):
            (folder / part / split).mkdir(parents=True)
        for number, (stem, text) in enumerate(texts.items()):
            (folder / "images" / split / f"{stem}.jpg").write_bytes(jpeg(number, size))
            if text is not None:
                (folder / "labels" / split / f"{stem}.txt").write_text(text)
    if names:
        (folder / "data.yaml").write_text(names)
    return folder


def objects_of(folder, split):
    """Return {image: rows} of a prepared split, to five digits."""
    from symcli.data.detection_list import read_classes, read_list

    images = read_list(str(folder), split, read_classes(str(folder)))
    return {Path(image.path).name: image.objects.round(5).tolist() for image in images}
