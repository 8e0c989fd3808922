"""Which runs may be cancelled, and which commits are coo's own merge: over whatever GitHub may tell."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coo.actions.facts import Case, JobPlay
from coo.actions.lineage import merge_message, merged_for
from coo.actions.supersede import cancelled_since, has_superseded_runs, newest, superseded
from coo.core.classify import unknown
from coo.core.model import Run
from coo.core.playbook import Action
from coo.ports import Commit, Comparison

RUN = Run(
    repo="acme/shop", id=50, attempt=2, workflow="CI", workflow_path=".github/workflows/ci.yml", event="push",
    branch="automated/x", sha="5" * 40, head_repo="acme/shop", status="completed", conclusion="failure", url="",
    default_branch="main", created_at="2026-11-02T10:00:00Z", updated_at="2026-11-02T10:10:00Z",
)  # fmt: skip
STATES = ["queued", "in_progress", "waiting", "pending", "requested", "completed", "action_required", "", "QUEUED"]


def case(run: Run = RUN) -> Case:
    job = JobPlay("push", unknown(()), Action.CANCEL_SUPERSEDED)
    return Case(run, unknown(()), (job,), Action.CANCEL_SUPERSEDED, own_workflows=("coo", ".github/workflows/coo.yml"))


others = st.builds(
    replace,
    st.just(RUN),
    id=st.integers(45, 55),
    attempt=st.integers(1, 3),
    workflow=st.sampled_from(["CI", "coo", "Coo"]),
    workflow_path=st.sampled_from([RUN.workflow_path, ".github/workflows/coo.yml", ".github/workflows/CI.yml", ""]),
    event=st.sampled_from(["push", "pull_request", "workflow_dispatch"]),
    branch=st.sampled_from(["automated/x", "Automated/x", "main", ""]),
    head_repo=st.sampled_from(["acme/shop", "ACME/shop", "mallory/shop", None]),
    status=st.sampled_from(STATES),
    conclusion=st.sampled_from([None, "cancelled", "success"]),
    created_at=st.sampled_from([None, "2026-11-02T09:00:00Z", "2026-11-02T10:00:00Z", "2026-11-02T11:00:00Z"]),
    updated_at=st.sampled_from([None, "2026-11-02T10:10:00Z", "2026-11-02T10:20:00Z"]),
)


@given(st.lists(others, max_size=8), others)
def test_only_older_runs_of_the_same_kind_are_cancelled(found: list[Run], run: Run) -> None:
    for one in superseded(case(run), found):
        assert one.id < run.id
        assert one.attempt == 1
        assert one.status in STATES[:5]
        assert (one.workflow_path, one.branch, one.event) == (run.workflow_path, run.branch, run.event)
        assert one.event != "workflow_dispatch"
        assert one.branch and one.workflow_path and one.head_repo
        assert one.head_repo.casefold() == str(run.head_repo).casefold()
        assert one.workflow.casefold() != "coo"
        assert not (one.created_at and run.created_at) or one.created_at <= run.created_at


@given(st.lists(others, max_size=8), others)
def test_the_guard_says_what_will_be_done(found: list[Run], run: Run) -> None:
    held, because = has_superseded_runs(case(run), tuple(found))
    assert held == bool(superseded(case(run), found) or cancelled_since(case(run), found))
    assert because
    newer = newest(case(run), found)
    assert newer is None or newer.id > run.id


def commit(sha: str, parents: tuple[str, ...], message: str = merge_message(RUN)) -> Commit:
    return Commit(sha, "coo[bot]", True, "web-flow", False, parents, message)


BASE = "b" * 40
EARLIER = merge_message(replace(RUN, attempt=1))


@pytest.mark.parametrize(
    ("commits", "attempt"),
    [
        ([commit("1", (RUN.sha, BASE))], 2),
        ([commit("1", (RUN.sha, BASE), EARLIER)], 1),
        ([commit("0", (RUN.sha, "c" * 40), EARLIER), commit("1", ("0", BASE))], 2),
        ([commit("1", (RUN.sha, BASE), merge_message(RUN) + "\n\nSigned-off-by: coo")], 2),
        ([], None),
        ([commit("1", (RUN.sha,))], None),
        ([commit("1", (BASE, RUN.sha))], None),
        ([commit("1", (RUN.sha, BASE, "d" * 40))], None),
        ([commit("0", (BASE,)), commit("1", (RUN.sha, "0"))], None),
        ([commit("1", (RUN.sha, BASE), merge_message(replace(RUN, attempt=3)))], None),
        ([commit("1", (RUN.sha, BASE), merge_message(replace(RUN, id=51)))], None),
        ([commit("1", (RUN.sha, BASE), "")], None),
        ([commit("1", ("1", BASE))], None),
        ([commit("0", ("1", BASE)), commit("1", ("0", BASE))], None),
    ],
)
def test_coos_own_merge(commits: list[Commit], attempt: int | None) -> None:
    assert merged_for(RUN, "1", Comparison(tuple(commits), 0)) == attempt


def test_the_runs_own_commit_is_no_merge() -> None:
    assert merged_for(RUN, RUN.sha, Comparison((), 0)) is None
