"""What the schema asks of plays that merge branches or cancel runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from coo.adapters.playbook_file import check_playbook

MERGE = """id: mine
plays:
  - id: behind
    when: {category: branch_conflict, source: rule}
    do: merge-base-and-rerun
    guards:
      - branch-pattern: [automated/*]
"""
CANCEL = """id: mine
plays:
  - id: race
    when: {category: branch_conflict, source: rule}
    do: cancel-superseded-runs
    guards: [has-superseded-runs]
"""


def codes(tmp_path: Path, text: str) -> set[str]:
    path = tmp_path / "mine.yml"
    path.write_text(text, encoding="utf-8")
    return {problem.code for problem in check_playbook(path)[1]}


@pytest.mark.parametrize("text", [MERGE, CANCEL, CANCEL + "    with: {default-branch: true}\n"])
def test_good_ones(tmp_path: Path, text: str) -> None:
    assert codes(tmp_path, text) == set()


@pytest.mark.parametrize("text", [MERGE, CANCEL])
def test_none_on_a_models_verdict_or_an_unknown_failure(tmp_path: Path, text: str) -> None:
    assert "action-on-model-verdict" in codes(tmp_path, text.replace("source: rule", "source: model"))
    assert "action-on-category" in codes(tmp_path, text.replace("branch_conflict", "unknown"))


def test_no_merge_without_a_branch_pattern_or_for_other_failures(tmp_path: Path) -> None:
    assert "deletion-without-branch-pattern" in codes(
        tmp_path, MERGE.replace("- branch-pattern: [automated/*]", "- base-mergeable")
    )
    assert codes(tmp_path, MERGE.replace("automated/*", "'*'"))
    assert "deletion-on-category" in codes(tmp_path, MERGE.replace("branch_conflict", "infrastructure"))
    assert codes(tmp_path, MERGE + "    with: {branch: main}\n")


@pytest.mark.parametrize("params", ["default-branch: 'true'", "default-branch: 1", "branch: main", "runs: [1]"])
def test_no_other_parameters(tmp_path: Path, params: str) -> None:
    assert codes(tmp_path, CANCEL + f"    with: {{{params}}}\n")
