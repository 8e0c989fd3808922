"""A rule's documentation as text: the source of `coo explain`."""

from __future__ import annotations

import textwrap

from coo.authoring.lock import Locked
from coo.core.catalog import Catalog, Rule


def rule_text(rule: Rule, catalog: Catalog, width: int = 80, locked: Locked | None = None) -> str:
    """Give everything a reader wants to know of a rule, for a terminal of a width. `locked`: its entry of the lock."""
    width = max(40, min(width, 100))
    parts = [f"{rule.id}: {rule.title}", "\n".join(facts(rule, locked)), _wrap(rule.description, width)]
    parts += [f"Replaced by\n  {rule.replaced_by}"] if rule.replaced_by else []
    parts.append("What to do\n" + _wrap(rule.remediation, width, "  "))
    parts.append("Matches\n" + textwrap.indent("\n".join(pattern_lines(rule)), "  "))
    ties = [("Supersedes", rule.supersedes), ("Superseded by", superseded_by(rule, catalog))]
    parts += [f"{name}\n" + _wrap(", ".join(ids), width, "  ") for name, ids in ties if ids]
    if rule.false_positives:
        parts.append("May also fire on\n" + "\n".join(_wrap(text, width, "  ") for text in rule.false_positives))
    for name, examples in (("Fires on", rule.positive), ("Does not fire on", rule.negative)):
        shown = [f"  ({e.name})\n" + textwrap.indent(e.log.rstrip(), "    ") for e in examples]
        parts.append(f"{name}\n" + "\n".join(shown))
    parts.append("References\n" + "\n".join(f"  {url}" for url in rule.references))
    return "\n\n".join(parts) + "\n"


def facts(rule: Rule, locked: Locked | None = None) -> list[str]:
    """The verdict that a rule gives in two lines, and a third one on its life when it is locked."""
    life = [f"version {locked.version} · decides so since {locked.changed}"] if locked else []
    return [
        f"{rule.category}/{rule.subtype} · {rule.kind} · {rule.severity} · confidence {rule.confidence}",
        f"owner {rule.owner} · {rule.status} · "
        + ("a re-run may heal it" if rule.transient else "a re-run will not heal it"),
        *life,
    ]


def superseded_by(rule: Rule, catalog: Catalog) -> list[str]:
    """The rules that beat this one because they say so, sorted."""
    return sorted(other.id for other in catalog.rules if rule.id in other.supersedes)


def pattern_lines(rule: Rule) -> list[str]:
    """What a rule looks for, a line for each pattern or condition."""
    match = rule.match
    out = [f"{name}: {pattern}" for name in ("any", "all", "none") for pattern in getattr(match, name)]
    if match.within_lines is not None:
        out.append(f"within {match.within_lines} lines")
    return out + [f"{name} named: {text}" for name, text in (("step", match.step), ("job", match.job)) if text]


def _wrap(text: str, width: int, indent: str = "") -> str:
    """Paragraphs filled to the width; list items keep lines of their own."""
    paragraphs: list[str] = []
    for line in text.splitlines():
        starts = not line.strip() or line.lstrip().startswith(("- ", "* ")) or line.startswith("    ")
        if starts or not paragraphs or not paragraphs[-1]:
            paragraphs.append(line.strip())
        else:
            paragraphs[-1] += " " + line.strip()
    fill = textwrap.TextWrapper(
        width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
    return "\n".join(fill.fill(paragraph) for paragraph in paragraphs)
