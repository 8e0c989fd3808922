"""What a playbook may say of pins and messages, and what its schema refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coo.adapters.playbook_file import check_playbook
from coo.core.notice import NotifyRule
from coo.core.playbook import Action, Play

PIN = """\
id: p
plays:
  - id: pin
    when: {{category: {category}, source: rule}}
    do: pin-dependency
    with: {{{params}}}
    guards: [rule-verdict]
"""
TOLD = "id: p\nnotify: {rules}\nplays: [{{id: all, do: escalate}}]\n"


def codes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "p.yml"
    path.write_text(text, encoding="utf-8")
    return [problem.code for problem in check_playbook(path)[1]]


def pin(params: str = "", category: str = "dependency_issue") -> str:
    return PIN.format(params=params, category=category)


GOOD = (
    "requirements.txt", "api/requirements.txt", "a/b/requirements-dev.txt", "dev-requirements.txt", "constraints.txt",
    "requirements_test.txt", "package.json", "web/package.json", "crates/x/Cargo.toml",
)  # fmt: skip
BAD = (
    "/etc/requirements.txt", "../requirements.txt", "a/../requirements.txt", "a/..", "a/", "a//package.json",
    "./package.json", ".github/requirements.txt", ".github/workflows/ci.yml", "setup.py", "package.json.bak",
    "C:\\requirements.txt", "api\\requirements.txt", "requirements.txt%2e", "-r/requirements.txt",
)  # fmt: skip


@pytest.mark.parametrize("file", GOOD)
def test_files_that_a_playbook_may_name(tmp_path: Path, file: str) -> None:
    assert codes(tmp_path, pin(f"pull-request: true, file: {file}")) == []


@pytest.mark.parametrize("file", [*BAD, "requirements.txt\n", "a b/package.json", "requirements.txt\x00", ""])
def test_files_that_a_playbook_may_not_name(tmp_path: Path, file: str) -> None:
    assert codes(tmp_path, pin(f"pull-request: true, file: {json.dumps(file)}")) != []


def test_a_pull_request_needs_a_file(tmp_path: Path) -> None:
    assert codes(tmp_path, pin("pull-request: true")) != []
    assert codes(tmp_path, pin("pull-request: false")) == codes(tmp_path, pin()) == []


def test_only_dependencies_are_pinned(tmp_path: Path) -> None:
    assert "pin-on-category" in codes(tmp_path, pin(category="infrastructure"))


def test_no_other_parameter(tmp_path: Path) -> None:
    assert codes(tmp_path, pin("branch: main")) != []


def test_what_only_tells() -> None:
    assert Play("a", Action.PIN_DEPENDENCY).only_tells
    assert not Play("a", Action.PIN_DEPENDENCY, params={"pull-request": True}).only_tells
    assert not Play("a", Action.RERUN).only_tells and Play("a", Action.ESCALATE).only_tells


def test_who_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.yml"
    path.write_text(TOLD.format(rules="[{to: slack, when: {priority: [P0, P1], owner: CTO}}, {to: webhook}]"))
    playbook, problems = check_playbook(path)
    assert not problems and playbook is not None
    assert playbook.notify == (NotifyRule("slack", ("P0", "P1"), ("CTO",)), NotifyRule("webhook"))


@pytest.mark.parametrize(
    "rules",
    [
        "[{to: 'https://hooks.example/x'}]",
        "[{to: slack, url: 'https://hooks.example/x'}]",
        "[{when: {priority: P0}}]",
        "[{to: slack, when: {priority: P9}}]",
        "[{to: slack, when: {summary: x}}]",
        "[{to: slack, when: {priority: []}}]",
        "[slack]",
    ],
)
def test_a_playbook_holds_no_address(tmp_path: Path, rules: str) -> None:
    assert codes(tmp_path, TOLD.format(rules=rules)) != []
