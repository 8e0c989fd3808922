"""`coo explain RULE`: a rule's documentation in the terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from coo.cli.common import ConfigOption, RulesOption, close_match, configured_engine, output, screen
from coo.core.errors import Exit, InputError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


def explain(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule's id.")],
    rules: RulesOption = None,
    config: ConfigOption = None,
) -> int:
    """Show what a rule means, what to do, its patterns, examples and references."""
    from coo.adapters.rule_lock import locks_of
    from coo.report.rule_page import rule_text

    catalog = configured_engine(rules, config).catalog
    known = {r.id: r for r in (*catalog.rules, *catalog.deprecated)}
    if rule not in known:
        hint = close_match(rule, list(known), "`coo rules list` shows them all")
        raise InputError("no-such-rule", f"there is no rule '{rule}'", hint)
    page = screen()
    found = known[rule]
    output(rule_text(found, catalog, page.width, locks_of([found]).get(rule)))
    return Exit.OK
