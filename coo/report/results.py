"""What `coo classify` found in one log: the input of its reports."""

from __future__ import annotations

from dataclasses import dataclass

from coo.core.errors import CooError
from coo.core.model import Classification, Line, ModelUse, Note


@dataclass(frozen=True, slots=True)
class LogResult:
    """One log and its verdict, or the error for which it could not be read.

    `size`: bytes of the input; `lines`: lines of the input; `context`: lines around the first evidence line.
    """

    name: str
    size: int = 0
    lines: int = 0
    classification: Classification | None = None
    model: ModelUse | None = None
    notes: tuple[Note, ...] = ()
    context: tuple[Line, ...] = ()
    error: CooError | None = None
