"""The benchmark's data, made from the recorded fixture logs: the same bytes for the same fixtures, rules and seed.

Sparse logs are what most real ones are: thousands of lines that no rule looks at twice, and one failure at the end.
Dense logs are the worst that still makes sense: hits of the first pass in every block.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

from coo.core.automaton import PatternSet
from coo.core.logs import read_log

SEED = 20261122
LONGEST = 400
"""Characters of a fixture's line that is taken; hostile lines are measured by themselves."""
_MARKS = ("##[", "[command]", "Post job cleanup.", "Cleaning up orphan", "Current runner version", "Complete job name")
_LEFT_OUT = ("hostile", "formats", "runs", "record")
_NUMBER = re.compile(r"\d{3,}")


@dataclass(frozen=True, slots=True)
class Pools:
    """Lines of the fixtures: those that no existence pattern hits, those that one does, and whole failures."""

    quiet: list[str]
    telling: list[str]
    failures: list[list[str]]


@dataclass(frozen=True, slots=True)
class Made:
    """One log in both forms: as a runner's raw log, and clean."""

    name: str
    raw: bytes
    clean: bytes


def pools(fixtures: Path, patterns: PatternSet) -> Pools:
    """Sort the lines of all fixture logs. Raises `SystemExit` when there are too few to make logs of."""
    quiet: dict[str, None] = {}
    telling: dict[str, None] = {}
    failures: list[list[str]] = []
    for path in sorted(fixtures.rglob("*.log"), key=lambda p: p.as_posix()):
        kind = path.relative_to(fixtures).parts[0]
        if kind in _LEFT_OUT:
            continue
        log = read_log(path.read_bytes(), path.name)
        lines = [line for line in map(log.text_at, range(len(log))) if line and len(line) <= LONGEST]
        lines = [line for line in lines if not line.startswith(_MARKS)]
        for line in lines:
            hit = bool(patterns.matching(line.encode()))
            (telling if hit else quiet)[line] = None
        if kind != "healthy":
            failures.append(lines[-40:])
    if len(quiet) < 100 or not telling or not failures:
        raise SystemExit(f"{fixtures}: {len(quiet)} quiet and {len(telling)} telling lines are too few for a benchmark")
    return Pools(list(quiet), list(telling), failures)


def logs(lines: Pools, megabytes: int, dense: bool) -> list[Made]:
    """Make logs of 1 MB (clean) each. In a dense one every third line has a hit of the first pass."""
    return [_log(lines, 1_000_000, dense, place) for place in range(megabytes)]


def long_line(lines: Pools, size: int) -> bytes:
    """Make a log that is one line of so many bytes."""
    pick = random.Random(SEED)
    text = " ".join(pick.choices(lines.quiet + lines.telling, k=20_000)).encode()
    return (text * (size // len(text) + 1))[:size]


def _log(lines: Pools, size: int, dense: bool, place: int) -> Made:
    pick = random.Random(SEED + place * 2 + dense)
    out = ["Current runner version: '2.330.0'", "##[group]Operating System", "Ubuntu", "24.04.1", "##[endgroup]",
           "Complete job name: build"]  # fmt: skip
    total = sum(map(len, out))
    while total < size:
        step = _step(lines, pick, dense)
        total += sum(map(len, step)) + len(step)
        out += step
    out += ["##[group]Run ./last-step.sh", "##[endgroup]", *pick.choice(lines.failures)]
    out += ["##[error]Process completed with exit code 1.", "Post job cleanup.", "Cleaning up orphan processes"]
    text = "\n".join(out) + "\n"
    return Made(f"{'dense' if dense else 'sparse'}-{place:02}.log", _framed(out, pick), text.encode())


def _step(lines: Pools, pick: random.Random, dense: bool) -> list[str]:
    count = pick.randint(200, 1500)
    body = [_other_numbers(line, pick) for line in pick.choices(lines.quiet, k=count)]
    if dense:
        for at in range(0, count, 3):
            body[at] = pick.choice(lines.telling)
    script = ["##[group]Run ./step.sh", "./step.sh --all", "shell: /usr/bin/bash -e {0}", "##[endgroup]"]
    return [*script, *body]


def _other_numbers(line: str, pick: random.Random) -> str:
    """Other digits in long numbers, so that lines do not simply repeat."""
    return _NUMBER.sub(lambda found: str(pick.randrange(10 ** (len(found[0]) - 1), 10 ** len(found[0]))), line)


def _framed(lines: list[str], pick: random.Random) -> bytes:
    """The lines as a runner writes them: a timestamp before each, colours in a tenth of them, a BOM at the start."""
    out, ticks = [], 0
    for line in lines:
        ticks += pick.randrange(1, 400_000)
        second, fraction = divmod(ticks, 10_000_000)
        stamp = f"2026-11-22T{10 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.{fraction:07}Z "
        colour = not line.startswith(_MARKS) and pick.random() < 0.1
        out.append(f"{stamp}\x1b[36;1m{line}\x1b[0m" if colour else stamp + line)
    return ("\ufeff" + "\r\n".join(out) + "\r\n").encode()
