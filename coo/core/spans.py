"""Parts of a text that consist of whole lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Span = tuple[int, int]
"""A part of a text, from whole lines: where it begins and where it ends (without its last newline)."""

BLOCK = 1 << 16
"""Bytes of a block, and then up to the end of its last line."""


def blocks_of(text: bytes) -> Iterator[tuple[int, int]]:
    """Line-aligned pieces of the text: where each begins and ends."""
    start, size = 0, len(text)
    while start < size:
        stop = text.find(b"\n", start + BLOCK) if start + BLOCK < size else size
        stop = size if stop < 0 else stop
        yield start, stop
        start = stop + 1


def lines_at(text: bytes, offsets: Sequence[int]) -> list[Span]:
    """The lines in which some offsets lie, each once, in order."""
    out: list[Span] = []
    end = -1
    for offset in offsets:
        if offset > end:
            end = text.find(b"\n", offset)
            end = len(text) if end < 0 else end
            out.append((text.rfind(b"\n", 0, offset) + 1, end))
    return out


def together(several: Sequence[Sequence[Span]]) -> list[Span]:
    """Spans of several lists as one, in order; where they lie over each other they become one."""
    out: list[Span] = []
    for span in sorted({span for spans in several for span in spans}):
        if out and span[0] <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], span[1]))
        else:
            out.append(span)
    return out
