"""The entry point: commands, and what every error becomes on the way out."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from coo import __version__
from coo.cli import classify, due, explain, incidents, playbook, rules, settings, triage
from coo.cli.common import say, tell
from coo.core.errors import CooError, Exit, InputError

app = typer.Typer(
    name="coo",
    help="Triage failed GitHub Actions runs: rules first, a model only when no rule decides.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"coo {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


classify.register(app)
triage.register(app)
explain.register(app)
rules.register(app)
playbook.register(app)
due.register(app)
incidents.register(app)
settings.register(app)


def main() -> None:
    """Run coo and exit with a documented code; a traceback only for a bug in coo itself."""
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # it came while another error was being told
        code = Exit.INTERRUPTED
    sys.exit(code)


def run(args: list[str]) -> int:
    """Run one command line and give its exit code (see docs/exit-codes.md)."""
    try:
        return int(app(args=args, prog_name="coo", standalone_mode=False) or 0)
    except typer.exceptions.TyperException as error:
        tell(_usage(error))
        return Exit.USAGE
    except typer.Abort:
        return Exit.INTERRUPTED
    except CooError as error:
        tell(error)
        return error.exit_code
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except SystemExit as stop:  # NOTE: typer and rich make this of a broken pipe, with the code 1
        if not isinstance(stop.__context__, BrokenPipeError):
            raise
        _quiet_stdout()
        return Exit.OK
    except Exception:  # the one place where everything else ends: a bug, said as one
        return _bug()


def _usage(error: typer.exceptions.TyperException) -> InputError:
    """What is wrong with a command line, in the form of every other error."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "coo"
    if type(error).__name__ == "NoArgsIsHelpError":  # its help page has been shown on the way
        return InputError("usage", f"`{command}` needs a command", f"`{command} --help` lists them")
    message = error.format_message().strip().rstrip(".")
    return InputError("usage", message[:1].lower() + message[1:], f"`{command} --help` shows how it is called")


def _quiet_stdout() -> None:
    """The reader of the pipe has gone: nothing more can be told it, and that is no fault (`coo ... | head`)."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _bug() -> int:
    """Tell a bug without its data: messages of exceptions may hold a log's text or a secret."""
    import traceback

    kind, _, tb = sys.exc_info()
    say(f"error[bug]: coo has a bug: {kind.__name__ if kind else 'error'}")
    for frame in traceback.extract_tb(tb)[-6:]:
        say(f"  {frame.filename.rpartition('coo/')[2]}:{frame.lineno} in {frame.name}")
    say("  help: report it with the lines above and `coo --version` (see SECURITY.md if it may be abused)")
    return Exit.BUG
