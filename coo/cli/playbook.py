"""`coo playbook`: is a playbook valid, and does it make sense?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coo.cli.common import ConfigOption, RulesOption, say, show, show_problem
from coo.core.errors import Exit, InputError

if TYPE_CHECKING:
    from coo.core.playbook import Playbook


def register(app: typer.Typer) -> None:
    """Add the group."""
    from coo.cli.simulate import simulate

    group = typer.Typer(help="Check playbooks, and try them over past runs.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("check")(check)
    group.command("simulate")(simulate)
    app.add_typer(group, name="playbook")


def check(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file, or a bundled playbook's name.")] = "default",
    rules: RulesOption = None,
    config: ConfigOption = None,
) -> int:
    """Check a playbook against its schema and its own sense, and warn of what can never be. Exit 2 when it is invalid.

    Warnings (plays that are never reached, conditions and guards that never hold, names that no rule has) do not fail.
    """
    from coo.adapters.playbook_file import check_playbook, find_playbook

    path = find_playbook(file)
    playbook, problems = check_playbook(path)
    for problem in problems:
        show_problem(problem)
    if problems or playbook is None:
        raise InputError(
            "invalid-playbook", f"{len(problems)} problem{'s' * (len(problems) != 1)} in the playbook",
            "correct the places above",
        )  # fmt: skip
    told = _advice(path, playbook, rules, config)
    counts = [f"{len(playbook.plays)} plays", "no problems"]
    for level in ("warning", "note"):
        if count := sum(one == level for one in told):
            counts.append(f"{count} {level}{'s' * (count != 1)}")
    say(f"playbook {playbook.id}: {', '.join(counts)}")
    return Exit.OK


def _advice(path: Path, playbook: Playbook, rules: list[Path] | None, config: Path | None) -> list[str]:
    """Show what is odd in a valid playbook; gives the level of each."""
    from coo.actions.guards import MINIMUM
    from coo.adapters.playbook_file import positions
    from coo.adapters.rule_files import load_catalog
    from coo.adapters.settings import load_settings
    from coo.authoring.playbook_sense import advise
    from coo.core.neutralise import one_line

    catalog = load_catalog(tuple(load_settings(config, {"rules": rules}).rules))
    where = positions(path)
    advice = advise(playbook, catalog.rules, lambda action: MINIMUM.get(action, ()))
    placed = sorted((*where(one.path), one.level, one.code, one.message, one.help) for one in advice)
    for line, col, level, code, message, help_text in placed:
        show(one_line(f"{path}:{line}:{col}: {level}[{code}]: {message}"))
        show(one_line(f"  help: {help_text}"))
    return [one.level for one in advice]
