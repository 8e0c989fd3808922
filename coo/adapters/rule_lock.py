"""The lock of a folder of rules: `lock.json` beside them, one line a rule."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from coo.authoring.lock import Lock, Locked, deciding_hash
from coo.core.catalog import Rule
from coo.core.errors import InputError

NAME = "lock.json"
VERSION = 1
DEPTH = 3
"""How far above a rule file its lock is looked for."""


def read_lock(path: Path) -> dict[str, Locked]:
    """Read a lock; an empty one where there is no file. Raises `InputError` for a file that is none."""
    help_text = "bring it back from version control, then run `coo rules lock`"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError("bad-lock", f"{path}: the lock cannot be read: {why}", help_text) from None
    if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(data.get("rules"), dict):
        raise InputError("bad-lock", f"{path}: not a lock of rules of version {VERSION}", help_text)
    out = {}
    for name, entry in data["rules"].items():
        if not _is_entry(entry):
            raise InputError("bad-lock", f"{path}: the entry of '{name}' is not {{hash, version, changed}}", help_text)
        out[name] = Locked(entry["hash"], entry["version"], entry["changed"])
    return out


def locks_of(rules: Iterable[Rule]) -> dict[str, Locked]:
    """Give the entries of the rules that are what was locked, from the lock of the folder that holds each.

    Raises `InputError` for a lock that cannot be read.
    """
    read = cache(read_lock)
    out = {}
    for rule in rules:
        folders = list(Path(rule.path).parents)[:DEPTH]
        entry = next((lock[rule.id] for folder in folders if rule.id in (lock := read(folder / NAME))), None)
        if entry is not None and entry.hash == deciding_hash(rule):
            out[rule.id] = entry
    return out


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and set(entry) == {"hash", "version", "changed"}
        and isinstance(entry["hash"], str)
        and re.fullmatch("[0-9a-f]{64}", entry["hash"]) is not None
        and type(entry["version"]) is int
        and entry["version"] >= 1
        and isinstance(entry["changed"], str)
    )


def write_lock(path: Path, lock: Lock) -> None:
    """Write a lock. Raises `InputError` when that cannot be done."""
    lines = [
        f"  {json.dumps(name)}: " + json.dumps({"hash": one.hash, "version": one.version, "changed": one.changed})
        for name, one in sorted(lock.items())
    ]
    text = f'{{"version": {VERSION}, "rules": {{\n' + ",\n".join(lines) + "\n}}\n"
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError("unwritable", f"{path}: {why}", "check the folder and its permissions") from None


def day(text: str | None) -> str:
    """Give a day as `YYYY-MM-DD`; today's in UTC without a text. Raises `InputError`."""
    if text is None:
        return datetime.datetime.now(datetime.UTC).date().isoformat()
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d").date().isoformat()
    except ValueError:
        raise InputError("bad-date", f"--date {text}: not a day", "write it as 2026-11-22") from None
