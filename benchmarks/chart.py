"""Bar charts as SVG, by string building: two panels of ratios, readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LEFT, _RIGHT = 760, 220, 160
_ROW, _BAR, _HEAD = 30, 18, 56
_STYLE = """
  .page { fill: #ffffff } text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 } .note { fill: #59636e; font-size: 12px }
  .coo { fill: #1f6feb } .other { fill: #8c959f } .axis { stroke: #d1d9e0; stroke-width: 1 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #f0f6fc } .note { fill: #9198a1 } .axis { stroke: #3d444d }
    .other { fill: #656c76 } .coo { fill: #388bfd } }
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, its value, what is written behind it; coo's own bars are told from the others."""

    name: str
    value: float
    label: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A group of bars with a heading; on a logarithmic scale where `log`."""

    title: str
    note: str
    bars: Sequence[Bar]
    log: bool = False


def draw(panels: Sequence[Panel]) -> str:
    """Give the picture of all panels, one below the other."""
    out, top = [], 10
    for panel in panels:
        out += _panel(panel, top)
        top += _HEAD + _ROW * len(panel.bars) + 24
    said = "; ".join(f"{bar.name}: {bar.label}" for panel in panels for bar in panel.bars)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}"',
        f' role="img" aria-label="{escape(said)}">', f"<style>{_STYLE}</style>",
        f'<rect class="page" width="{_WIDTH}" height="{top}"/>', *out, "</svg>", "",
    ])  # fmt: skip


def _panel(panel: Panel, top: int) -> list[str]:
    room = _WIDTH - _LEFT - _RIGHT
    out = [
        f'<text class="title" x="16" y="{top + 18}">{escape(panel.title)}</text>',
        f'<text class="note" x="16" y="{top + 38}">{escape(panel.note)}</text>',
    ]
    least, most = _ends(panel)
    out += _ticks(panel, top, room, least, most)
    for row, bar in enumerate(panel.bars):
        y = top + _HEAD + row * _ROW
        size = max(_share(panel, bar.value, least, most) * room, 2)
        out += [
            f'<text x="{_LEFT - 10}" y="{y + 14}" text-anchor="end">{escape(bar.name)}</text>',
            f'<rect class="{"coo" if bar.own else "other"}" x="{_LEFT}" y="{y}" '
            f'width="{size:.1f}" height="{_BAR}" rx="2"/>',
            f'<text x="{_LEFT + size + 8:.1f}" y="{y + 14}">{escape(bar.label)}</text>',
        ]
    return out


def _ends(panel: Panel) -> tuple[float, float]:
    values = [bar.value for bar in panel.bars]
    if not panel.log:
        return 0.0, max(values)
    return 10 ** math.floor(math.log10(min(values))) / 2, max(values)


def _share(panel: Panel, value: float, least: float, most: float) -> float:
    if panel.log:
        return math.log(value / least) / math.log(most / least)
    return value / most


def _ticks(panel: Panel, top: int, room: int, least: float, most: float) -> list[str]:
    if panel.log:
        low, high = math.ceil(math.log10(least)), math.floor(math.log10(most))
        at = [10.0**power for power in range(low, high + 1)]
    else:
        step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**9) if most / s <= 8)
        at = [float(step * place) for place in range(int(most / step) + 1)]
    out, bottom = [], top + _HEAD + _ROW * len(panel.bars) - 4
    for value in at:
        x = _LEFT + _share(panel, value, least, most) * room
        out += [
            f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{top + _HEAD - 6}" y2="{bottom}"/>',
            f'<text class="note" x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{value:g}×</text>',
        ]
    return out
