"""Playbooks as files: what the schema by itself refuses, every fault at once, and where each stands."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from coo.adapters.playbook_file import check_playbook, find_playbook, load_playbook
from coo.adapters.resources import resource_dir, schema
from coo.adapters.strict_yaml import load_yaml
from coo.core.errors import InputError, InvalidFiles, Problem

RERUN = """id: mine
plays:
  - id: again
    when: {category: infrastructure, source: rule, transient: true}
    do: rerun-failed-jobs
    guards: [attempts-left]
"""
DELETION = """id: mine
plays:
  - id: stale
    when: {category: branch_conflict, source: rule}
    do: delete-branch-and-rerun
    guards:
      - branch-pattern: [automated/*]
      - same-repository
"""
CONFIRMATION = """id: mine
plays:
  - id: again
    when: {category: test_failure, source: rule, subtype: [jest-failure, '*-test-failure']}
    do: rerun-to-confirm-flaky
    guards: [not-failed-for-good]
"""


def faults(tmp_path: Path, text: str) -> list[Problem]:
    """What is wrong with a playbook's text, and that the schema alone says so too."""
    path = tmp_path / "mine.yml"
    path.write_text(text, encoding="utf-8")
    playbook, problems = check_playbook(path)
    assert (playbook is None) == bool(problems)
    return problems


def refused_by_the_schema_alone(text: str) -> bool:
    document, problems = load_yaml(text, "mine.yml")
    assert document is not None and not problems
    return not jsonschema.Draft202012Validator(schema("playbook")).is_valid(document.data)


@pytest.mark.parametrize("text", [RERUN, DELETION, CONFIRMATION])
def test_the_models_of_these_tests_are_good(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, text) == []


@pytest.mark.parametrize("source", ["model", "none", "[rule, model]", "[model]", "[]"])
@pytest.mark.parametrize("text", [RERUN, DELETION, CONFIRMATION])
def test_no_action_on_a_models_verdict(tmp_path: Path, text: str, source: str) -> None:
    bad = text.replace("source: rule", f"source: {source}")
    assert refused_by_the_schema_alone(bad)
    assert "action-on-model-verdict" in {problem.code for problem in faults(tmp_path, bad)}


@pytest.mark.parametrize("text", [RERUN, DELETION, CONFIRMATION])
def test_no_action_where_the_source_is_not_said(tmp_path: Path, text: str) -> None:
    bad = text.replace(", source: rule", "")
    assert refused_by_the_schema_alone(bad)
    assert [problem.code for problem in faults(tmp_path, bad)] == ["action-on-model-verdict"]


@pytest.mark.parametrize("category", ["unknown", "security_scan", "authentication", "[infrastructure, unknown]"])
@pytest.mark.parametrize("text", [RERUN, DELETION, CONFIRMATION])
def test_no_action_on_categories_that_are_for_people(tmp_path: Path, text: str, category: str) -> None:
    bad = text.replace("category: infrastructure", f"category: {category}")
    bad = bad.replace("category: branch_conflict", f"category: {category}")
    bad = bad.replace("category: test_failure", f"category: {category}")
    assert refused_by_the_schema_alone(bad)
    assert "action-on-category" in {problem.code for problem in faults(tmp_path, bad)}


@pytest.mark.parametrize("text", [RERUN, DELETION, CONFIRMATION])
def test_no_action_where_the_category_is_not_said(tmp_path: Path, text: str) -> None:
    bad = text.replace("category: infrastructure, ", "").replace("category: branch_conflict, ", "")
    bad = bad.replace("category: test_failure, ", "")
    assert refused_by_the_schema_alone(bad)
    assert "action-on-category" in {problem.code for problem in faults(tmp_path, bad)}


@pytest.mark.parametrize("text", [RERUN, DELETION, CONFIRMATION])
def test_no_action_without_conditions(tmp_path: Path, text: str) -> None:
    bad = "\n".join(line for line in text.splitlines() if "when:" not in line)
    assert refused_by_the_schema_alone(bad)
    assert {"action-on-model-verdict", "action-on-category"} <= {problem.code for problem in faults(tmp_path, bad)}


@pytest.mark.parametrize("guards", ["", "    guards: []\n"])
def test_no_action_without_guards(tmp_path: Path, guards: str) -> None:
    bad = RERUN.replace("    guards: [attempts-left]\n", guards)
    assert refused_by_the_schema_alone(bad)
    assert [problem.code for problem in faults(tmp_path, bad)] == ["action-without-guards"]


@pytest.mark.parametrize("guards", ["[same-repository]", "[]", "[branch-pattern]", "[{branch-pattern: []}]"])
def test_no_deletion_without_a_branch_pattern(tmp_path: Path, guards: str) -> None:
    bad = DELETION[: DELETION.index("    guards:")] + f"    guards: {guards}\n"
    assert refused_by_the_schema_alone(bad)
    assert faults(tmp_path, bad)


@pytest.mark.parametrize(
    "pattern",
    [
        "'*'",
        "'**'",
        "'*/x'",
        "'?*'",
        "main",
        "'a*'",
        "'refs/*'",
        "refs/heads/x",
        "'automated/../*'",
        "'автo/*'",
        "'[a]/*'",
        "''",
    ],
)
def test_no_deletion_by_a_pattern_that_may_mean_any_branch(tmp_path: Path, pattern: str) -> None:
    bad = DELETION.replace("automated/*", pattern)
    assert refused_by_the_schema_alone(bad)
    (problem,) = faults(tmp_path, bad)
    assert (problem.line, "automated/*" in problem.help) == (7, True)


@pytest.mark.parametrize("pattern", ["auto/**", "renovate-*", "bot_x/*", "dependabot/npm/*"])
def test_patterns_with_a_literal_prefix_are_good(tmp_path: Path, pattern: str) -> None:
    assert faults(tmp_path, DELETION.replace("automated/*", pattern)) == []


def test_a_branch_is_deleted_for_a_branch_conflict_only(tmp_path: Path) -> None:
    bad = DELETION.replace("branch_conflict", "infrastructure")
    assert refused_by_the_schema_alone(bad)
    assert [problem.code for problem in faults(tmp_path, bad)] == ["deletion-on-category"]


def test_every_fault_is_told_at_once_with_its_place_and_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_text(
        "id: Mine\n"
        "limits: {attempts: 99}\n"
        "plays:\n"
        "  - id: a\n"
        "    when: {categroy: unknown, source: model}\n"
        "    do: rerun-failed-jobs\n"
        "    guards: [attempt-left]\n"
        "    priority: P7\n",
        encoding="utf-8",
    )
    with pytest.raises(InvalidFiles) as invalid:
        load_playbook(path)
    problems = invalid.value.problems
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)
    assert {1, 2, 5, 7, 8} <= {problem.line for problem in problems}
    text = str(invalid.value)
    assert "did you mean 'category'?" in text
    assert "did you mean 'attempts-left'?" in text
    assert f"{path}:5:" in text
    assert "an action needs a rule's verdict" in text
    assert all(problem.help for problem in problems if problem.code != "schema")


def test_surprises_of_yaml_are_faults(tmp_path: Path) -> None:
    codes = {problem.code for problem in faults(tmp_path, RERUN + "id: again\n")}
    assert codes == {"duplicate-key"}


def test_two_plays_of_one_name_and_plays_that_none_can_reach(tmp_path: Path) -> None:
    text = (
        "id: mine\n"
        "plays:\n"
        "  - {id: a, do: report-only, when: {attempt: {min: 3, max: 2}}}\n"
        "  - {id: a, do: escalate}\n"
        "  - {id: b, do: escalate}\n"
    )
    problems = faults(tmp_path, text)
    assert [(problem.line, problem.code) for problem in problems] == [
        (3, "unreachable-play"),
        (4, "duplicate-play"),
        (5, "unreachable-play"),
    ]


@pytest.mark.parametrize("text", ["", "[]", "id: x", "plays: 3\nid: x", "id: x\nplays: []", "- a\n- b", "id: [", "\t"])
def test_what_is_no_playbook_is_said_and_no_crash(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary.yml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.yml", tmp_path, tmp_path / "binary.yml"):
        with pytest.raises(InputError) as unreadable:
            check_playbook(path)
        assert unreadable.value.exit_code == 2


def test_a_playbook_is_found_by_name_or_by_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_text(RERUN, encoding="utf-8")
    (tmp_path / "mine.md").write_text("## infrastructure\n\nOurs.\n", encoding="utf-8")
    assert find_playbook(str(path)) == path
    assert load_playbook(path).guidance.endswith("Ours.\n")
    assert find_playbook("default").name == "default.yml"
    with pytest.raises(InputError, match="no playbook"):
        find_playbook("nonesuch")
    with pytest.raises(InputError):
        find_playbook("../playbooks/default")


@pytest.mark.parametrize("path", sorted(resource_dir("playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_the_bundled_playbooks_are_good(path: Path) -> None:
    assert load_playbook(path).id == path.stem


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema("playbook"))


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (CONFIRMATION.replace(", subtype: [jest-failure, '*-test-failure']", ""), "confirmation-without-subtype"),
        (CONFIRMATION.replace("[jest-failure, '*-test-failure']", "'*'"), "confirmation-without-subtype"),
        (
            CONFIRMATION.replace("[jest-failure, '*-test-failure']", "[jest-failure, '**']"),
            "confirmation-without-subtype",
        ),
        (CONFIRMATION.replace("category: test_failure", "category: infrastructure"), "confirmation-on-category"),
        (
            CONFIRMATION.replace("category: test_failure", "category: [test_failure, dependency_issue]"),
            "confirmation-on-category",
        ),
    ],
)
def test_no_re_run_to_see_of_what_is_no_test(tmp_path: Path, bad: str, code: str) -> None:
    assert refused_by_the_schema_alone(bad)
    assert code in {problem.code for problem in faults(tmp_path, bad)}


@pytest.mark.parametrize("wait", ["15", "15s", "0m", "1d", "10000m", "-5m", "15 m"])
def test_a_wait_is_minutes_or_hours(tmp_path: Path, wait: str) -> None:
    assert faults(tmp_path, RERUN + "    with: {after: 2h}\n") == []
    bad = RERUN + f"    with: {{after: '{wait}'}}\n"
    assert refused_by_the_schema_alone(bad)
    assert faults(tmp_path, bad)
    assert faults(tmp_path, CONFIRMATION + "    with: {after: 15m}\n"), "only a plain re-run waits"
