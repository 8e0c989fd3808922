"""A corpus of labelled logs: `manifest.jsonl` (one label a line) and `logs/<id>.log`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from coo.authoring.scores import SUCCESS, Label
from coo.core.errors import InputError, InvalidFiles, Problem
from coo.core.model import Category

MANIFEST = "manifest.jsonl"
_HELP = "each line is an object with id, category, confidence, acceptable, evidence, evidence_line and repo"


def read_labels(folder: Path) -> list[Label]:
    """Read the labels of a corpus, in order. Raises `InvalidFiles`, and `InputError` without a manifest."""
    path = folder / MANIFEST
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError("no-corpus", f"{path}: {why}", "give a folder with manifest.jsonl and logs/") from None
    labels: list[Label] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            labels.append(_label(json.loads(line)))
        except (ValueError, TypeError, KeyError) as error:
            why = f"no {error}" if isinstance(error, KeyError) else str(error)
            problems.append(Problem(str(path), number, 1, "label", f"not a label: {why}", _HELP))
    if problems:
        raise InvalidFiles("labels", problems)
    if not labels:
        raise InputError("no-corpus", f"{path}: no labels", _HELP)
    return labels


def _label(row: Any) -> Label:
    """Raises `KeyError`, `TypeError` or `ValueError` for what is none."""
    if not isinstance(row, dict):
        raise TypeError("not an object")
    name, category = str(row["id"]), str(row["category"])
    if not name or "/" in name or "\\" in name or name.startswith("."):
        raise ValueError(f"the id {name!r} is no file name")
    if category not in (*Category, SUCCESS):
        raise ValueError(f"there is no category {category!r}")
    return Label(
        id=name,
        category=category,
        acceptable=tuple(map(str, row.get("acceptable") or ())),
        lines=tuple(map(int, row.get("evidence_line") or ())),
        texts=tuple(map(str, row.get("evidence") or ())),
        sure=row.get("confidence") != "low",
        repo=str(row.get("repo") or ""),
    )
