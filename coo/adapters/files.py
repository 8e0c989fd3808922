"""Inputs of `coo classify` and `coo excerpt`: files, archives, folders, standard input -> logs."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from coo.adapters.archive import is_zip, read_archive
from coo.core.errors import CooError, InputError
from coo.core.logs import MAX_BYTES, Log, read_log

SUFFIXES = (".log", ".txt", ".out", ".gz", ".zip")
"""File names that are taken for logs in a folder; a file that is named is always read."""
MAX_FILES = 20_000
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Input:
    """A log to classify: `name` as shown, `path` None for standard input."""

    name: str
    path: Path | None


def find_inputs(paths: Sequence[str]) -> Iterator[Input | tuple[str, CooError]]:
    """Give the logs that arguments name, in order; an argument that names none gives its error."""
    for name in paths:
        if name == "-":
            yield Input("-", None)
            continue
        path = Path(name)
        if path.is_dir():
            found = _in_folder(path)
            if not found:
                yield (
                    name,
                    InputError(
                        "no-logs", f"{name}: no logs in this folder", f"logs are files named *{', *'.join(SUFFIXES)}"
                    ),
                )
            yield from (Input(str(file), file) for file in found)
        else:
            yield Input(name, path)


def _in_folder(folder: Path) -> list[Path]:
    """Logs below a folder, sorted. Links are not followed. In a bundle: the logs of the run only."""
    if (folder / "run.json").is_file() and (folder / "logs").is_dir():
        folder = folder / "logs"
    found: list[Path] = []
    for path in folder.rglob("*"):
        if path.suffix.lower() in SUFFIXES and not path.is_symlink() and path.is_file():
            found.append(path)
            if len(found) >= MAX_FILES:
                break
    return sorted(found)


def read_input(item: Input) -> Log:
    """Read a log. Raises `InputError` that says why not and what to do."""
    if item.path is None:
        return _log(_bounded(sys.stdin.buffer), "-")
    try:
        if not item.path.is_file():
            raise _missing(item)
        with item.path.open("rb") as file:
            data = _bounded(file)
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError("unreadable", f"{item.name}: {why}", "check the path and its permissions") from None
    return _log(data, item.name)


def _missing(item: Input) -> InputError:
    if item.path is not None and item.path.exists():
        return InputError("not-a-file", f"{item.name}: not a regular file", "give a log file, an archive or a folder")
    return InputError("no-such-file", f"{item.name}: no such file", "check the path")


def _log(data: bytes, name: str) -> Log:
    if not data.strip(b"\xef\xbb\xbf\r\n\t \x00"):
        raise InputError("empty-log", f"{name}: the log is empty", "was it saved before the job wrote anything?")
    return read_archive(data, name) if is_zip(data) else read_log(data, name)


def _bounded(file: BinaryIO) -> bytes:
    """Read a stream with bounded memory: of one larger than `MAX_BYTES` the first eighth and the end.

    NOTE: one byte more than `MAX_BYTES` is given then, so that `read_log` tells the reader of the cut.
    """
    head = file.read(MAX_BYTES + 1)
    if len(head) <= MAX_BYTES:
        return head
    tail: deque[bytes] = deque([head], maxlen=MAX_BYTES // _CHUNK)
    rest = False
    while chunk := file.read(_CHUNK):
        rest = True
        tail.append(chunk)
    return head[: MAX_BYTES // 8] + b"\n[...]\n" + b"".join(tail)[-MAX_BYTES:] if rest else head
