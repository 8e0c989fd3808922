"""Writes docs/cli.md from the program's own help texts; with --check it only says whether the file is up to date."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).with_name("cli.md")
HEAD = """\
# Commands

Made from the program's own `--help` by `python docs/generate_cli.py`: change the help, not this page. Results go to
standard output, errors and progress to standard error; [exit-codes.md](exit-codes.md) tells the exit codes, and
[configuration.md](configuration.md) the settings. `NO_COLOR`, `FORCE_COLOR` and `COLUMNS` are honoured.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for command in commands():
        lines = [line.rstrip() for line in shown(command).strip("\n").splitlines()]
        parts.append("\n".join([f"## `{' '.join(['coo', *command])}`", "", "```text", *lines, "```", ""]))
    return "\n".join(parts)


def commands() -> Iterator[list[str]]:
    """The program itself, then every command in the order of its help; a group stands before its commands."""
    import typer

    from coo.cli.main import app

    todo = [([], typer.main.get_command(app))]
    while todo:
        path, command = todo.pop(0)
        yield path
        below = getattr(command, "commands", {})
        todo[:0] = [([*path, name], sub) for name, sub in below.items()]


def shown(command: list[str]) -> str:
    """What the program prints for `--help`."""
    from coo.cli.main import run

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        run([*command, "--help"])
    return out.getvalue()


def main(arguments: list[str]) -> int:
    """Write the page, or check it."""
    text = page()
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/cli.md is not what `coo --help` says: run python docs/generate_cli.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    for name in ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "TERMINAL_WIDTH"):  # they would colour the help
        os.environ.pop(name, None)
    os.environ |= {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
    sys.exit(main(sys.argv[1:]))
