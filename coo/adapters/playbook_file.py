"""Playbooks as files: `<name>.yml` is the policy, `<name>.md` beside it the same in prose."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path

from coo.adapters.resources import resource_dir, schema
from coo.adapters.strict_yaml import Document, load_yaml, validate
from coo.core.errors import InputError, InvalidFiles, Problem
from coo.core.issue_template import faults
from coo.core.playbook import Playbook
from coo.core.playbook_data import playbook_from

DEFAULT = "default"


def find_playbook(name: str) -> Path:
    """The file of a playbook: a path as it is, or the name of a bundled one (`default`, `report-only`).

    Raises `InputError` (code `no-playbook`) when there is none.
    """
    path = Path(name)
    try:
        if path.is_file():
            return path
    except (OSError, ValueError):  # too long, or with a NUL: no name of a file
        raise InputError("no-playbook", f"there is no playbook {name}", "give a file, or a bundled one") from None
    bundled = resource_dir("playbooks")
    if "/" not in name and (bundled / f"{name}.yml").is_file():
        return bundled / f"{name}.yml"
    known = sorted(file.stem for file in bundled.glob("*.yml"))
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"give a file, or one of: {', '.join(known)}"
    raise InputError("no-playbook", f"there is no playbook {name}", hint)


def load_playbook(path: Path) -> Playbook:
    """Read and check a playbook. Raises `InvalidFiles` with every fault, `InputError` when it cannot be read."""
    playbook, problems = check_playbook(path)
    if problems or playbook is None:
        raise InvalidFiles("playbook", problems)
    return playbook


def check_playbook(path: Path) -> tuple[Playbook | None, list[Problem]]:
    """The playbook (None when it has faults) and every fault at once. Raises `InputError` when it cannot be read."""
    document, problems = load_yaml(_read(path), str(path))
    if document is None:
        return None, problems
    problems = problems + validate(document, schema("playbook"))
    template = ""
    if not problems:
        template, faulty = _template(document, path)
        problems = _beyond_schema(document) + faulty
    if problems:
        return None, sorted(set(problems))
    prose = path.with_suffix(".md")
    return playbook_from(document.data, _read(prose) if prose.is_file() else "", template), []


def positions(path: Path) -> Callable[[tuple[str | int, ...]], tuple[int, int]]:
    """Where a value of a playbook stands: its line and column, counted from 1. Raises `InputError`."""
    document, _ = load_yaml(_read(path), str(path))
    return document.position if document else lambda _place: (1, 1)


def _template(document: Document, path: Path) -> tuple[str, list[Problem]]:
    """The text that `escalation.template` names, and its faults where they stand; empty where none is named."""
    place = ("escalation", "template")
    name = document.data.get("escalation", {}).get("template")
    if name is None:
        return "", []
    file = path.parent / name
    try:
        text = _read(file)
    except InputError as error:
        return "", [document.problem(place, "no-template", error.message, "name a file beside the playbook")]
    if not text.strip():
        return "", [document.problem(place, "no-template", f"{file} is empty", "write the parts of an issue into it")]
    return text, [
        Problem(str(file), one.line, one.column, "wrong-template", one.message, one.help) for one in faults(text)
    ]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError("playbook-unreadable", f"{path} is not UTF-8 text", "save it as UTF-8") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("playbook-unreadable", f"{path} cannot be read: {reason}", "check the path") from error


def _beyond_schema(document: Document) -> list[Problem]:
    """Faults that a schema cannot see: two plays of one name, and plays that none can reach."""
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    always: str | None = None
    for index, play in enumerate(document.data["plays"]):
        place = ("plays", index, "id")
        if play["id"] in seen:
            first = document.position(("plays", seen[play["id"]], "id"))[0]
            message = f"the play '{play['id']}' stands here again (first on line {first})"
            problems.append(document.problem(place, "duplicate-play", message, "give each play its own id"))
        seen.setdefault(play["id"], index)
        if always is not None:
            message = f"the play '{play['id']}' is never reached: '{always}' before it holds always"
            problems.append(document.problem(place, "unreachable-play", message, "move the one that holds always last"))
        elif not play.get("when"):
            always = play["id"]
        for name in ("attempt", "failures_in_24h"):
            range_ = play.get("when", {}).get(name, {})
            if range_.get("min", 1) > range_.get("max", 10**9):
                message = f"the play '{play['id']}' can never hold: {name}.min is above {name}.max"
                problems.append(document.problem(("plays", index, "when", name), "unreachable-play", message))
    return problems
