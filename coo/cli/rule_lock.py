"""`coo rules lock`: what each rule decided when it was last looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coo.cli.common import QuietOption, say, show_problem
from coo.core.errors import Exit, InvalidFiles

FolderArgument = Annotated[
    Path | None, typer.Argument(metavar="DIR", help="A folder of rules; without: the bundled ones.")
]


def lock(
    folder: FolderArgument = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when a rule differs.")] = False,
    date: Annotated[
        str | None, typer.Option("--date", metavar="DAY", help="The day of the changes, YYYY-MM-DD (default today).")
    ] = None,
    quiet: QuietOption = False,
) -> int:
    """Lock rules: keep a hash of what each decides, with a version and a date, in lock.json beside them."""
    from coo.adapters.resources import resource_dir
    from coo.adapters.rule_files import read_rules
    from coo.adapters.rule_lock import NAME, day, read_lock, write_lock
    from coo.authoring.lock import lock_faults, relocked, vanished

    today = day(date)
    folder = folder or resource_dir("rules")
    rules, problems = read_rules(folder, full=True)
    if problems:
        raise InvalidFiles("rules", problems)
    path = folder / NAME
    known = read_lock(path)
    faults = lock_faults(known, rules, str(path)) if check else vanished(known, rules, str(path))
    for problem in faults:
        show_problem(problem)
    if check or faults:
        say(f"{len(rules)} rules, {len(faults)} differ from {path}", quiet)
        return Exit.FOUND if faults else Exit.OK
    now = relocked(known, rules, today)
    changed = sorted(name for name in now if now[name] != known.get(name))
    if changed:
        write_lock(path, now)
    for name in changed:
        say(f"{name}: version {now[name].version}", quiet or len(changed) > 50)
    say(f"{len(now)} rules in {path}, {len(changed)} new or changed", quiet)
    return Exit.OK
