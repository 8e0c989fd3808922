"""A page of characters: widths counted in terminal cells, fields made harmless, optional colour."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from coo.core.neutralise import ELLIPSIS, terminal_line
from coo.core.redact import redact

_CODES = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "bold": "1", "dim": "2"}
_ASCII = {"✓": "+", "✗": "x", "·": "-", "›": ">", "…": "..."}
_MAX_FIELD = 4_000
_COLONS = re.compile(r"(?<!\S)::+")
_EACH_COLON = re.compile(r":(?=:)")


def cells(text: str) -> int:
    """Terminal cells that `text` takes: a wide character is two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


@dataclass(frozen=True, slots=True)
class Page:
    """How to write: cells a line, whether ANSI colour is wanted, whether the stream can show Unicode."""

    width: int = 80
    colour: bool = False
    unicode: bool = True

    def mark(self, sign: str) -> str:
        """One of our own signs, or its ASCII form."""
        return sign if self.unicode else _ASCII[sign]

    def field(self, text: str) -> str:
        """Text from a log, a model or GitHub: redacted, harmless, on one line, and showable by the stream."""
        shown = terminal_line(redact(text), _MAX_FIELD)
        return shown if self.unicode else self.ascii(shown)

    def ascii(self, text: str) -> str:
        """Text in ASCII: our signs by look-alikes, the rest by its code."""
        for sign, plain in _ASCII.items():
            text = text.replace(sign, plain)
        return text.encode("ascii", "backslashreplace").decode("ascii")

    def paint(self, text: str, colour: str) -> str:
        """`text` in a colour, when colour is wanted. Paint after measuring."""
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self.colour and text else text

    def cut(self, text: str, width: int) -> str:
        """`text` in at most `width` cells, with an ellipsis where it was cut."""
        # Characters without width of their own (combining marks) must not pile up either.
        if cells(text) <= width and len(text) <= 4 * width:
            return text
        end = self.mark(ELLIPSIS)
        return _head(text, max(width - len(end), 0)) + end[: max(width, 0)]

    def wrap(self, text: str, first: str = "", rest: str = "", most: int = 12) -> list[str]:
        """Lines of words: the first after `first`, the others after `rest`; at most `most` of them.

        An address is never broken, so a line with one may be longer than the page.
        """
        # A word that starts with `::` could become the first of a line, where a runner obeys it.
        words = _COLONS.sub(lambda run: " ".join(run[0]), text).split()
        widest = self.width - max(cells(first), cells(rest))
        pieces = [piece for word in words for piece in self._pieces(word, widest)]
        lines, line, room = [], "", self.width - cells(first)
        for word in pieces:
            if line and cells(line) + 1 + cells(word) > room:
                lines.append(line)
                line, room = word, self.width - cells(rest)
            else:
                line = f"{line} {word}" if line else word
        lines.append(line)
        if len(lines) > most:
            lines = [*lines[: most - 1], self.cut(f"{lines[most - 1]} {self.mark(ELLIPSIS)}", room)]
        return [(first if at == 0 else rest) + each for at, each in enumerate(lines)]

    def join(self, parts: Iterable[str], separator: str, rest: str = "  ") -> list[str]:
        """Lines of whole parts: a separator between them, and a new line where the next does not fit."""
        lines: list[str] = []
        for part in parts:
            if lines and cells(lines[-1]) + cells(separator) + cells(part) <= self.width:
                lines[-1] += separator + part
            else:
                lines.append(self.cut(f"{rest if lines else ''}{part}", self.width))
        return lines

    def _pieces(self, word: str, width: int) -> list[str]:
        """A word in pieces that fit; an address stays whole."""
        width = max(width, 8)
        if "://" in word:
            return [word]
        if cells(word) > width and ":::" in word:
            return [piece for part in _EACH_COLON.sub(": ", word).split() for piece in self._pieces(part, width)]
        pieces = []
        while cells(word) > width or len(word) > 4 * width:
            cut = len(_head(word, width))
            cut -= word.startswith("::", cut)  # not at the start of a line, where a runner obeys it
            pieces.append(word[:cut])
            word = word[cut:]
        return [*pieces, word]


def _head(text: str, width: int) -> str:
    """The longest start of `text` that takes at most `width` cells, and at most four characters a cell."""
    text = text[: 4 * width]
    if text.isascii():
        return text[:width]
    used = 0
    for at, char in enumerate(text):
        used += cells(char)
        if used > width:
            text = text[:at]
            break
    while cells(text) > width:  # a sequence may be wider than its characters are one by one
        text = text[:-1]
    return text
