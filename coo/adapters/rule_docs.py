"""The pages of rules in a folder: written, or compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from coo.core.errors import InputError


def differing(folder: Path, pages: Mapping[str, str], mark: str) -> dict[str, str]:
    """Give the pages that are not as they should be, with why: `missing`, `differs` or `left over`.

    `mark`: how a page that was made begins; others in the folder are left alone.
    """
    out = {}
    for name, text in pages.items():
        path = folder / name
        if not path.is_file():
            out[name] = "missing"
        elif path.read_bytes() != text.encode():
            out[name] = "differs"
    for path in sorted(folder.rglob("*.md")):
        name = path.relative_to(folder).as_posix()
        if name not in pages and path.is_file() and path.read_bytes().startswith(mark.encode()):
            out[name] = "left over"
    return dict(sorted(out.items()))


def write_pages(folder: Path, pages: Mapping[str, str], mark: str) -> dict[str, str]:
    """Make the folder hold these pages; gives what was done as `differing` does. Raises `InputError`."""
    found = differing(folder, pages, mark)
    try:
        for name, why in found.items():
            path = folder / name
            if why == "left over":
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages[name], encoding="utf-8", newline="\n")
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError("unwritable", f"{folder}: {why}", "give a folder that can be written: -o DIR") from None
    return found
