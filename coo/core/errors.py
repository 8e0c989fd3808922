"""Errors that a person can act on, and the exit code that each one means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command (they are part of the contract)."""

    OK = 0
    FOUND = 1
    USAGE = 2
    NOTHING = 3
    AUTH = 4
    REMOTE = 5
    BUG = 70
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in a file: `line` and `col` are 1-based; `help` says what to do next."""

    path: str
    line: int
    col: int
    code: str
    message: str
    help: str = ""

    def __str__(self) -> str:
        text = f"{self.path}:{self.line}:{self.col}: error[{self.code}]: {self.message}"
        return f"{text}\n  help: {self.help}" if self.help else text


class CooError(Exception):
    """Anything that stops a command for a reason the user can act on.

    `code` is a stable kebab-case name, `help` the next step, `exit_code` what the process returns.
    """

    exit_code: Exit = Exit.USAGE

    def __init__(self, code: str, message: str, help: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help

    def __str__(self) -> str:
        text = f"error[{self.code}]: {self.message}"
        return f"{text}\n  help: {self.help}" if self.help else text


class InputError(CooError):
    """Bad usage, configuration, or an input that cannot be read (exit 2)."""


class InvalidFiles(InputError):
    """Rules, a playbook or a configuration with faults; all of them at once (exit 2)."""

    def __init__(self, what: str, problems: list[Problem]) -> None:
        count = len(problems)
        super().__init__(
            "invalid-" + what, f"{count} problem{'s' * (count != 1)} in the {what}", "correct the places named above"
        )
        self.problems = sorted(problems)

    def __str__(self) -> str:
        return "\n".join([*map(str, self.problems), super().__str__()])


class NothingToTriage(CooError):
    """The run did not fail, is still running, or its logs are gone (exit 3)."""

    exit_code = Exit.NOTHING


class AuthError(CooError):
    """The token is missing, refused, or lacks a permission (exit 4)."""

    exit_code = Exit.AUTH


class RemoteError(CooError):
    """A remote service failed after the retries that make sense (exit 5)."""

    exit_code = Exit.REMOTE
