"""`coo rules`: the catalogue, and whether it holds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coo.cli.common import (
    ConfigOption,
    QuietOption,
    RulesOption,
    close_match,
    configured_engine,
    one_of,
    output,
    say,
    screen,
    show,
    show_problem,
)
from coo.cli.rule_docs import docs
from coo.cli.rule_eval import evaluate
from coo.cli.rule_lock import lock
from coo.cli.rule_stats import stats
from coo.core.errors import CooError, Exit, InputError, Problem

if TYPE_CHECKING:
    from coo.core.catalog import Rule

PathsArgument = Annotated[
    list[Path] | None, typer.Argument(metavar="PATH", help="Rule files or folders; without: the bundled rules.")
]

FIELDS = ("id", "category", "subtype", "kind", "severity", "confidence", "owner", "transient", "status", "title")
"""Of a rule, in `rules list --format json`."""


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="List, check, test, measure and document rules.", no_args_is_help=True)
    group.command("list")(list_rules)
    group.command("check")(check)
    group.command("test")(test)
    group.command("stats")(stats)
    group.command("eval")(evaluate)
    group.command("docs")(docs)
    group.command("lock")(lock)
    app.add_typer(group, name="rules")


def list_rules(
    category: Annotated[str | None, typer.Option("--category", help="Only rules of this category.")] = None,
    format: Annotated[str, typer.Option("--format", "-f", help="text or json")] = "text",
    rules: RulesOption = None,
    config: ConfigOption = None,
    quiet: QuietOption = False,
) -> int:
    """List the rules in force."""
    from coo.core.model import Category

    one_of(format, ("text", "json"), "--format")
    if category is not None:
        one_of(category, [str(c) for c in Category if c is not Category.UNKNOWN], "--category")
    catalog = configured_engine(rules, config).catalog
    chosen = [rule for rule in catalog.rules if category in (None, rule.category)]
    chosen.sort(key=lambda rule: (rule.category, rule.id))
    if format == "json":
        import json

        output(json.dumps([{name: getattr(rule, name) for name in FIELDS} for rule in chosen], indent=2))
        return Exit.OK
    name_width, width = max((len(rule.id) for rule in chosen), default=10), screen().width
    for group in dict.fromkeys(rule.category for rule in chosen):
        output(f"{group}")
        for rule in (rule for rule in chosen if rule.category == group):
            line = f"  {rule.id:{name_width}}  {rule.title}"
            show(line if len(line) <= width else f"{line[: width - 3].rstrip()}...")
    counts = Counter(rule.category for rule in chosen)
    say(f"{len(chosen)} rules: " + ", ".join(f"{n} {c}" for c, n in sorted(counts.items())), quiet)
    return Exit.OK


def _read(paths: list[Path] | None) -> tuple[list[Rule], list[Problem]]:
    """Rules of files and folders (the bundled ones without any), with every fault."""
    from coo.adapters.resources import resource_dir
    from coo.adapters.rule_files import across, read_rule, read_rules

    rules: list[Rule] = []
    problems: list[Problem] = []
    for path in paths or [resource_dir("rules")]:
        if path.is_file():
            rule, faults = read_rule(path)
            rules += [rule] if rule else []
        elif path.is_dir():
            found, faults = read_rules(path, full=True)
            rules += found
        else:
            raise InputError("no-such-file", f"{path}: no such file or folder", "check the path")
        problems += faults
    known = () if not paths else read_rules(resource_dir("rules"), full=False)[0]
    problems += across(rules, known)
    return rules, problems


def check(
    paths: PathsArgument = None,
    format: Annotated[str, typer.Option("--format", "-f", help="text or github")] = "text",
    rules: RulesOption = None,
    quiet: QuietOption = False,
) -> int:
    """Check rule files: schema, names, patterns, references between rules. Exit 1 when there are faults."""
    one_of(format, ("text", "github"), "--format")
    found, problems = _read([*(paths or ()), *(rules or ())])
    for problem in sorted(set(problems)):
        output(_annotation(problem)) if format == "github" else show_problem(problem)
    say(f"{len(found)} rules without a fault, {len(problems)} problem{'s' * (len(problems) != 1)}", quiet)
    return Exit.FOUND if problems else Exit.OK


def _annotation(problem: Problem) -> str:
    from coo.core.neutralise import workflow_command

    facts = {"file": problem.path, "line": problem.line, "col": problem.col, "title": problem.code}
    place = ",".join(f"{key}={workflow_command(str(value), property=True)}" for key, value in facts.items())
    return f"::error {place}::{workflow_command(f'{problem.message} {problem.help}'.strip())}"


def test(
    names: Annotated[list[str] | None, typer.Argument(metavar="RULE", help="Rule ids; without: all.")] = None,
    rules: RulesOption = None,
    config: ConfigOption = None,
    quiet: QuietOption = False,
) -> int:
    """Run each rule over its own examples. Exit 1 when one does not hold."""
    from coo.core.rule_test import failed_examples

    catalog = configured_engine(rules, config).catalog
    wrong = [name for name in names or () if name not in catalog.by_id]
    if wrong:
        hint = close_match(wrong[0], list(catalog.by_id), "`coo rules list` shows them all")
        raise InputError("no-such-rule", f"there is no rule '{wrong[0]}'", hint)
    chosen = [catalog.by_id[name] for name in names] if names else list(catalog.rules)
    faults = []
    for rule in chosen:
        try:
            faults += [f"{rule.path}: error[example]: {fault}" for fault in failed_examples(rule)]
        except CooError as error:
            faults.append(f"{rule.path}: error[example]: {error.message}")
    for fault in faults:
        show(fault)
    count = sum(len(rule.positive) + len(rule.negative) for rule in chosen)
    say(f"{len(chosen)} rules, {count} examples, {len(faults)} failed", quiet)
    return Exit.FOUND if faults else Exit.OK
