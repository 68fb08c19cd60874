"""A run's curves as SVG: a panel for each metric, with the values on training and validation data by epoch."""

import math
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

__all__ = ["curves_svg"]

WIDTH, HEIGHT = 640, 240  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 32, 36  # around its plot
COLOURS = {"train": "#1f5fa8", "valid": "#d1601a"}  # blue and orange differ for all eyes
MARKS = 40  # epochs up to which each value has a dot

Points = list[tuple[float, float]]


def curves_svg(history: Sequence[Mapping[str, Any]], title: str, best: Mapping[str, Any] | None = None) -> str:
    """Return a drawing of what was measured.

    Parameters
    ----------
    history : the epochs of ``metrics.jsonl``.
    best : the epoch of ``best.json``; a dashed line marks it in the panel of its metric.
    """
    names = list(dict.fromkeys(name for epoch in history for split in COLOURS for name in epoch.get(split, {})))
    panels = [_panel(history, name, i * HEIGHT + 24, best) for i, name in enumerate(names)]
    height = 24 + HEIGHT * max(len(names), 1)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14" font-weight="bold">{escape(title)}</text>',
        *panels,
        "</svg>\n",
    ])  # fmt: skip


def _panel(history: Sequence[Mapping[str, Any]], name: str, top: float, best: Mapping[str, Any] | None) -> str:
    lines = {split: [(epoch["epoch"], epoch[split][name]) for epoch in history if _known(epoch, split, name)]
             for split in COLOURS}  # fmt: skip
    points = [point for line in lines.values() for point in line]
    if not points:
        return f'<text x="{LEFT}" y="{top + TOP}">{escape(name)}: no finite value</text>'
    last = max(epoch["epoch"] for epoch in history)
    ticks = _ticks(min(y for _, y in points), max(y for _, y in points), 5)
    low, high = ticks[0], ticks[-1]

    def x(epoch: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (0.5 if last == 1 else (epoch - 1) / (last - 1))

    def y(value: float) -> float:
        return top + HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low)

    parts = [f'<text x="{LEFT}" y="{top + 22}" font-weight="bold">{escape(name)}</text>']
    for tick in ticks:
        parts.append(f'<path d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}" stroke="#e3e3e3"/>'
                     f'<text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:.6g}</text>')  # fmt: skip
    parts.append(f'<text x="{LEFT - 8}" y="{top + HEIGHT - BOTTOM + 18}" text-anchor="end" fill="#666">epoch</text>')
    for epoch in _epochs(last):
        parts.append(f'<text x="{x(epoch):.1f}" y="{top + HEIGHT - BOTTOM + 18}" text-anchor="middle">{epoch}</text>')
    if best is not None and best["metric"] == name:
        parts.append(f'<path d="M{x(best["epoch"]):.1f} {y(high):.1f}V{y(low):.1f}" stroke="#888" '
                     'stroke-dasharray="4 3"/>'
                     f'<text x="{x(best["epoch"]) + 5:.1f}" y="{y(low) - 6:.1f}" fill="#666">best</text>')  # fmt: skip
    legend = WIDTH - RIGHT
    for split, line in reversed(lines.items()):
        if line:
            parts += _line([(x(epoch), y(value)) for epoch, value in line], COLOURS[split])
            shown = f"{split} {line[-1][1]:.4g}"
            parts.append(f'<text x="{legend}" y="{top + 22}" text-anchor="end" fill="{COLOURS[split]}">{shown}</text>')
            legend -= 8 * len(shown) + 8
    return "\n".join(parts)


def _known(epoch: Mapping[str, Any], split: str, name: str) -> bool:
    value = epoch.get(split, {}).get(name)
    return value is not None and math.isfinite(value)


def _line(points: Points, colour: str) -> list[str]:
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    drawn = [f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.8" stroke-linejoin="round"/>']
    if len(points) <= MARKS:
        drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{colour}"/>' for x, y in points]
    return drawn


def _ticks(low: float, high: float, count: int) -> list[float]:
    """Return round numbers, about ``count``, the first not above ``low`` and the last not below ``high``."""
    if high - low < 1e-12 * max(abs(low), abs(high), 1e-300):
        low, high = low - abs(low or 1) / 2, high + abs(high or 1) / 2
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, max(last, first + 1) + 1)]


def _epochs(last: int) -> list[int]:
    """Return the epochs that are named on the axis: the first, the last, and round ones between."""
    step = max(1, round(_ticks(0, last, 8)[1]))
    middle = [epoch for epoch in range(step, last, step) if 1 < epoch <= last - step / 2]
    return [1, *middle, last] if last > 1 else [1]
