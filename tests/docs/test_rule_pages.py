"""The pages of rules are what the rules say, lead somewhere, and hold nothing that acts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from coo.adapters.rule_docs import differing
from coo.adapters.rule_files import load_catalog
from coo.adapters.rule_lock import locks_of
from coo.cli.main import run
from coo.core.catalog import Catalog, Example
from coo.core.model import Confidence, Severity
from coo.report.rule_markdown import INDEX, MARK, rule_pages
from tests.docs.pages import ROOT, RULE_PAGES, links

FOLDER = ROOT / "docs" / "rules"
CATALOG = load_catalog()
PAGES = rule_pages(CATALOG, locks_of((*CATALOG.rules, *CATALOG.deprecated)))


def test_the_pages_are_what_the_rules_say() -> None:
    """After a change to a rule: `coo rules docs`."""
    assert differing(FOLDER, PAGES, MARK) == {}


def test_links_between_rules_lead_somewhere() -> None:
    assert len(RULE_PAGES) == len(CATALOG.rules) + len(CATALOG.deprecated)
    between = {page: [link for link in links(page) if not link.startswith("https://")] for page in RULE_PAGES}
    broken = [(page, link) for page, found in between.items() for link in found if not (page.parent / link).is_file()]
    assert broken == []
    assert sum(map(len, between.values())) > 100


def test_the_index_names_each_rule_by_category_and_by_tool() -> None:
    found = list(links(FOLDER / INDEX))
    assert {found.count(f"{rule.category}/{rule.id}.md") for rule in CATALOG.rules} == {2}


def test_a_page_tells_since_when_its_rule_decides_so() -> None:
    rule = CATALOG.rules[0]
    name = f"{rule.category}/{rule.id}.md"
    lock = locks_of([rule])
    assert f"- version {lock[rule.id].version} · decides so since {lock[rule.id].changed}\n" in PAGES[name]
    changed = replace(rule, severity=Severity.CRITICAL, confidence=Confidence.LOW, transient=not rule.transient)
    assert locks_of([changed]) == {}
    assert "decides so since" not in rule_pages(Catalog([changed]), locks_of([changed]))[name]


def test_a_hostile_rule_makes_a_harmless_page() -> None:
    rule = replace(
        CATALOG.rules[0],
        title="[x](https://evil.example) @owner <script>",
        description="<img src=x>\n```\n::error::x",
        references=("https://a.example/>[x](https://evil.example)",),
        positive=(Example("![a](b)", "```\n</details>\n##[error]x\n::set-output name=a::b"),),
    )
    page = rule_pages(Catalog([rule]))[f"{rule.category}/{rule.id}.md"]
    assert page.splitlines()[0] == MARK
    tokens = MarkdownIt("commonmark").parse(page.removeprefix(MARK))
    inner = [child for token in tokens for child in token.children or ()]
    assert not {"html_block", "html_inline", "link_open", "image"} & {token.type for token in (*tokens, *inner)}
    assert "##[" not in page and "\n::" not in page


def test_a_deprecated_rule_has_a_page_that_says_so() -> None:
    old = replace(CATALOG.rules[0], status="deprecated", replaced_by=CATALOG.rules[1].id)
    pages = rule_pages(Catalog([old, CATALOG.rules[1]]))
    assert f"is deprecated and decides nothing. [`{CATALOG.rules[1].id}`](../" in pages[f"{old.category}/{old.id}.md"]


def test_writing_and_checking(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "docs", "--check", "-o", str(tmp_path)]) == 1
    assert run(["rules", "docs", "-o", str(tmp_path)]) == 0
    assert run(["rules", "docs", "--check", "-o", str(tmp_path)]) == 0
    one, two = f"{CATALOG.rules[0].category}/{CATALOG.rules[0].id}.md", "infrastructure/no-such-rule.md"
    (tmp_path / one).write_text("changed")
    (tmp_path / two).write_text(MARK)
    (tmp_path / "infrastructure/mine.md").write_text("# My own notes\n")
    capsys.readouterr()
    assert run(["rules", "docs", "--check", "-o", str(tmp_path)]) == 1
    assert set(capsys.readouterr().out.splitlines()) == {f"{tmp_path / one}: differs", f"{tmp_path / two}: left over"}
    assert run(["rules", "docs", "-o", str(tmp_path)]) == 0
    assert differing(tmp_path, PAGES, MARK) == {}
    assert not (tmp_path / two).exists()
    assert (tmp_path / "infrastructure/mine.md").exists()
