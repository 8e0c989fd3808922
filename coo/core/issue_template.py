"""The text that an issue's body is made by: named parts, and no logic. Pure.

A template can change the order, leave parts out and add words of its own. It cannot bring a part that holds text of a
log to where that text would be more than text: each stands alone on its line, outside of fences and HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from string import Template

BLOCKS: Mapping[str, str] = {
    "facts": "what failed, how sure that is, the run, the branch, for whom",
    "seen": "since when and how often it was seen",
    "cause": "the root cause, and each group of jobs with the lines that prove it",
    "suspects": "the commits since the last green run",
    "tried": "what coo did and what not, with the guards",
    "steps": "the next steps of the rule",
    "notes": "what was skipped, hidden or not asked",
}
"""Parts that stand alone on a line, and what they hold."""
WORDS: Mapping[str, str] = {
    "category": "the failure's category",
    "severity": "`critical`, `major` or `minor`",
    "confidence": "`high`, `medium` or `low`",
    "owner": "whom it goes to",
    "priority": "`P0` to `P3`",
    "repo": "`owner/name`",
    "run": "the run's number in its URL",
    "attempt": "the attempt's number",
}
"""Values of a few letters or digits that may stand anywhere in a line."""

DEFAULT = "$facts\n$seen\n$cause\n$suspects\n$tried\n$steps\n$notes\n"
MAX_TEMPLATE = 20_000
"""Characters."""

_NAME = re.compile(r"\$(?:\{(\w*)\}|(\w+)|(\$)|())")
_FENCE = re.compile(r"\s*(?:[>*+-] *|\d+[.)] *)*(?:```|~~~)")
_HTML = re.compile(r"<(?!/?(?:details|summary|br|hr|b|i|sub|sup|kbd)>)")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a template; line and column count from 1."""

    line: int
    column: int
    message: str
    help: str


def faults(text: str) -> list[Fault]:
    """Everything that is wrong with a template."""
    if len(text) > MAX_TEMPLATE:
        return [Fault(1, 1, f"the template has more than {MAX_TEMPLATE} characters", "shorten it")]
    return [fault for number, line in enumerate(text.splitlines(), 1) for fault in _line_faults(number, line)]


def _line_faults(number: int, line: str) -> list[Fault]:
    found = []
    if match := _FENCE.match(line):
        hint = "leave it out: text of a log would end it"
        found.append(Fault(number, match.end() - 2, "a fence of code cannot stand in a template", hint))
    for match in _HTML.finditer(line):
        hint = "of HTML only details, summary, br, hr, b, i, sub, sup and kbd can, without attributes"
        found.append(Fault(number, match.start() + 1, "this `<` cannot stand in a template", hint))
    for match in _NAME.finditer(line):
        if match[3] is None and (told := _name_fault(match[1] or match[2] or "", line)):
            found.append(Fault(number, match.start() + 1, *told))
    return found


def _name_fault(name: str, line: str) -> tuple[str, str] | None:
    if name in BLOCKS:
        if _block(line):
            return None
        return f"${name} does not stand alone on its line", "put it on a line of its own, without spaces before it"
    if name in WORDS:
        return None
    if not name:
        return "a `$` without a name", "write $$ for a dollar sign"
    near = get_close_matches(name, [*BLOCKS, *WORDS], 1)
    hint = f"did you mean ${near[0]}?" if near else f"the names are: {', '.join([*BLOCKS, *WORDS])}"
    return f"there is no ${name}", hint


def _block(line: str) -> str | None:
    """The name of the part that a line stands for."""
    match = re.fullmatch(r"\$(?:\{(\w+)\}|(\w+))\s*", line)
    name = (match[1] or match[2]) if match else None
    return name if name in BLOCKS else None


def render(text: str, blocks: Mapping[str, str], words: Mapping[str, str]) -> str:
    """The body. Every value was made harmless before; parts that are empty leave nothing behind.

    Raises `KeyError` or `ValueError` for a template with faults.
    """
    parts: list[str] = []
    own: list[str] = []
    for line in [*(text or DEFAULT).splitlines(), None]:
        name = None if line is None else _block(line)
        if line is not None and name is None:
            own.append(Template(line).substitute(words))
            continue
        parts.append("\n".join(own).strip("\n"))
        own = []
        if name is not None:
            parts.append(blocks[name].strip("\n"))
    return "\n\n".join(part for part in parts if part)
