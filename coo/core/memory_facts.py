"""What coo remembers of its own past."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """What is left of a limit for a day. `by`: what counted, in words (`the ledger`, `GitHub's list of runs`)."""

    ok: bool
    used: int
    cap: int
    by: str


@dataclass(frozen=True, slots=True)
class Seen:
    """How often a failure was seen before, and when; times are seconds since the epoch."""

    count: int
    first_at: float | None
    last_at: float | None


@dataclass(frozen=True, slots=True)
class Begun:
    """An action that somebody began before; `ended_at` is None when nobody knows how it ended."""

    action: str
    target: str
    started_at: float
    ended_at: float | None
    status: str
    """`started`, `done` or `failed`."""
    detail: str


@dataclass(frozen=True, slots=True)
class DueRun:
    """An attempt of a run to be triaged again at a time (seconds since the epoch), for a play."""

    repo: str
    run_id: int
    attempt: int
    play: str
    due_at: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """A test failure of a run that was re-run to see whether it is real, on one commit."""

    workflow: str
    """The workflow's path."""
    sha: str
    run_id: int
    fingerprint: str
    attempt: int
    """The attempt that failed where `state` is `asked`; else the one that settled it."""
    test: str
    """What failed, in words; redacted."""
    state: str
    """`asked`, `flaky` (it passed), `real` (it failed again) or `other` (something else failed then)."""
    at: float = 0.0
    """Seconds since the epoch; the memory sets it."""
