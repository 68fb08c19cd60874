"""Precision and recall of each class as a picture and as JSON."""

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from symcli.detect.average_precision import ClassPrecision
from symcli.detect.drawing import colour

__all__ = ["precision_recall_json", "precision_recall_svg"]

SIDE = 360  # pixels of the plot
LEFT, TOP, BOTTOM, LEGEND = 56, 40, 44, 230  # around it; the legend stands at its right
_LINE = 20
_MOST = 20  # classes that the legend names


def precision_recall_svg(classes: Mapping[str, ClassPrecision], title: str) -> str:
    """Return a drawing of precision over recall, a line a class; the legend has each class's average precision."""
    height = TOP + max(SIDE + BOTTOM, _LINE * (min(len(classes), _MOST) + 2))
    width = LEFT + SIDE + LEGEND
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="14" font-weight="bold">{escape(title)}</text>',
    ]
    for i in range(6):
        at, share = SIDE * i / 5, f"{i / 5:.1f}"
        parts.append(f'<path d="M{LEFT} {TOP + SIDE - at:g}h{SIDE}M{LEFT + at:g} {TOP}v{SIDE}" stroke="#e3e3e3"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{TOP + SIDE - at + 4:g}" text-anchor="end">{share}</text>')
        parts.append(f'<text x="{LEFT + at:g}" y="{TOP + SIDE + 18}" text-anchor="middle">{share}</text>')
    parts.append(f'<text x="{LEFT + SIDE / 2}" y="{TOP + SIDE + 36}" text-anchor="middle">recall</text>')
    parts.append(f'<text transform="translate(16 {TOP + SIDE / 2}) rotate(-90)" text-anchor="middle">precision</text>')
    for number, (name, one) in enumerate(classes.items()):
        paint = "#{:02x}{:02x}{:02x}".format(*(round(0.85 * part) for part in colour(number)))
        if one.truths and one.detections:
            parts.append(f'<path d="{_path(one)}" fill="none" stroke="{paint}" stroke-width="1.8"/>')
        if number < _MOST:
            y = TOP + _LINE * number + 12
            value = f"{one.average_precision:.3f}" if one.truths else "no boxes"
            parts.append(f'<path d="M{LEFT + SIDE + 16} {y - 4}h18" stroke="{paint}" stroke-width="3"/>'
                         f'<text x="{LEFT + SIDE + 40}" y="{y}">{escape(name)} {value}</text>')  # fmt: skip
    if len(classes) > _MOST:
        parts.append(
            f'<text x="{LEFT + SIDE + 40}" y="{TOP + _LINE * _MOST + 12}">and {len(classes) - _MOST} more</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


def _path(one: ClassPrecision) -> str:
    """Return the line of a class, without points that lie between others of the same recall."""
    recall, precision = one.recall, one.precision
    turns = np.ones(len(recall), bool)
    turns[1:-1] = (recall[1:-1] != recall[:-2]) | (recall[1:-1] != recall[2:])
    points = zip(LEFT + SIDE * recall[turns], TOP + SIDE * (1 - precision[turns]), strict=True)
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def precision_recall_json(classes: Mapping[str, ClassPrecision], title: str) -> str:
    """Return the same numbers as a JSON document: a point for each detection, the most certain first."""

    def plain(one: ClassPrecision) -> dict[str, Any]:
        return {
            "boxes": one.truths, "detections": one.detections,
            "average_precision": one.average_precision if one.truths else None,
            "recall": one.recall.round(6).tolist() if one.truths else [], "precision": one.precision.round(6).tolist(),
            "score": one.scores.round(6).tolist(),
        }  # fmt: skip

    answer = {"schema": 1, "title": title, "classes": {name: plain(one) for name, one in classes.items()}}
    return json.dumps(answer, indent=1, ensure_ascii=False) + "\n"
