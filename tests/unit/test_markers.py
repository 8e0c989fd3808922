"""The hidden marks of issues: read back, brought up to date, and nothing that a log could write."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coo.actions.green import duration
from coo.actions.markers import (
    MAX_WORKFLOWS,
    after_marks,
    failing_of,
    fingerprint_marker,
    moment,
    opening_marks,
    recovered,
    retold,
    run_marker,
    seen_line,
    tally_of,
    withdrawn,
    workflow_key,
    workflow_marker,
)
from coo.actions.markers import first_tally as first
from coo.core.model import Run
from coo.core.neutralise import code_block, markdown_inline

RUN = Run(
    repo="acme/shop", id=72, attempt=1, workflow="CI", workflow_path=".github/workflows/ci.yml", event="push",
    branch="main", sha="a" * 40, head_repo="acme/shop", status="completed", conclusion="failure",
    url="https://github.example/acme/shop/actions/runs/72", default_branch="main",
    created_at="2026-11-02T10:00:00Z", updated_at="2026-11-02T10:05:00Z",
)  # fmt: skip
NEXT = replace(RUN, id=73, created_at="2026-11-03T10:00:00Z", updated_at="2026-11-03T10:05:00Z")
KEPT = fingerprint_marker("ab" * 8)
BODY = f"{opening_marks(RUN, KEPT)}{seen_line(first(RUN), RUN)}\n\nwords"


def test_what_is_written_is_read_back() -> None:
    tally, (failing,) = tally_of(BODY), failing_of(BODY)
    assert tally == first(RUN)
    assert (failing.key, failing.run, failing.made) == (workflow_key(RUN), 72, "2026-11-02T10:00:00Z")
    assert workflow_marker(RUN) in BODY
    assert run_marker(RUN) in BODY
    assert BODY.startswith(KEPT)


def test_one_more_failure_is_counted_once() -> None:
    body, tally = retold(BODY, NEXT)
    assert (tally.count, tally.first, tally.last) == (2, "2026-11-02T10:05:00Z", "2026-11-03T10:05:00Z")
    assert retold(body, NEXT) == (body, tally)
    assert (failing_of(body)[0].run, failing_of(body)[0].first) == (73, "2026-11-02T10:05:00Z")
    assert "**Seen** 2 times since 2026-11-02 10:05 UTC, last on 2026-11-03 10:05 UTC" in body
    assert body.count("coo:line=0") == body.count("coo:seen=") == 1
    assert body.endswith("\n\nwords")


@pytest.mark.parametrize(
    "edited", [BODY.replace("\n", "\r\n"), "a person wrote it anew", "", BODY.split("**Seen**")[0]]
)
def test_a_body_that_a_person_edited_is_counted_on(edited: str) -> None:
    body, tally = retold(edited, NEXT)
    assert tally.count == 2
    assert tally_of(body) == tally
    assert [one.key for one in failing_of(body)] == [workflow_key(RUN)]
    assert retold(body, replace(NEXT, id=74))[1].count == 3


def test_an_older_run_that_is_told_later_does_not_look_newer() -> None:
    body, _ = retold(retold(BODY, NEXT)[0], replace(RUN, attempt=2))
    assert (failing_of(body)[0].run, failing_of(body)[0].made) == (73, "2026-11-03T10:00:00Z")


def test_workflows_and_branches_are_kept_apart_and_bounded() -> None:
    body = BODY
    for number in range(MAX_WORKFLOWS + 5):
        body, _ = retold(body, replace(NEXT, id=100 + number, branch=f"b{number}"))
    kept = failing_of(body)
    assert (len(kept), len({one.key for one in kept})) == (MAX_WORKFLOWS, MAX_WORKFLOWS)
    assert kept[-1].run == 100 + MAX_WORKFLOWS + 4
    assert len(failing_of(recovered(body, kept[3].key))) == MAX_WORKFLOWS - 1


@pytest.mark.parametrize(
    "other",
    [{"branch": "Main"}, {"workflow_path": "x.yml"}, {"head_repo": "mallory/shop"}, {"head_repo": None}],
)
def test_another_workflow_or_branch_has_another_key(other: dict[str, str]) -> None:
    assert workflow_key(replace(RUN, **other)) != workflow_key(RUN)  # type: ignore[arg-type]


def test_a_duplicate_is_found_by_nothing_any_more() -> None:
    body = withdrawn(BODY, KEPT, 7)
    assert KEPT not in body
    assert failing_of(body) == ()
    assert "<!-- coo:duplicate-of=7 -->" in body


def test_a_line_stands_after_the_marks() -> None:
    assert after_marks("<!-- coo:a=1 -->\n<!-- coo:b=2 -->\nwords", "new") == (
        "<!-- coo:a=1 -->\n<!-- coo:b=2 -->\nnew\nwords"
    )
    assert after_marks("words", "new") == "new\nwords"


@pytest.mark.parametrize("show", [code_block, markdown_inline])
def test_a_log_writes_no_mark(show: object) -> None:
    shown = show(f"{first(RUN).mark} {BODY}")  # type: ignore[operator]
    assert tally_of(shown) is None
    assert failing_of(shown) == ()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2026-11-02T10:00:00Z", "2026-11-02T10:00:00Z"),
        ("2026-11-02T11:00:00+01:00", "2026-11-02T10:00:00Z"),
        (None, "-"),
        ("--> x", "-"),
    ],
)
def test_only_times_get_into_a_mark(text: str | None, kept: str) -> None:
    assert moment(text) == kept


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("2026-11-02T10:00:30Z", "less than a minute"),
        ("2026-11-02T10:07:00Z", "7 min"),
        ("2026-11-02T13:07:00Z", "3 h 7 min"),
        ("2026-11-04T11:07:00Z", "2 d 1 h"),
        ("2026-11-01T10:00:00Z", "some time"),
        ("-", "some time"),
    ],
)
def test_a_duration_in_words(end: str, said: str) -> None:
    assert duration("2026-11-02T10:00:00Z", end) == said
