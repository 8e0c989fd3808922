"""What a playbook says that cannot be: plays that are never reached, conditions and guards that never hold. Pure.

Nothing is claimed that is not so for every run: where it cannot be proven, nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from coo.authoring.verdict_kinds import (
    DIMENSIONS,
    UNDECIDED,
    VerdictKind,
    always_holds,
    kinds,
    name_is_covered,
    narrowed,
    possible,
)
from coo.core.catalog import Rule
from coo.core.globs import apart, covers_branch
from coo.core.patterns import name_matches
from coo.core.playbook import Action, Play, Playbook, When

WARNING, NOTE = "warning", "note"
CONCLUSIONS = ("failure", "timed_out", "cancelled", "startup_failure")
_EVER = (1, 10**9)


@dataclass(frozen=True, slots=True)
class Advice:
    """Something odd in a playbook. `path`: where it stands in the file's data; `level`: `warning` or `note`."""

    level: str
    path: tuple[str | int, ...]
    code: str
    message: str
    help: str


def advise(playbook: Playbook, rules: Sequence[Rule], minimum: Callable[[Action], Iterable[str]]) -> list[Advice]:
    """All that is odd. `rules`: the catalogue's; `minimum`: the guards that an action has in any case."""
    known = kinds(rules)
    told = _without_people(playbook)
    for index, play in enumerate(playbook.plays):
        names = _unknown_names(index, play.when, rules)
        told += names
        if by := _taken_before(play, playbook.plays[:index]):
            told.append(_unreached(index, play, by))
        elif not names and not any(narrowed(kind, play.when) for kind in known):
            told.append(_never(index, play, known))
        told += _guards(index, play, playbook, minimum(play.action))
    return told


def _unknown_names(index: int, when: When, rules: Sequence[Rule]) -> list[Advice]:
    told = []
    known = {"subtype": {*UNDECIDED, *(rule.subtype for rule in rules)}, "rule": {rule.id for rule in rules}}
    for key, names in known.items():
        missing = [one for one in getattr(when, key) if not any(name_matches(name, one) for name in names)]
        # Of several patterns with wildcards one is enough: the others are for rules that may come.
        if len(missing) < len(getattr(when, key)):
            missing = [pattern for pattern in missing if "*" not in pattern]
        for pattern in missing:
            near = get_close_matches(pattern.strip("*"), sorted(names), 1)
            help_text = f"did you mean {near[0]}?" if near else "`coo rules list` shows what there is"
            what = "subtype of a rule" if key == "subtype" else "rule"
            message = f"no {what} matches '{pattern}'"
            told.append(Advice(WARNING, ("plays", index, "when", key), f"unknown-{key}", message, help_text))
    return told


def _never(index: int, play: Play, known: Sequence[VerdictKind]) -> Advice:
    """The fewest conditions that no verdict has together."""
    core = [name for name in DIMENSIONS if getattr(play.when, name) not in ((), None)]
    for name in tuple(core):
        fewer = [one for one in core if one != name]
        if not any(narrowed(kind, play.when, fewer) for kind in known):
            core = fewer
    told = " and ".join(f"{name}: {_shown(getattr(play.when, name))}" for name in core)
    message = f"the play '{play.id}' never holds: no verdict has {told}"
    place = ("plays", index, "when", core[0] if core else "category")
    return Advice(WARNING, place, "play-never-holds", message, "change one of them; `coo rules list` shows the rules")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value[0]) if len(value) == 1 else f"[{', '.join(value)}]"


def _taken_before(play: Play, before: Sequence[Play]) -> list[str]:
    """The earlier plays that take every run that this one is for, whatever rules there are; empty if not all."""
    wide = [one for one in before if _run_covered(one.when, play.when)]
    takers: list[str] = []
    for kind in possible(play.when) if wide else ():
        taker = next((one.id for one in wide if always_holds(one.when, play.when, kind)), None)
        if taker is None:
            return []
        takers.append(taker)
    return list(dict.fromkeys(takers))


def _run_covered(wide: When, narrow: When) -> bool:
    """Whether the conditions about the run of one play hold wherever those of another do."""
    if wide.event and not (narrow.event and set(narrow.event) <= set(wide.event)):
        return False
    if wide.conclusion and not set(narrow.conclusion or CONCLUSIONS) <= set(wide.conclusion):
        return False
    for flag in ("default_branch", "mixed"):
        if getattr(wide, flag) not in (None, getattr(narrow, flag)):
            return False
    if wide.branch and not _all_in(narrow.branch, lambda one: any(covers_branch(p, one) for p in wide.branch)):
        return False
    if wide.workflow and not _all_in(narrow.workflow, lambda one: name_is_covered(wide.workflow, one)):
        return False
    if wide.attempt and not _within(narrow.attempt or _EVER, wide.attempt):
        return False
    # NOTE: failures that nobody counts hold nowhere, so only the same condition implies this one.
    return not wide.failures_in_24h or bool(
        narrow.failures_in_24h and _within(narrow.failures_in_24h, wide.failures_in_24h)
    )


def _all_in(values: Sequence[str], holds: Callable[[str], bool]) -> bool:
    return bool(values) and all(map(holds, values))


def _within(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _unreached(index: int, play: Play, by: Sequence[str]) -> Advice:
    named = f"'{by[0]}' takes" if len(by) == 1 else f"{', '.join(repr(one) for one in by[:5])} take"
    more = f" (and {len(by) - 5} more)" if len(by) > 5 else ""
    message = f"the play '{play.id}' is never reached: {named}{more} every failure that it is for"
    return Advice(
        WARNING, ("plays", index, "id"), "unreachable-play", message, "move it before them, or narrow their conditions"
    )


def _guards(index: int, play: Play, playbook: Playbook, minimum: Iterable[str]) -> list[Advice]:
    """Guards that do not hold for any run for which the play's conditions do."""
    if not play.action.remedies:
        return []
    listed = [guard.id for guard in play.guards]
    told = []
    for guard in dict.fromkeys((*listed, *minimum)):
        if why := _contradiction(guard, play, playbook):
            place: tuple[str | int, ...] = ("plays", index, "guards")
            place = (*place, listed.index(guard)) if guard in listed else place
            message = f"the guard '{guard}' never holds in the play '{play.id}': {why}"
            told.append(Advice(WARNING, place, "guard-never-holds", message, "the play would never act: change it"))
    return told


def _contradiction(guard: str, play: Play, playbook: Playbook) -> str | None:
    when, attempts = play.when, playbook.limits.attempts
    first = when.attempt[0] if when.attempt else 1
    contradictions: dict[str, tuple[bool, str]] = {
        "not-default": (when.default_branch is True, "it is for the default branch"),
        "every-job-transient": (when.transient is False, "it is for failures that are not transient"),
        "rule-verdict": (when.ambiguous is True, "it is for ambiguous verdicts"),
        "attempts-left": (first >= attempts, f"it begins at attempt {first}, and limits.attempts is {attempts}"),
        "run-still-failed": (set(when.conclusion) == {"cancelled"}, "it is for cancelled runs, which are left alone"),
        "limit-left": (playbook.limits.day(play.action) == 0, f"limits.per-day allows no {play.action}"),
        "branch-pattern": (
            bool(when.branch and play.branch_patterns)
            and all(apart(one, other) for one in when.branch for other in play.branch_patterns),
            "no branch has a name of its conditions and of the guard",
        ),
    }
    holds, why = contradictions.get(guard, (False, ""))
    return why if holds else None


def _without_people(playbook: Playbook) -> list[Advice]:
    """Owners whom issues go to, and of whom nobody is told, in a playbook that names people for others."""
    if not any(team.assignees for team in playbook.owners.values()):
        return []  # labels alone are a way, too
    told, seen = [], set()
    for index, play in enumerate(playbook.plays):
        owner = play.owner if play.action is Action.ESCALATE else None
        if owner is None or owner in seen:
            continue
        seen.add(owner)
        team = playbook.owners.get(owner)
        if team is None or not team.assignees:
            message = f"issues for the {owner} are assigned to nobody"
            help_text = f"name people: `owners: {{{owner}: {{assignees: [LOGIN]}}}}`"
            told.append(Advice(NOTE, ("plays", index, "owner"), "owner-without-people", message, help_text))
    return told
