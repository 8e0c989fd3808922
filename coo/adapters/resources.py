"""Where the bundled rules, playbooks, schemas and prompts are, in a wheel and in an editable install."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

_PACKAGE = Path(__file__).resolve().parent.parent


def resource_dir(name: Literal["rules", "playbooks", "schemas"]) -> Path:
    """Give the folder of a kind of bundled file.

    Raises `FileNotFoundError` when the installation is broken.
    """
    candidates = [_PACKAGE / name] if name == "schemas" else [_PACKAGE / "data" / name, _PACKAGE.parent / name]
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"coo's own {name}/ folder is missing; install coo again")


@cache
def schema(name: str) -> dict[str, Any]:
    """Give a bundled JSON Schema by its file name without `.schema.json`."""
    path = resource_dir("schemas") / f"{name}.schema.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded
