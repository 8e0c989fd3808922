"""`coo rules docs`: a page for every rule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coo.cli.common import QuietOption, RulesOption, say, show
from coo.core.errors import Exit


def docs(
    folder: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the pages are.")] = Path(
        "docs/rules"
    ),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when a page differs.")] = False,
    rules: RulesOption = None,
    quiet: QuietOption = False,
) -> int:
    """Write a page for every rule and an index of them, as Markdown."""
    from coo.adapters.rule_docs import differing, write_pages
    from coo.adapters.rule_files import load_catalog
    from coo.adapters.rule_lock import locks_of
    from coo.report.rule_markdown import MARK, rule_pages

    catalog = load_catalog(tuple(rules or ()))
    pages = rule_pages(catalog, locks_of((*catalog.rules, *catalog.deprecated)))
    if not check:
        done = write_pages(folder, pages, MARK)
        say(f"{len(pages)} pages in {folder}, {len(done)} changed", quiet)
        return Exit.OK
    found = differing(folder, pages, MARK)
    for name, why in found.items():
        show(f"{folder / name}: {why}")
    how = ": run `coo rules docs`" if found else ""
    say(f"{len(pages)} pages, {len(found)} not up to date{how}", quiet)
    return Exit.FOUND if found else Exit.OK
