"""What commands share: options, the terminal, engines."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coo.core.errors import InputError

if TYPE_CHECKING:
    from coo.core.engine import Engine

RulesOption = Annotated[
    list[Path] | None,
    typer.Option("--rules", metavar="DIR", help="A folder of further rules; may be given more than once."),
]
ConfigOption = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Configuration file.")]
LlmOption = Annotated[
    bool | None,
    typer.Option("--llm/--no-llm", help="Ask the model where no rule decides (default: only with a key)."),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress or notes on standard error.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Tell what is done, on standard error.")]


@dataclass(frozen=True, slots=True)
class Screen:
    """How to write for the reader of standard output."""

    width: int
    colour: bool
    unicode: bool


def screen() -> Screen:
    """Find out: `COLUMNS`, `NO_COLOR` and `FORCE_COLOR` are honoured; a pipe gets 80 columns and no colour."""
    tty = sys.stdout.isatty()
    columns = os.environ.get("COLUMNS", "")
    width = shutil.get_terminal_size().columns if tty else 80
    if columns.isdigit() and int(columns) > 0:
        width = int(columns)
    forced = os.environ.get("FORCE_COLOR", "") not in ("", "0")
    colour = (forced or tty) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
    return Screen(width, colour, encoding.startswith("utf"))


def output(text: str) -> None:
    """Write a result to standard output, in UTF-8 whatever the locale can show."""
    data = text if text.endswith("\n") or not text else text + "\n"
    try:
        sys.stdout.write(data)
        sys.stdout.flush()
    except UnicodeEncodeError:
        sys.stdout.buffer.write(data.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()


def say(text: str, quiet: bool = False) -> None:
    """Write progress or a warning to standard error."""
    if not quiet:
        print(text, file=sys.stderr)


def make_engine(extra: Sequence[Path] | None) -> Engine:
    """Load the bundled rules and those of further folders. Raises `InvalidFiles` with every fault."""
    from coo.adapters.rule_files import load_catalog
    from coo.core.engine import Engine

    return Engine(load_catalog(tuple(extra or ())))


def one_of(value: str, choices: Sequence[str], option: str) -> str:
    """Check a choice. Raises `InputError` that names the choices."""
    if value in choices:
        return value
    raise InputError("bad-choice", f"{option} {value}: not one of {', '.join(choices)}", f"try {option} {choices[0]}")
