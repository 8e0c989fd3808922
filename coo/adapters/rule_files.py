"""Rule files -> Catalog. Every fault of every file is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import regex

from coo.adapters.resources import resource_dir, schema
from coo.adapters.strict_yaml import Document, load_yaml, validate
from coo.core.catalog import Catalog, Rule, build_rule
from coo.core.errors import InputError, InvalidFiles, Problem
from coo.core.patience import compiled


def load_catalog(extra: Sequence[Path] = (), check: bool = False) -> Catalog:
    """Load the bundled rules and those in further folders.

    Further folders are always checked in full; the bundled ones only with `check` (tests and `rules check` do).
    Raises `InvalidFiles` with every fault, `InputError` when a folder cannot be read.
    """
    bundled, problems = read_rules(resource_dir("rules"), full=check)
    further: list[Rule] = []
    for folder in extra:
        more, faults = read_rules(folder, full=True)
        further += more
        problems += faults
    problems += across(further, bundled)
    rules = [*bundled, *further]
    if check:
        problems += across(rules)
    if problems:
        raise InvalidFiles("rules", problems)
    return Catalog(rules)


def read_rules(folder: Path, full: bool) -> tuple[list[Rule], list[Problem]]:
    """Read every rule file below a folder. Raises `InputError` when there is none."""
    if not folder.is_dir():
        raise InputError("no-such-folder", f"{folder}: not a folder", "give a folder of rule files (*.yml)")
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".yml", ".yaml") and p.is_file())
    if not files:
        raise InputError("no-rules", f"{folder}: no rule files (*.yml) in this folder", "see docs/rule-format.md")
    rules: list[Rule] = []
    problems: list[Problem] = []
    for path in files:
        rule, faults = read_rule(path, full)
        problems += faults
        if rule is not None:
            rules.append(rule)
    return rules, problems


def read_rule(path: Path, full: bool = True) -> tuple[Rule | None, list[Problem]]:
    """Read one rule file; gives the rule (None when faults forbid it) and every fault."""
    shown = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None, [Problem(shown, 1, 1, "not-utf8", "the file is not UTF-8 text", "save it as UTF-8")]
    except OSError as error:
        return None, [Problem(shown, 1, 1, "unreadable", error.strerror or str(error), "check the file's permissions")]
    document, problems = load_yaml(text, shown)
    if document is None:
        return None, problems
    if full:
        problems += validate(document, schema("rule"))
        problems += list(_checks(document, path))
    if problems:
        return None, problems
    try:
        return build_rule(document.data, shown), []
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return None, [document.problem((), "schema", f"not a rule: {error!r}", "run `coo rules check`")]


def _checks(document: Document, path: Path) -> Iterable[Problem]:
    """What a JSON Schema cannot say: names, folders and patterns."""
    data = document.data
    if not isinstance(data, dict):
        return
    if data.get("id") != path.stem:
        yield document.problem(("id",), "id-not-file-name", f"the id is '{data.get('id')}', the file '{path.name}'",
                               f"name the file {data.get('id')}.yml")  # fmt: skip
    categories = ("branch_conflict", "test_failure", "dependency_issue", "security_scan", "infrastructure",
                  "authentication")  # fmt: skip
    if path.parent.name in categories and data.get("category") != path.parent.name:
        yield document.problem(("category",), "category-not-folder",
                               f"the category is '{data.get('category')}', the folder '{path.parent.name}'",
                               "move the file or change the category")  # fmt: skip
    match = data.get("match")
    groups: list[tuple[tuple[str | int, ...], object]] = []
    if isinstance(match, dict):
        for key in ("any", "all", "none"):
            if isinstance(match.get(key), list):
                groups += [(("match", key, i), pattern) for i, pattern in enumerate(match[key])]
        groups += [(("match", key), match[key]) for key in ("step", "job") if key in match]
    if isinstance(data.get("captures"), dict):
        groups += [(("captures", name), pattern) for name, pattern in data["captures"].items()]
    for place, pattern in groups:
        if isinstance(pattern, str):
            yield from _pattern(document, place, pattern)


def _pattern(document: Document, place: tuple[str | int, ...], pattern: str) -> Iterable[Problem]:
    try:
        made = compiled(pattern)
    except regex.error as error:
        yield document.problem(place, "regex", f"the pattern does not compile: {error}",
                               "test the pattern with the `regex` module of Python")  # fmt: skip
        return
    if made.search("") is not None:
        yield document.problem(place, "regex-empty", "the pattern matches the empty line", "make a part of it required")


def across(rules: Sequence[Rule], known: Sequence[Rule] = ()) -> list[Problem]:
    """What can only be seen over all files: ids used twice, references to rules that do not exist.

    `known`: rules that are in force besides and were checked elsewhere (a file may be one of them).
    """
    problems: list[Problem] = []
    seen = {rule.id: rule for rule in known}
    for rule in rules:
        first = seen.setdefault(rule.id, rule)
        if Path(first.path).absolute() != Path(rule.path).absolute():
            problems.append(Problem(rule.path, 1, 1, "duplicate-id",
                                    f"the id '{rule.id}' is also in {first.path}", "give it another id"))  # fmt: skip
    for rule in rules:
        for name in (*rule.supersedes, *([rule.replaced_by] if rule.replaced_by else [])):
            if name not in seen:
                problems.append(Problem(rule.path, 1, 1, "unknown-rule", f"there is no rule '{name}'",
                                        _near(name, seen)))  # fmt: skip
            elif rule.id in seen[name].supersedes and name in rule.supersedes:
                both = f"the rules '{rule.id}' and '{name}' supersede each other: where both fire, neither decides"
                problems.append(Problem(rule.path, 1, 1, "supersedes-each-other", both,
                                        "leave it in the one that knows more"))  # fmt: skip
    return problems


def _near(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), 1)
    return f"did you mean '{near[0]}'?" if near else "remove it, or add the rule"
