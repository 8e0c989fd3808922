"""Inputs of `coo classify` and `coo excerpt`: files, archives, folders, standard input -> logs."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from coo.adapters.archive import is_zip, read_archive
from coo.core.errors import CooError, InputError
from coo.core.logs import MAX_BYTES, Log, read_log
from coo.core.neutralise import clip

SUFFIXES = (".log", ".txt", ".out", ".gz", ".zip")
"""File names that are taken for logs in a folder; a file that is named is always read."""
MAX_FILES = 20_000
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Input:
    """A log to classify: `name` as shown, `path` None for standard input."""

    name: str
    path: Path | None


def find_inputs(
    paths: Sequence[str], tell: Callable[[str], object] = lambda _: None
) -> Iterator[Input | tuple[str, CooError]]:
    """Give the logs that arguments name, in order; an argument that names none gives its error.

    `tell` is given a line for whatever in a folder is named like a log and is passed over.
    """
    for name in paths:
        if name == "-":
            yield Input("-", None)
        elif name and _is_dir(name):
            yield from _in_folder(name, tell)
        else:
            yield Input(name, Path(name))


def _is_dir(name: str) -> bool:
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):  # a name that is too long, or holds a NUL: reading it tells that
        return False


def _in_folder(name: str, tell: Callable[[str], object]) -> Iterator[Input | tuple[str, CooError]]:
    """Logs below a folder, sorted; then folders that cannot be read. In a bundle: the logs of the run only."""
    folder = Path(name)
    if (folder / "run.json").is_file() and (folder / "logs").is_dir():
        folder = folder / "logs"
    found: list[Path] = []
    closed: list[OSError] = []
    for below, _, files in os.walk(folder, onerror=closed.append):
        for path in (Path(below, file) for file in files if file.lower().endswith(SUFFIXES)):
            if path.is_symlink() or not path.is_file():
                tell(f"passed over {path}: a link, or not a regular file")
            else:
                found.append(path)
    found.sort()
    if len(found) > MAX_FILES:
        tell(f"{name} holds {len(found):,} logs: only the first {MAX_FILES:,} are read")
    yield from (Input(str(file), file) for file in found[:MAX_FILES])
    for error in closed:
        where = str(error.filename)
        yield where, _unreadable(where, error)
    if not found and not closed:
        hint = f"logs are files named *{', *'.join(SUFFIXES)}"
        yield name, InputError("no-logs", f"{name}: no logs in this folder", hint)


def read_input(item: Input) -> Log:
    """Read a log. Raises `InputError` that says why not and what to do."""
    if item.path is None:
        if sys.stdin is None:
            raise InputError("no-input", "standard input is closed", "give a path, or pipe a log in")
        return _log(_bounded(sys.stdin.buffer), "-")
    if not item.name:
        raise InputError("no-such-file", "an empty path was given", "is a variable empty?")
    try:
        if not item.path.is_file():
            raise _missing(item)
        with item.path.open("rb") as file:
            data = _bounded(file)
    except (OSError, ValueError) as error:
        raise _unreadable(item.name, error) from None
    return _log(data, item.name)


def _unreadable(name: str, error: OSError | ValueError) -> InputError:
    why = getattr(error, "strerror", None) or str(error)
    return InputError("unreadable", f"{clip(name, 200)}: {why}", "check the path and its permissions")


def _missing(item: Input) -> InputError:
    if item.path is not None and item.path.exists():
        return InputError("not-a-file", f"{item.name}: not a regular file", "give a log file, an archive or a folder")
    if item.path is not None and item.path.is_symlink():
        return InputError("no-such-file", f"{item.name}: a link that leads to no file", "check where it points")
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
