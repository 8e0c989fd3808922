"""`coo playbook check`: is a playbook valid?"""

from __future__ import annotations

from typing import Annotated

import typer

from coo.cli.common import say, show_problem
from coo.core.errors import Exit, InputError


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Check playbooks.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("check")(check)
    app.add_typer(group, name="playbook")


def check(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file, or a bundled playbook's name.")] = "default",
) -> int:
    """Check a playbook against its schema and its own sense. Exit 2 when it is invalid."""
    from coo.adapters.playbook_file import check_playbook, find_playbook

    playbook, problems = check_playbook(find_playbook(file))
    for problem in problems:
        show_problem(problem)
    if problems or playbook is None:
        raise InputError(
            "invalid-playbook", f"{len(problems)} problem{'s' * (len(problems) != 1)} in the playbook",
            "correct the places above",
        )  # fmt: skip
    say(f"playbook {playbook.id}: {len(playbook.plays)} plays, no problems")
    return Exit.OK
