"""Which play answers which failure, and what the bundled playbooks say."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from coo.actions.escalate import address
from coo.adapters.playbook_file import find_playbook, load_playbook
from coo.adapters.rule_files import load_catalog
from coo.core.classify import unknown
from coo.core.guidance import guidance, outline, sections
from coo.core.model import Category, Classification, Confidence, Decision, Owner, Priority, Run, Severity, Source
from coo.core.playbook import (
    NO_PLAY,
    Action,
    Play,
    Playbook,
    When,
    is_mixed,
    select,
    unmet,
    verdict_owner,
)
from coo.core.playbook_data import playbook_from

RUN = Run(
    repo="acme/shop", id=1, attempt=2, workflow="Nightly build", workflow_path=".github/workflows/nightly.yml",
    event="schedule", branch="feature/x", sha="a" * 40, head_repo="acme/shop", status="completed", conclusion="failure",
    url="", default_branch="main",
)  # fmt: skip
RULED = replace(
    unknown(()), category=Category.INFRASTRUCTURE, subtype="runner-lost", severity=Severity.MINOR, source=Source.RULE,
    rule_id="runner-lost", confidence=Confidence.HIGH, owner=Owner.COO, transient=True,
)  # fmt: skip
DEFAULT = load_playbook(find_playbook("default"))


def verdict(category: str, subtype: str = "any", **values: object) -> Classification:
    """A rule's verdict of a category."""
    base = replace(RULED, category=Category(category), subtype=subtype, transient=False, severity=Severity.MAJOR)
    return replace(base, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "holds", "fails"),
    [
        ("category", ("infrastructure", "unknown"), ("unknown",)),
        ("subtype", ("runner-*",), ("other-*",)),
        ("rule", ("runner-lost",), ("runner",)),
        ("severity", ("minor",), ("major", "critical")),
        ("confidence", ("high",), ("low",)),
        ("source", ("rule",), ("model", "none")),
        ("owner", ("COO",), ("CTO",)),
        ("event", ("schedule", "push"), ("push",)),
        ("conclusion", ("failure",), ("cancelled",)),
        ("branch", ("feature/*",), ("feature", "Feature/*")),
        ("workflow", ("*nightly*",), ("nightly",)),
        ("workflow", ("*/nightly.yml",), ("nightly.yml",)),
        ("transient", True, False),
        ("ambiguous", False, True),
        ("default_branch", False, True),
        ("mixed", False, True),
        ("attempt", (1, 2), (3, 9)),
        ("attempt", (2, 9), (1, 1)),
    ],
)
def test_each_condition(name: str, holds: object, fails: object) -> None:
    assert unmet(When(**{name: holds}), RUN, RULED) == ()  # type: ignore[arg-type]
    assert unmet(When(**{name: fails}), RUN, RULED) == (name,)  # type: ignore[arg-type]


def test_every_condition_must_hold() -> None:
    when = When(category=("infrastructure",), severity=("major",), branch=("main",))
    assert unmet(when, RUN, RULED) == ("severity", "branch")


def test_the_first_play_that_holds_is_taken() -> None:
    plays = (
        Play("no", Action.RERUN, When(category=("unknown",))),
        Play("first", Action.ESCALATE, When(transient=True)),
        Play("second", Action.REPORT_ONLY),
    )
    assert select(Playbook("x", plays), RUN, RULED).id == "first"
    assert select(Playbook("x", plays), RUN, replace(RULED, transient=False)).id == "second"


def test_no_play_means_a_report_only() -> None:
    assert select(Playbook("x", ()), RUN, RULED) is NO_PLAY
    assert NO_PLAY.action is Action.REPORT_ONLY


def test_the_owner_never_comes_from_a_model() -> None:
    assert verdict_owner(replace(RULED, owner=Owner.CEO)) is Owner.CEO
    assert verdict_owner(replace(RULED, owner=Owner.CEO, source=Source.MODEL)) is Owner.CTO
    leak = replace(RULED, owner=Owner.CMO, source=Source.MODEL, category=Category.SECURITY_SCAN)
    assert verdict_owner(leak) is Owner.CISO


def test_mixed_means_more_than_one_category() -> None:
    assert not is_mixed([RULED, replace(RULED, subtype="other")])
    assert is_mixed([RULED, unknown(())])


def test_a_playbook_is_made_of_checked_data() -> None:
    made = playbook_from(
        {
            "id": "mine",
            "limits": {"attempts": 2},
            "owners": {"CTO": {"assignees": ["mona"], "labels": ["team"]}},
            "plays": [
                {
                    "id": "a",
                    "when": {"category": "infrastructure", "attempt": {"max": 2}, "mixed": False},
                    "do": "rerun-failed-jobs",
                    "guards": ["attempts-left", {"branch-pattern": "automated/*"}],
                    "on_guard_failure": {"owner": "CEO"},
                    "issue": {"labels": ["ci"]},
                },
                {"id": "b", "do": "escalate", "on_guard_failure": "report-only"},
            ],
        }
    )
    first, second = made.plays
    assert made.limits.attempts == 2
    assert first.when == When(category=("infrastructure",), attempt=(1, 2), mixed=False)
    assert first.branch_patterns == ("automated/*",)
    assert (first.on_guard_failure.action, first.on_guard_failure.owner) == (Action.ESCALATE, Owner.CEO)
    assert second.on_guard_failure.action is Action.REPORT_ONLY
    to = address(made, Decision("a", "escalate", Owner.CTO, Priority.P1), Category.INFRASTRUCTURE)
    assert to.labels == ("coo", "agent:cto", "p1", "workflow:infrastructure", "ci", "team")
    assert to.assignees == ("mona",)


@pytest.mark.parametrize(
    ("found", "run", "play", "action", "owner"),
    [
        (
            verdict("branch_conflict", "git-push-rejected"),
            {},
            "stale-automation-branch",
            "delete-branch-and-rerun",
            "COO",
        ),
        (verdict("branch_conflict", "merge-conflict"), {}, "branch-conflict", "escalate", "CTO"),
        (verdict("test_failure"), {}, "failing-code", "escalate", "CTO"),
        (verdict("test_failure"), {"branch": "main"}, "broken-default-branch", "escalate", "CTO"),
        (verdict("test_failure", transient=True), {}, "failing-code", "escalate", "CTO"),
        (verdict("test_failure", "jest-failure"), {}, "failed-test", "rerun-to-confirm-flaky", "COO"),
        (
            verdict("test_failure", "jest-failure"),
            {"branch": "main"},
            "failed-test-on-default-branch",
            "rerun-to-confirm-flaky",
            "COO",
        ),
        (verdict("test_failure", "jest-failure", confidence=Confidence.LOW), {}, "failing-code", "escalate", "CTO"),
        (verdict("test_failure", "jest-failure", source=Source.MODEL), {}, "failing-code", "escalate", "CTO"),
        (
            verdict("test_failure", "jest-failure"),
            {"branch": "main", "workflow": "Release"},
            "release-blocked",
            "escalate",
            "CPO",
        ),
        (verdict("test_failure", "jest-failure"), {"branch": "release/1"}, "release-branch-blocked", "escalate", "CPO"),
        (verdict("dependency_issue"), {}, "dependency", "escalate", "CTO"),
        (verdict("dependency_issue", transient=True), {}, "transient-infrastructure", "rerun-failed-jobs", "COO"),
        (verdict("security_scan"), {}, "security-finding", "escalate", "CISO"),
        (verdict("security_scan", severity=Severity.CRITICAL), {}, "critical-security", "escalate", "CISO"),
        (verdict("authentication", transient=True), {}, "access-refused", "escalate", "CISO"),
        (verdict("infrastructure", transient=True), {}, "transient-infrastructure", "rerun-failed-jobs", "COO"),
        (verdict("infrastructure"), {}, "infrastructure", "escalate", "CTO"),
        (verdict("infrastructure", "actions-billing"), {}, "quota-or-billing", "escalate", "CEO"),
        (
            verdict("infrastructure", severity=Severity.CRITICAL),
            {"branch": "main"},
            "critical-incident",
            "escalate",
            "CEO",
        ),
        (verdict("test_failure"), {"branch": "main", "workflow": "Deploy"}, "release-blocked", "escalate", "CPO"),
        (verdict("test_failure"), {"branch": "release/1"}, "release-branch-blocked", "escalate", "CPO"),
        (verdict("test_failure"), {"event": "release"}, "release-event-blocked", "escalate", "CPO"),
        (
            verdict("test_failure"),
            {"branch": "main", "workflow": "Publish docs"},
            "publishing-blocked",
            "escalate",
            "CMO",
        ),
        (unknown(()), {}, "unrecognised", "escalate", "CTO"),
        (unknown(()), {"conclusion": "cancelled"}, "cancelled", "report-only", "CTO"),
        (
            verdict("infrastructure", "job-cancelled", transient=True),
            {"conclusion": "cancelled"},
            "cancelled",
            "report-only",
            "CTO",
        ),
        (
            verdict("branch_conflict", "git-push-rejected", source=Source.MODEL),
            {},
            "branch-conflict",
            "escalate",
            "CTO",
        ),
        (verdict("infrastructure", transient=True, source=Source.MODEL), {}, "infrastructure", "escalate", "CTO"),
        (
            verdict("branch_conflict", "git-push-rejected", confidence=Confidence.LOW),
            {},
            "branch-conflict",
            "escalate",
            "CTO",
        ),
    ],
)
def test_the_default_playbook(found: Classification, run: dict[str, str], play: str, action: str, owner: str) -> None:
    taken = select(DEFAULT, replace(RUN, **run), found)  # type: ignore[arg-type]
    assert (taken.id, taken.action, taken.owner) == (play, action, owner)


def test_the_default_playbook_acts_on_no_verdict_that_is_not_a_rules() -> None:
    for play in DEFAULT.plays:
        if play.action.remedies:
            assert play.when.source == ("rule",)
            assert not {"unknown", "security_scan", "authentication"} & set(play.when.category)
            assert play.on_guard_failure.owner is Owner.CTO


def test_only_failures_of_test_runners_are_re_run_to_see() -> None:
    rules = {rule.subtype: rule for rule in load_catalog().rules if rule.category is Category.TEST_FAILURE}
    first, second = (play.when.subtype for play in DEFAULT.plays if play.action is Action.CONFIRM_FLAKY)
    assert first == second and len(set(first)) == len(first)
    assert set(first) <= set(rules)
    other = re.compile("lint|format|compil|config|coverage|missing|invalid|syntax|no-tests|collection|usage|build")
    assert [name for name in first if other.search(name)] == []
    for name in ("jest-failure", "pytest-failure", "go-test-failure", "cargo-test-failure", "maven-surefire-failure"):
        assert name in first


def test_every_category_has_its_prose_and_the_prose_names_real_plays() -> None:
    prose = sections(DEFAULT.guidance)
    assert set(prose) == set(Category)
    plays = {play.id for play in DEFAULT.plays}
    for text in prose.values():
        for line in text.splitlines():
            if "lay `" in line or "lays `" in line:
                named = re.findall(r"`([a-z]+(?:-[a-z]+)+|infrastructure|dependency|cancelled|unrecognised)`", line)
                assert named and set(named) <= plays, line


def test_the_report_only_playbook_only_reports() -> None:
    only = load_playbook(find_playbook("report-only"))
    assert {play.action for play in only.plays} == {Action.REPORT_ONLY}
    assert only.plays[-1].when == When()


PROSE = """# Title

Introduction.

## infrastructure

Machines.

More of them.

```
## authentication
```

### A detail

## `authentication`
Tokens.

## Something else

Not a category.
"""


def test_guidance_gives_the_sections_that_are_asked_for() -> None:
    assert guidance(PROSE, ["authentication"]) == "## `authentication`\nTokens."
    both = guidance(PROSE, ["authentication", "infrastructure", "unknown"])
    assert both.startswith("## `authentication`\nTokens.\n\n## infrastructure\n\nMachines.")
    assert "### A detail" in both
    assert "Not a category" not in both
    assert guidance(PROSE, []) == guidance("", ["infrastructure"]) == ""


def test_an_outline_has_what_belongs_to_each_category() -> None:
    assert outline(PROSE, ["infrastructure"]) == "## infrastructure\n\nMachines."
