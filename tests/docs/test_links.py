"""Nothing in the documents points to what is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCUMENTS, ROOT, RULE_PAGES, anchors, code_spans, links, name_of, tables

_FOLDERS = ("coo/", "docs/", "tests/", "rules/", "playbooks/", "fixtures/", ".ci/", ".github/workflows/")


@pytest.mark.parametrize("page", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in links(page):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        if not aim.exists() or (anchor and anchor not in anchors(aim)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", DOCUMENTS, ids=name_of)
def test_addresses_are_encrypted(page: Path) -> None:
    assert [target for target in links(page) if target.startswith("http:")] == []


@pytest.mark.parametrize("page", DOCUMENTS, ids=name_of)
def test_paths_in_the_text_exist(page: Path) -> None:
    named = [span.partition("::")[0] for span in code_spans(page) if re.fullmatch(r"[\w./:-]+", span)]
    paths = [path for path in named if path.startswith(_FOLDERS)]
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_document_can_be_reached_from_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    lists = [ROOT / "docs" / kind / "README.md" for kind in ("rules", "actions")]
    linked = {(page.parent / target).resolve() for page in (index, *lists) for target in links(page)} | {index}
    assert {page for page in (*DOCUMENTS, *RULE_PAGES) if page.is_relative_to(ROOT / "docs")} <= linked


def test_the_readme_leads_to_the_index_and_can_be_read_at_once() -> None:
    readme = ROOT / "README.md"
    assert "docs/README.md" in set(links(readme))
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 160


@pytest.mark.parametrize(
    "row", [row for table in tables(ROOT / "docs" / "security.md") for row in table[1:]], ids=lambda row: row[0][:40]
)
def test_each_threat_names_tests_that_exist(row: list[str]) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row[2])
    assert named
    assert len(named) == row[2].count("`") // 2
    for path, test in named:
        assert f"\ndef {test}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{test}"


def test_decisions_are_numbered_and_have_their_parts() -> None:
    pages = [page for page in DOCUMENTS if page.parent.name == "adr"]
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        have = anchors(page)
        assert {"context", "decision", "consequences"} <= have, page.name
        assert have & {"tried", "measured"}, page.name
