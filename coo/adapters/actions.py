"""GitHub Actions' files: the job summary and the outputs. Outputs are enums and ids, never log text."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from coo.core.errors import InputError

_PLAIN = re.compile(r"[A-Za-z0-9_./:+-]{0,300}")
"""What an output may consist of: nothing that a workflow could take for more than a word, an id or a URL."""


def write_summary(markdown: str, path: Path) -> None:
    """Add a report to the job summary. Raises `InputError` when the file cannot be written."""
    _append(path, markdown + "\n")


def write_outputs(outputs: Mapping[str, str], path: Path) -> None:
    """Set outputs of the step. A value that is not a plain word is left out (empty).

    Raises `InputError` when the file cannot be written.
    """
    lines = [f"{name}={value if _PLAIN.fullmatch(value) else ''}" for name, value in outputs.items()]
    _append(path, "\n".join(lines) + "\n")


def write_report(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files of a report into a folder, made when missing. Raises `InputError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            "report-not-written", f"{folder}: {error.strerror or error}", "choose another --report-dir"
        ) from error


def own_workflows(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Name and path of the workflow in which coo runs, for its own runs must not be triaged."""
    env = os.environ if environ is None else environ
    path = env.get("GITHUB_WORKFLOW_REF", "").partition("@")[0].split("/", 2)
    return tuple(name for name in (env.get("GITHUB_WORKFLOW", ""), path[2] if len(path) == 3 else "") if name)


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InputError("actions-file", f"{path}: {error.strerror}", "is this running in GitHub Actions?") from error
