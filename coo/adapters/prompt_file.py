"""The prompt's text, shipped inside the package."""

from __future__ import annotations

import secrets
from pathlib import Path


def system_prompt() -> str:
    """Read the rules of the game. Raises `FileNotFoundError` when the installation is broken."""
    return (Path(__file__).resolve().parent.parent / "prompts" / "system.md").read_text(encoding="utf-8")


def boundary() -> str:
    """Draw a fresh word that no log can know."""
    return secrets.token_hex(12)
