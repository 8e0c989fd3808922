"""Bytes of a log as given -> clean lines: no timestamps, prefixes (BuildKit's too), ANSI codes, BOMs, returns.

Formats (seen in real logs): a runner's raw job log (`2026-11-22T10:00:00.1234567Z text`), `gh run view --log`
(`job<TAB>step<TAB>timestamp text`, continuation lines without a prefix), and plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from coo.core.automaton import Finder

BLOCK = 1 << 20
MAX_LINE = 16_384
"""Bytes of one line that are looked at; the middle of a longer one is cut."""
_HEAD, _TAIL = 12_288, 4_032

_STAMP = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z"
_MARKED = rb"(?:[\x80-\xff]{2,12}\??)?" + _STAMP.replace(rb"\d{4}", rb"\d{3,4}", 1) + rb" ?"
"""A timestamp behind a BOM, as it is or as code pages of consoles spoil it (one of them swallows the first digit)."""
_RAW = re.compile(_MARKED)
_GH = re.compile(rb"(?:\xef\xbb\xbf)?([^\t\n]{1,400})\t([^\t\n]{0,400})\t(?:\xef\xbb\xbf)?(?:" + _MARKED + rb")?")
_ANSI = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movement
    rb"|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # OSC: titles, hyperlinks
    rb"|\x1b[PX^_][^\x1b\n]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    rb"|\x1b[()*+#%][0-9A-Za-z]"  # character sets
    rb"|\x1b[0-~]?"
)
"""No match reaches over a newline: the pattern runs over many lines at once."""
_CARET = re.compile(rb"\^\[\[[0-?]*[ -/]*[@-~]")
_RETURNS = re.compile(rb"(?<!\r)\r++(?=\n)")
"""NOTE: the lookbehind keeps a million returns that no newline follows from a million starts."""
_COPIED = re.compile(rb"^Error: (Process completed with exit code \d+\.)", re.MULTILINE)
"""How GitHub's page shows the runner's `##[error]` line, and so how people copy it."""
_BUILDKIT = re.compile(rb"^#\d{1,5} \d{1,7}\.\d{1,6} (?!##\[)", re.MULTILINE)
"""BuildKit's own mark on each line that a step of a Dockerfile prints: the step's number and its seconds.

NOTE: not before a runner's marker, so that an image's build cannot begin groups and steps of the job.
"""
_BUILDKIT_TAIL = re.compile(rb"(?<=\n) > [^\n]*:\n(?:\d{1,7}\.\d{1,6} [^\n]*\n)+(?=------)")
"""The last lines of the step that failed, which BuildKit prints once more, each behind its seconds."""
_SECONDS = re.compile(rb"^\d{1,7}\.\d{1,6} (?!##\[)", re.MULTILINE)
_STAMPED = Finder(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")


@dataclass(slots=True)
class Cleaned:
    """Clean text and where its lines come from.

    `text`: UTF-8, one line for each `\\n`; `origins`: (line index, job, step) where the prefix changes;
    `joined`: indexes of lines that continue the input line of the line before (progress bars with CR).
    """

    text: bytes
    origins: list[tuple[int, str | None, str | None]] = field(default_factory=list)
    joined: list[int] = field(default_factory=list)
    long_lines: int = 0
    invalid_utf8: int = 0


def clean(data: bytes) -> Cleaned:
    """Clean a decoded log. Linear in its size; line numbers of the input can be told from the result."""
    if b"\nError: Process completed with" in data and b"##[" not in data:
        data = _COPIED.sub(rb"##[error]\1", data)
    done = Cleaned(b"")
    cleaner = _Cleaner(done)
    done.text = b"\n".join(cleaner.block(block) for block in _blocks(data))
    return done


def _blocks(data: bytes) -> Iterator[bytes]:
    """Line-aligned pieces, each without its last newline."""
    start, size = 0, len(data)
    if data.endswith(b"\n"):
        size -= 1
    while start <= size:
        stop = size if size - start <= BLOCK else data.find(b"\n", start + BLOCK, size)
        stop = size if stop < 0 else stop
        yield data[start:stop]
        start = stop + 1


class _Cleaner:
    def __init__(self, done: Cleaned) -> None:
        self.done = done
        self.prefix = b"\x00"  # cannot begin a line: NULs are taken out first
        self.count = 0

    def block(self, block: bytes) -> bytes:
        block = self.valid(block)
        if b"\x00" in block or b"\x0b" in block:
            block = block.translate(None, b"\x00").replace(b"\x0b", b" ")
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").rstrip(b"\r")
            if b"\r\n" in block:
                block = _RETURNS.sub(b"", block)
        lines = block.split(b"\n")
        if max(map(len, lines)) > MAX_LINE:
            lines = [self.cap(line) if len(line) > MAX_LINE else line for line in lines]
        lines = self.strip(block, lines)
        text = b"\n".join(lines)
        if b"\x1b" in block:
            text = _ANSI.sub(b"", text)
        if b"^[[" in block:
            text = _CARET.sub(b"", text)
        if text.startswith(b"#") or b"\n#" in text:
            text = _without_buildkit(text)
        if b"\xef\xbb\xbf" in block:
            text = text.replace(b"\xef\xbb\xbf", b"")
        count = len(lines)
        if b"\r" in block:
            lines = self.split_returns(text.split(b"\n"))
            text, count = b"\n".join(lines), len(lines)
        self.count += count
        return text

    def valid(self, block: bytes) -> bytes:
        """Give valid UTF-8; what is not becomes U+FFFD. A newline is never a part of a longer character."""
        if not block.isascii():
            try:
                block.decode("utf-8")
            except UnicodeDecodeError:
                self.done.invalid_utf8 = 1
                return block.decode("utf-8", "replace").encode()
        return block

    def cap(self, line: bytes) -> bytes:
        self.done.long_lines += 1
        head = line[:_HEAD].decode("utf-8", "ignore").encode()
        tail = line[-_TAIL:].decode("utf-8", "ignore").encode()
        return head + b" [...] " + tail

    def strip(self, block: bytes, lines: list[bytes]) -> list[bytes]:
        """Take timestamps, and `job<TAB>step<TAB>` prefixes, off."""
        if b"\t" in block and any(map(_GH.match, lines[:200])) and _is_gh(lines):
            return self.strip_gh(lines)
        if _STAMPED.start(block) < 0:
            return lines
        return [
            line[29:] if line[27:29] == b"Z " and line[10] == 84 else _without_stamp(line)  # 84: "T"
            for line in lines
        ]

    def strip_gh(self, lines: list[bytes]) -> list[bytes]:
        out, prefix = [], self.prefix
        size = len(prefix)
        for index, line in enumerate(lines):
            if line.startswith(prefix):
                rest = line[size:]
            else:
                match = _GH.match(line)
                if match is None:  # a continuation: it belongs to the line before
                    out.append(_without_stamp(line))
                    continue
                prefix = match[1].removeprefix(b"\xef\xbb\xbf") + b"\t" + match[2] + b"\t"
                size = len(prefix)
                rest = line[match.end(2) + 1 :]
                self.origin(index, match[1], match[2])
            out.append(rest[29:] if rest[27:29] == b"Z " and rest[10] == 84 else _without_stamp(rest))
        self.prefix = prefix
        return out

    def origin(self, index: int, job: bytes, step: bytes) -> None:
        name = step.decode("utf-8", "replace").strip()
        self.done.origins.append(
            (self.count + index, job.decode("utf-8", "replace").strip(), None if name in ("UNKNOWN STEP", "") else name)
        )

    def split_returns(self, lines: list[bytes]) -> list[bytes]:
        """Give each state of a progress bar a line of its own, under the number of its input line."""
        out: list[bytes] = []
        shift: list[tuple[int, int]] = []
        for index, line in enumerate(lines):
            if b"\r" not in line:
                out.append(line)
                continue
            parts = [part for part in line.split(b"\r") if part] or [b""]
            self.done.joined.extend(range(self.count + len(out) + 1, self.count + len(out) + len(parts)))
            out.extend(parts)
            shift.append((self.count + index, len(parts) - 1))
        _shift_origins(self.done.origins, self.count, shift)
        return out


def _shift_origins(origins: list[tuple[int, str | None, str | None]], base: int, shift: list[tuple[int, int]]) -> None:
    """Move the origins of this block behind lines that were split."""
    moved = step = 0
    for at, (index, job, name) in enumerate(origins):
        if index < base:
            continue
        while step < len(shift) and shift[step][0] < index:
            moved += shift[step][1]
            step += 1
        origins[at] = (index + moved, job, name)


def _without_stamp(line: bytes) -> bytes:
    match = _RAW.match(line)
    return line[match.end() :] if match else line


def _without_buildkit(text: bytes) -> bytes:
    if b"\n > " in text:
        text = _BUILDKIT_TAIL.sub(lambda tail: _SECONDS.sub(b"", tail[0]), text)
    return _BUILDKIT.sub(b"", text)


def _is_gh(lines: list[bytes]) -> bool:
    """More than a chance tab: two lines that share job and step, or a timestamp behind the second tab."""
    seen = [match for match in map(_GH.match, lines[:200]) if match]
    stamped = sum(1 for match in seen if match.end() > match.end(2) + 1)
    return stamped > 0 and stamped * 4 >= len(lines[:200])
