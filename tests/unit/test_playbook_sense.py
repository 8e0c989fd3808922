"""What can never be in a playbook is said, with its place; what may be is not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coo.actions.guards import MINIMUM
from coo.adapters.playbook_file import find_playbook, load_playbook
from coo.adapters.resources import resource_dir
from coo.adapters.rule_files import load_catalog
from coo.adapters.strict_yaml import load_yaml
from coo.authoring.playbook_sense import Advice, advise
from coo.core.catalog import Rule
from coo.core.globs import apart, covers_branch, covers_name
from coo.core.patterns import branch_matches, name_matches
from coo.core.playbook import Playbook
from coo.core.playbook_data import playbook_from


@cache
def rules() -> tuple[Rule, ...]:
    return load_catalog().rules


def advice_of(playbook: Playbook) -> list[Advice]:
    return advise(playbook, rules(), lambda action: MINIMUM.get(action, ()))


def advice(plays: str, head: str = "") -> list[tuple[str, str]]:
    """Codes and plays, of plays written one a line."""
    document, problems = load_yaml(f"id: test\n{head}plays:\n{plays}", "test.yml")
    assert document is not None and not problems
    names = [play["id"] for play in document.data["plays"]]
    return [(one.code, names[int(one.path[1])]) for one in advice_of(playbook_from(document.data))]


@pytest.mark.parametrize("path", sorted(resource_dir("playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_nothing_is_odd_in_the_bundled_playbooks(path: Path) -> None:
    assert advice_of(load_playbook(find_playbook(str(path)))) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("category: infrastructure", "{category: infrastructure, transient: true}"),
        ("category: [infrastructure, unknown]", "{category: unknown, default_branch: false}"),
        ("subtype: '*-full'", "{subtype: disk-full}"),
        ("branch: release/**", "{branch: [release/*, release/v1]}"),
        ("attempt: {min: 2}", "{attempt: {min: 3, max: 5}}"),
        ("failures_in_24h: {min: 3}", "{failures_in_24h: {min: 4}}"),
        ("conclusion: [failure, timed_out, cancelled, startup_failure]", "{mixed: true}"),
        ("source: [rule, none, model]", "{category: test_failure}"),
        ("ambiguous: false", "{source: rule}"),
        ("transient: false", "{source: model}"),
        ("category: unknown", "{source: none}"),
    ],
)
def test_a_play_whose_conditions_an_earlier_one_has(before: str, after: str) -> None:
    plays = f"  - {{id: a, do: escalate, when: {{{before}}}}}\n  - {{id: b, do: escalate, when: {after}}}\n"
    assert ("unreachable-play", "b") in advice(plays)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("category: infrastructure, transient: true", "{category: infrastructure}"),
        ("failures_in_24h: {min: 1}", "{category: unknown}"),
        ("subtype: '*'", "{category: test_failure}"),
        ("branch: release/*", "{branch: release/**}"),
        ("workflow: CI", "{workflow: C*}"),
        ("default_branch: true", "{branch: main}"),
        ("attempt: {max: 2}", "{attempt: {min: 2}}"),
        ("source: rule", "{category: infrastructure}"),
        ("event: push", "{category: infrastructure}"),
        ("severity: [critical, major]", "{source: rule}"),
        ("category: unknown", "{source: model}"),
    ],
)
def test_a_play_that_some_run_reaches(before: str, after: str) -> None:
    plays = f"  - {{id: a, do: escalate, when: {{{before}}}}}\n  - {{id: b, do: escalate, when: {after}}}\n"
    assert advice(plays) == []


def test_plays_that_take_every_failure_together() -> None:
    plays = (
        "  - {id: a, do: escalate, when: {source: rule}}\n"
        "  - {id: b, do: escalate, when: {source: [model, none]}}\n"
        "  - {id: c, do: escalate}\n"
    )
    assert advice(plays) == [("unreachable-play", "c")]


@pytest.mark.parametrize(
    "when",
    [
        "{source: rule, ambiguous: true}",
        "{source: model, transient: true}",
        "{source: none, category: infrastructure}",
        "{category: security_scan, transient: true}",
        "{category: infrastructure, rule: pytest-failed}",
    ],
)
def test_conditions_that_no_verdict_has_together(when: str) -> None:
    assert advice(f"  - {{id: a, do: escalate, when: {when}}}\n") == [("play-never-holds", "a")]


def test_the_fewest_conditions_are_named() -> None:
    when = "{category: security_scan, severity: [major, minor], transient: true, event: push}"
    document, _ = load_yaml(f"id: t\nplays: [{{id: a, do: escalate, when: {when}}}]", "t.yml")
    assert document is not None
    (one,) = advice_of(playbook_from(document.data))
    assert one.message == "the play 'a' never holds: no verdict has category: security_scan and transient: true"


def test_names_that_no_rule_has() -> None:
    assert advice("  - {id: a, do: escalate, when: {rule: npm-eresolv}}\n") == [("unknown-rule", "a")]
    assert advice("  - {id: a, do: escalate, when: {subtype: [disk-full, disk-fulll]}}\n") == [("unknown-subtype", "a")]
    assert advice("  - {id: a, do: escalate, when: {subtype: ['*-full', '*-to-come']}}\n") == []
    assert advice("  - {id: a, do: escalate, when: {subtype: [unmatched, logs-gone, ambiguous]}}\n") == []


@pytest.mark.parametrize(
    ("more", "guard"),
    [
        ("default_branch: true", "not-default"),
        ("branch: main", "branch-pattern"),
        ("attempt: {min: 3}", "attempts-left"),
        ("conclusion: cancelled", "run-still-failed"),
    ],
)
def test_guards_that_contradict_the_conditions(more: str, guard: str) -> None:
    play = (
        f"  - {{id: a, when: {{category: branch_conflict, source: rule, {more}}}, do: delete-branch-and-rerun,"
        " guards: [{branch-pattern: [auto/*]}]}\n"
    )
    document, _ = load_yaml(f"id: t\nplays:\n{play}", "t.yml")
    assert document is not None
    (one,) = advice_of(playbook_from(document.data))
    assert (one.code, f"'{guard}'" in one.message) == ("guard-never-holds", True)


def test_a_limit_of_nothing_and_owners_without_people() -> None:
    head = "limits: {per-day: {rerun-failed-jobs: 0}}\nowners: {CTO: {assignees: [mona]}}\n"
    plays = (
        "  - {id: a, when: {category: infrastructure, source: rule, transient: true}, do: rerun-failed-jobs}\n"
        "  - {id: b, when: {category: security_scan}, do: escalate, owner: CISO}\n"
        "  - {id: c, do: escalate, owner: CTO}\n"
    )
    assert advice(plays, head) == [("owner-without-people", "b"), ("guard-never-holds", "a")]


PATTERN = st.text(st.sampled_from("ab/*?"), max_size=6)
NAME = st.text(st.sampled_from("ab/"), max_size=6)


@given(PATTERN, PATTERN, NAME)
def test_what_is_said_of_patterns_is_so_for_names(wide: str, narrow: str, name: str) -> None:
    if covers_branch(wide, narrow) and branch_matches(name, narrow):
        assert branch_matches(name, wide)
    if covers_name(wide, narrow) and name_matches(name, narrow):
        assert name_matches(name, wide)
    if apart(wide, narrow):
        assert not (branch_matches(name, wide) and branch_matches(name, narrow))
