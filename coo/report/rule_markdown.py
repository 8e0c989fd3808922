"""The pages of rules as Markdown: one a rule, and an index; the same source as `coo explain`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from coo.authoring.lock import Lock, Locked
from coo.core.catalog import Catalog, Example, Rule
from coo.core.neutralise import code_block, code_span, markdown_inline
from coo.report.prose import prose
from coo.report.rule_page import facts, pattern_lines, superseded_by

MARK = "<!-- Made by `coo rules docs` from the rule's file: change the rule, not this page. -->"
"""The first line of every page that is made; a page without it belongs to somebody else."""
INDEX = "README.md"
_URL = re.compile(r"https://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")


def rule_pages(catalog: Catalog, lock: Lock | None = None) -> dict[str, str]:
    """Give every page by its path below the folder of pages: `<category>/<id>.md`, and the index.

    `lock`: the entries of the rules that are what was locked.
    """
    lives = lock or {}
    rules = sorted((*catalog.rules, *catalog.deprecated), key=lambda rule: (rule.category, rule.id))
    known = {rule.id: rule for rule in rules}
    pages = {_path(rule): _page(rule, catalog, known, lives.get(rule.id)) for rule in rules}
    return pages | {INDEX: _index(rules)}


def _path(rule: Rule) -> str:
    return f"{rule.category}/{rule.id}.md"


def _page(rule: Rule, catalog: Catalog, known: Mapping[str, Rule], locked: Locked | None) -> str:
    parts = [MARK, f"# {markdown_inline(rule.id)}", f"**{markdown_inline(rule.title)}**"]
    parts.append("\n".join(f"- {markdown_inline(fact)}" for fact in facts(rule, locked)))
    if rule.replaced_by:
        parts.append(f"This rule is deprecated and decides nothing. {_links([rule.replaced_by], known)} took over.")
    parts += ["## What it means", prose(rule.description), "## What to do", prose(rule.remediation)]
    parts += ["## Matches", code_block("\n".join(pattern_lines(rule)), "text")]
    if rule.captures:
        shown = "\n".join(f"{name}: {pattern}" for name, pattern in rule.captures.items())
        parts += ["The summary shows", code_block(shown, "text")]
    for heading, ids in (("Supersedes", rule.supersedes), ("Superseded by", superseded_by(rule, catalog))):
        parts += [f"## {heading}", _links(ids, known)] if ids else []
    if rule.false_positives:
        parts += ["## May also fire on", "\n".join(f"- {prose(text)}" for text in rule.false_positives)]
    parts += ["## Fires on", *_examples(rule.positive), "## Does not fire on", *_examples(rule.negative)]
    parts += ["## References", "\n".join(f"- {_address(url)}" for url in rule.references)]
    return "\n\n".join(parts) + "\n"


def _examples(examples: Sequence[Example]) -> Iterable[str]:
    for example in examples:
        yield f"{markdown_inline(example.name)}:"
        yield code_block(example.log, "text")


def _address(url: str) -> str:
    return f"<{url}>" if _URL.fullmatch(url) else markdown_inline(url)


def _links(ids: Iterable[str], known: Mapping[str, Rule]) -> str:
    """Rules by id, as links from a rule's page."""
    return ", ".join(f"[{code_span(name)}](../{_path(known[name])})" if name in known else code_span(name)
                     for name in sorted(ids))  # fmt: skip


def _index(rules: Sequence[Rule]) -> str:
    parts = [
        MARK,
        "# Rules",
        f"{len(rules)} rules, each with a page: what it means, what to do, what it matches, examples and references. "
        "`coo explain RULE` shows the same in a terminal. In the examples `## [` stands for a runner's command without "
        "the blank, so that printing a page starts none.",
        "[By category](#by-category) · [By tool](#by-tool)",
        "## By category",
    ]
    for category in dict.fromkeys(rule.category for rule in rules):
        own = [rule for rule in rules if rule.category is category]
        rows = [f"| {_entry(rule)} | {markdown_inline(rule.title)} | {rule.kind} | {rule.status} |" for rule in own]
        parts += [f"### {markdown_inline(category)}", f"{len(own)} rules."]
        parts.append("\n".join(["| rule | what happened | kind | status |", "|---|---|---|---|", *rows]))
    parts += ["## By tool", "The tool is the first word of a rule's id."]
    tools: dict[str, list[Rule]] = {}
    for rule in sorted(rules, key=lambda rule: rule.id):
        tools.setdefault(rule.id.partition("-")[0], []).append(rule)
    parts.append("\n".join(f"- {tool}: {', '.join(map(_entry, own))}" for tool, own in tools.items()))
    return "\n\n".join(parts) + "\n"


def _entry(rule: Rule) -> str:
    return f"[{markdown_inline(rule.id)}]({_path(rule)})"
