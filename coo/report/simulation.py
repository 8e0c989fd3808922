"""What a playbook would have done over past runs: text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coo.authoring.simulate import Answered, deciding, totals
from coo.core.model import Decision
from coo.core.neutralise import inert_for_runner
from coo.core.redact import redact
from coo.core.told import code_span, markdown_inline
from coo.report.as_json import dumps
from coo.report.layout import Page
from coo.report.words import plural

Left = Sequence[tuple[str, str]]
"""Runs that were left out, each with the reason."""


def simulation_text(
    found: Sequence[Answered],
    left: Left,
    notes: Sequence[str],
    compared: str | None,
    width: int = 80,
    unicode: bool = True,
) -> str:
    """A block a run, then the totals. `compared`: the other playbook's name, where only differences are shown."""
    page = Page(max(60, min(width, 120)), False, unicode)
    lines: list[str] = []
    for one in _shown(found, compared):
        verdict = one.judged.verdict
        rule = verdict.rule_id or verdict.source
        lines.append(_line(page, f"{one.judged.name}  {verdict.category}/{verdict.subtype} by {rule}"))
        lines.append(_line(page, f"  {_told(one.decision)}"))
        lines += (
            page.wrap(page.field(_guards(one.decision)), "    guards: ", "      ") if deciding(one.decision) else []
        )
        if one.other is not None and one.differs:
            lines.append(_line(page, f"  {compared}: {_told(one.other)}"))
    for name, why in left:
        lines.append(_line(page, name))
        lines += page.wrap(page.field(f"left out: {why}"), "  ", "    ")
    lines += [""] if lines else []
    lines += _totals(page, found, compared)
    for note in notes:
        lines += page.wrap(page.field(note), "note: ", "      ")
    return inert_for_runner("\n".join(line.rstrip() for line in lines)) + "\n"


def _shown(found: Sequence[Answered], compared: str | None) -> list[Answered]:
    return [one for one in found if compared is None or one.differs]


def _line(page: Page, text: str) -> str:
    # NOTE: what leads a line is ours; a field is cleaned of spaces at its ends.
    indent = len(text) - len(text.lstrip(" "))
    return " " * indent + page.cut(page.field(text.strip()), page.width - indent)


def _told(decision: Decision) -> str:
    planned = f" (not {decision.planned})" if decision.planned not in ("", decision.action) else ""
    return f"{decision.action}{planned}, {decision.owner} {decision.priority}, play {decision.play}"


def _guards(decision: Decision) -> str:
    return "; ".join(deciding(decision))


def _totals(page: Page, found: Sequence[Answered], compared: str | None) -> list[str]:
    plays, actions = totals(found)
    lines = [f"{plural(len(found), 'run')}"]
    if compared is not None:
        lines[0] += f", {sum(one.differs for one in found)} answered differently by {page.field(compared)}"
    for title, counts in (("actions", actions), ("plays", plays)):
        told = ", ".join(f"{page.field(name)} {count}" for name, count in counts.items())
        lines += page.wrap(told, f"{title}: ", "  ") if told else []
    return lines


def simulation_json(
    found: Sequence[Answered], left: Left, notes: Sequence[str], playbook: str, compared: str | None
) -> str:
    """One object: `runs`, `left_out`, `totals`, `notes`."""
    plays, actions = totals(found)
    body: dict[str, object] = {
        "version": 1,
        "playbook": playbook,
        "compared_with": compared,
        "runs": [_run(one) for one in _shown(found, compared)],
        "left_out": [{"run": redact(name), "because": redact(why)} for name, why in left],
        "totals": {"runs": len(found), "plays": plays, "actions": actions},
        "notes": list(notes),
    }
    return dumps(body, indent=2)


def _run(one: Answered) -> Mapping[str, object]:
    verdict, run = one.judged.verdict, one.judged.run
    told: dict[str, object] = {
        "run": redact(one.judged.name),
        "repo": run.repo,
        "id": run.id,
        "attempt": run.attempt,
        "remembered": one.judged.remembered,
        "category": verdict.category,
        "subtype": redact(verdict.subtype),
        "rule_id": verdict.rule_id,
        "source": verdict.source,
        "decision": _decision(one.decision),
    }
    return told | ({"other": _decision(one.other)} if one.other else {})


def _decision(decision: Decision) -> Mapping[str, object]:
    guards = [
        {"id": guard.id, "held": guard.held if guard.held or guard.asked else None, "because": redact(guard.because)}
        for guard in decision.guards
    ]
    return {
        "play": decision.play,
        "planned": decision.planned,
        "action": decision.action,
        "owner": decision.owner,
        "priority": decision.priority,
        "guards": guards,
    }


def simulation_markdown(
    found: Sequence[Answered], left: Left, notes: Sequence[str], playbook: str, compared: str | None
) -> str:
    """A table of the runs, one of the totals, and what was left out."""
    plays, actions = totals(found)
    title = f"## What playbook {code_span(playbook)} would have done"
    lines = [
        title,
        "",
        "| run | verdict | play | action | guards | owner | priority |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in _shown(found, compared):
        lines.append(_row(one, one.decision, _cell(one.judged.name)))
        if one.other is not None and one.differs:
            lines.append(_row(one, one.other, f"… by {_cell(compared or '')}"))
    lines += ["", "| total | runs |", "|---|---|", f"| all | {len(found)} |"]
    for kind, counts in (("action", actions), ("play", plays)):
        lines += [f"| {kind} {_cell(name)} | {count} |" for name, count in counts.items()]
    told = [f"{_plain(name)}: left out: {_plain(why)}" for name, why in left] + [_plain(note) for note in notes]
    return "\n".join(lines + ([""] if told else []) + [f"- {one}" for one in told]) + "\n"


def _row(one: Answered, decision: Decision, name: str) -> str:
    verdict = one.judged.verdict
    cells = (
        name, _cell(f"{verdict.category}/{verdict.subtype}"), _cell(decision.play), _cell(decision.action),
        _plain(_guards(decision)) or "none open", decision.owner, decision.priority,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return code_span(text, 120, table=True)


def _plain(text: str) -> str:
    return markdown_inline(text, 300).replace("|", "\\|").replace("\n", " ")
