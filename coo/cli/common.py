"""What commands share: options, the terminal, engines."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coo.core.errors import CooError, InputError, InvalidFiles, Problem

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
_LONGEST = 2000
"""Characters of one line on standard error."""
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Tell what is done, on standard error.")]


@dataclass(frozen=True, slots=True)
class Screen:
    """How to write for the reader of standard output."""

    width: int
    colour: bool
    unicode: bool


def screen() -> Screen:
    """Find out: `COLUMNS`, `NO_COLOR` and `FORCE_COLOR` are honoured; a pipe gets 80 columns and no colour."""
    tty = sys.stdout is not None and sys.stdout.isatty()
    columns = os.environ.get("COLUMNS", "")
    width = shutil.get_terminal_size().columns if tty else 80
    if columns.isdigit() and int(columns) > 0:
        width = int(columns)
    forced = os.environ.get("FORCE_COLOR", "") not in ("", "0")
    colour = (forced or tty) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "")
    return Screen(width, colour, encoding.startswith("utf"))


def output(text: str) -> None:
    """Write a result to standard output, in UTF-8 whatever the locale can show.

    Raises `BrokenPipeError` when its reader has gone, `InputError` (`no-output`) when it cannot be written.
    """
    data = text if text.endswith("\n") or not text else text + "\n"
    if sys.stdout is None:
        raise InputError("no-output", "standard output is closed", "give it a file or a pipe")
    try:
        try:
            sys.stdout.write(data)
        except UnicodeEncodeError:
            sys.stdout.buffer.write(data.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError("no-output", f"the result cannot be written: {why}", "is the disk full?") from None


def show(text: str) -> None:
    """Write plain text that may hold names and values of others to standard output: harmless, without secrets."""
    from coo.core.neutralise import terminal
    from coo.core.redact import redact

    output(terminal(redact(text)))


def show_problem(problem: Problem) -> None:
    """Write a fault in a file to standard output."""
    show("\n".join(_problem(problem)))


def say(text: str, quiet: bool = False) -> None:
    """Write a line of progress, or a warning, to standard error: harmless, and without secrets."""
    if quiet or sys.stderr is None:
        return
    from coo.core.neutralise import terminal_line
    from coo.core.redact import redact

    with contextlib.suppress(OSError):  # nobody reads it: then there is nobody to tell that to
        print(terminal_line(redact(text), _LONGEST), file=sys.stderr, flush=True)


def tell(error: CooError) -> None:
    """Write an error to standard error: what, where, and what to do next."""
    for problem in error.problems if isinstance(error, InvalidFiles) else ():
        for line in _problem(problem):
            say(line)
    say(f"error[{error.code}]: {error.message}")
    if error.help:
        say(f"  help: {error.help}")


def _problem(problem: Problem) -> list[str]:
    from coo.core.neutralise import one_line

    place = f"{problem.path}:{problem.line}:{problem.col}"
    lines = [
        f"{place}: error[{problem.code}]: {problem.message}",
        *([f"  help: {problem.help}"] if problem.help else []),
    ]
    return [one_line(line) for line in lines]


def close_match(word: str, choices: Sequence[str], otherwise: str) -> str:
    """A hint for somebody who mistyped one of the choices."""
    from difflib import get_close_matches

    near = get_close_matches(word, choices, 3)
    return f"did you mean {' or '.join(near)}?" if near else otherwise


def configured_engine(rules: Sequence[Path] | None, config: Path | None) -> Engine:
    """Load the bundled rules, those of the configuration and those of `--rules`. Raises `InputError`."""
    from coo.adapters.settings import load_settings

    return make_engine(load_settings(config, {"rules": rules}).rules)


def make_engine(extra: Sequence[Path] | None) -> Engine:
    """Load the bundled rules and those of further folders. Raises `InvalidFiles` with every fault."""
    from coo.adapters.rule_files import load_catalog
    from coo.core.engine import Engine

    return Engine(load_catalog(tuple(extra or ())), time.process_time)


def one_of(value: str, choices: Sequence[str], option: str) -> str:
    """Check a choice. Raises `InputError` that names the choices."""
    if value in choices:
        return value
    hint = close_match(value, choices, f"try {option} {choices[0]}")
    raise InputError("bad-choice", f"{option} {value}: not one of {', '.join(choices)}", hint)
