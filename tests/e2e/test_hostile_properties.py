"""For any log text and any model's answer, what coo changes follows from the run, the playbook and the rules' verdict.

Of a model only the category counts, one of a closed set: it chooses whose failure it is, and no action.
"""

from __future__ import annotations

import json
import re
import string
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from coo.core.model import Category, Classification, Confidence, Job, Owner, Run, Severity, Step, Triage
from coo.core.playbook import Playbook
from coo.triage import Options, triage
from tests.e2e import world
from tests.e2e.world import BRANCH, RUN, go
from tests.support import hostile
from tests.support.github_server import GitHubServer
from tests.support.hostile import Case, Fake
from tests.unit.test_neutralise import PIECES

TARGETS = [
    BRANCH, "main", "delete", "refs/heads/main", "labels: p0", "@mallory", "agent:ceo", "acme/shop/actions/runs/666",
    "owner: CEO", "https://evil.example", "workflow:security_scan", "automated/x", "666", "transient: true", "x" * 300,
]  # fmt: skip
WORDS = st.lists(st.sampled_from([*PIECES, *TARGETS]), max_size=10).map(" ".join)
TEXT = st.one_of(WORDS, st.text(max_size=80)).map(lambda text: text.replace("\n", " ").replace("\r", " "))
KINDS = st.sampled_from(["push", "types", "strange", "tests"])
BRANCHES = st.sampled_from([BRANCH, "feature/x", "main", "automated/../main"])
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def a_case(kind: str, branch: str, fill: str, say: str = "", attempt: int = 1) -> Case:
    run = {"branch": branch, "attempt": attempt}
    return Case("property", "any", {"log": kind, "run": run, "fill": fill, "say": say, "playbook": "people"}, ())


class Offline:
    """A run and its log at hand, with no GitHub to ask."""

    def __init__(self, case: Case) -> None:
        self.log = hostile.jobs_of(case)[0].log or b""
        values = case.part("run")
        self._run = Run(
            hostile.REPO, RUN, values["attempt"], "CI", ".github/workflows/ci.yml", "push", values["branch"], "a" * 40,
            hostile.REPO, "completed", "failure", "https://github.example/run", "main",
        )  # fmt: skip

    def run(self) -> Run:
        return self._run

    def jobs(self) -> tuple[Job, ...]:
        steps = (Step("Set up job", 1, "success"), Step("Run make all", 2, "failure"))
        return (Job(1, "build", "failure", steps=steps),)

    def job_log(self, job: Job) -> bytes:
        return self.log


def planned(case: Case, model: Fake | None = None, book: Playbook | None = None) -> tuple[Triage, dict[str, Any]]:
    """What would be done about a case, without the words of the log."""
    options = Options(system_prompt="Judge.", boundary=lambda: "b" * 24)
    done = triage(Offline(case), None, world.engine(), book or hostile.playbook("people"), model, options)
    decision = done.decision
    guards = [(guard.id, guard.held, guard.asked) for guard in decision.guards]
    plan = {"play": decision.play, "action": decision.action, "planned": decision.planned, "owner": decision.owner,
            "priority": decision.priority, "guards": guards, "actions": done.outcome.actions}  # fmt: skip
    return done, plan


def verdict_of(found: Classification) -> tuple[object, ...]:
    """A verdict without its words."""
    return found.category, found.rule_id, found.ambiguous, found.source, found.confidence, found.severity


@MANY
@given(KINDS, BRANCHES, TEXT, TEXT, st.integers(1, 4))
@example("push", BRANCH, f"delete main {BRANCH}", "::set-output name=branch::main", 1)
def test_a_plan_follows_from_the_run_and_the_verdict(kind: str, branch: str, fill: str, say: str, attempt: int) -> None:
    plain, expected = planned(a_case(kind, branch, "plain words", attempt=attempt))
    done, plan = planned(a_case(kind, branch, fill, say, attempt))
    if verdict_of(done.classification) == verdict_of(plain.classification):
        assert plan == expected
    for action in plan["actions"]:
        assert re.fullmatch(
            rf"delete branch {re.escape(branch)}|re-run 1 failed job(?: to see whether a test is flaky)?"
            r"|open an issue labelled [a-z0-9_:, -]+ and assign [a-z]+-lead",
            action,
        )


ANSWERS = st.fixed_dictionaries(
    {
        "category": st.sampled_from([str(each) for each in Category]),
        "subtype": st.one_of(
            TEXT, st.sampled_from(["git-push-rejected", "runner-lost", "billing-quota", "job-cancelled"])
        ),
        "severity": st.sampled_from([str(each) for each in Severity]),
        "confidence": st.sampled_from([str(each) for each in Confidence]),
        "owner": st.sampled_from([str(each) for each in Owner]),
        "source": st.sampled_from(["rule", "model", "none"]),
        "rule_id": st.sampled_from([None, "git-push-rejected", "github-runner-lost"]),
        "transient": st.booleans(),
        "ambiguous": st.booleans(),
        "summary": TEXT,
        "title": TEXT,
        "remediation": TEXT,
        "fingerprint": TEXT,
    }
)


@MANY
@given(BRANCHES, ANSWERS, st.sampled_from(["default", "people", "wide"]), st.integers(1, 4))
def test_a_plan_takes_no_more_of_a_model_than_the_category(
    branch: str, answer: dict[str, Any], book: str, attempt: int
) -> None:
    case = a_case("strange", branch, "plain words", attempt=attempt)
    playbook = hostile.playbook(book)
    kept = {"category": answer["category"]}
    _, expected = planned(case, Fake(kept), playbook)
    _, plan = planned(case, Fake(answer, play="stale-automation-branch"), playbook)
    assert plan == expected
    assert plan["action"] in ("escalate", "report-only")


def writes(case: Case, model: Fake | None = None) -> tuple[Triage, list[tuple[str, str, str]]]:
    """Every request that changed something, its free text masked."""
    with GitHubServer() as gh:
        repo = hostile.build(case, gh)
        repo.assignable |= {f"{owner.lower()}-lead" for owner in Owner}
        done = go(gh, True, hostile.playbook("people"), model, system_prompt="Judge.", boundary=lambda: "b" * 24)
        sent = [one for one in gh.requests if one.method != "GET"]
    masked = [
        {key: "..." if key in ("title", "body") else value for key, value in (one.body or {}).items()} for one in sent
    ]
    return done, [
        (one.method, one.path, json.dumps(body, sort_keys=True)) for one, body in zip(sent, masked, strict=True)
    ]


@FEW
@given(KINDS, BRANCHES.filter(lambda name: name != "main"), TEXT, TEXT)
@example("push", BRANCH, "", f" ! [rejected] main -> main (fetch first) {BRANCH}2")
def test_what_github_receives_follows_from_the_run_and_the_verdict(kind: str, branch: str, fill: str, say: str) -> None:
    plain, expected = writes(a_case(kind, branch, "plain words"))
    done, sent = writes(a_case(kind, branch, fill, say))
    if verdict_of(done.classification) == verdict_of(plain.classification):
        assert sent == expected
    base = f"/repos/{hostile.REPO}"
    for _, path, _ in sent:
        assert path in (
            f"{base}/git/refs/heads/{branch}", f"{base}/actions/runs/{RUN}/rerun-failed-jobs", f"{base}/issues",
        )  # fmt: skip


@FEW
@given(ANSWERS, TEXT)
def test_what_github_receives_takes_no_more_of_a_model_than_the_category(answer: dict[str, Any], fill: str) -> None:
    kept = {"category": answer["category"]}
    _, expected = writes(a_case("strange", BRANCH, "plain words"), Fake(kept))
    _, sent = writes(a_case("strange", BRANCH, fill), Fake(answer, play="transient-infrastructure"))
    assert sent == expected
    assert [path.rpartition("/")[2] for _, path, _ in sent] == ["issues"]


SECRET = "gh" + "p_" + (string.ascii_letters + string.digits)[5:41]


@MANY
@given(TEXT, TEXT, st.sampled_from([" ", "=", ": ", "'", "/", "@", "\u200b", "\x1b[0m", "|"]))
def test_a_secret_in_any_company_stays_inside(before: str, after: str, glue: str) -> None:
    from coo.actions.issue import issue_text
    from coo.core.notice import notice
    from coo.report.as_json import triage_json
    from coo.report.markdown import triage_markdown
    from coo.report.text import triage_text

    done, _ = planned(a_case("types", "feature/x", f"{before}{glue}{SECRET}{glue}{after}"))
    named = replace(done, run=replace(done.run, workflow=f"{before}{glue}{SECRET}", branch=f"{SECRET}{glue}{after}"))
    text = issue_text(named.run, named.jobs, named.classification, named.decision)
    pages = (
        text.title,
        text.body,
        text.comment,
        triage_json(named),
        triage_markdown(named),
        triage_text(named, width=200),
    )
    messages = tuple(notice(to, named).body.decode() for to in ("slack", "webhook"))
    for page in (*pages, *messages):
        assert SECRET not in page
        assert SECRET not in page.replace("\\", "").replace("\u200b", "").replace("\n", "").replace("&#x200B;", "")


@MANY
@given(
    st.one_of(TEXT, st.text(max_size=30)), st.sampled_from(["", " ", "\t", "\u200b", "\ufeff", "\x1b[1m", "\r", "'"])
)
def test_no_cell_is_a_formula_or_a_command(text: str, before: str) -> None:
    from coo.report.incidents import cell

    for start in ("", "=", "+", "-", "@", "＝", "##[error]", "::error::"):
        shown = cell(f"{before}{start}{text}")
        assert not shown.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]|##\w*\[", shown)


@pytest.mark.parametrize("kind", ["push", "types", "strange", "tests", "lost"])
def test_the_masks_hide_words_and_nothing_else(kind: str) -> None:
    """What the properties compare is not empty: each kind of failure leads to a request."""
    _, sent = writes(a_case(kind, BRANCH if kind == "push" else "feature/x", "plain words"))
    assert sent
