"""Triages and classified logs made by hand, as the engine makes them."""

from __future__ import annotations

from dataclasses import replace

from coo.core.errors import InputError
from coo.core.model import (
    AlsoMatched,
    Category,
    Classification,
    Confidence,
    Decision,
    Evidence,
    GuardResult,
    Job,
    JobVerdict,
    Kind,
    Line,
    ModelUse,
    Note,
    Outcome,
    Owner,
    Priority,
    Run,
    Severity,
    Source,
    Step,
    Triage,
)
from coo.report.results import LogResult

NOW = 1_763_812_840.0  # 2025-11-22T12:00:40Z

RUN = Run(
    repo="acme/shop",
    id=7214,
    attempt=1,
    workflow="Autonomous Roadmap Agent",
    workflow_path=".github/workflows/roadmap.yml",
    event="schedule",
    branch="automated/implement-72",
    sha="4f1d9a7c0b5e4f1d9a7c0b5e4f1d9a7c0b5e4f1d",
    head_repo="acme/shop",
    status="completed",
    conclusion="failure",
    url="https://github.com/acme/shop/actions/runs/7214",
    default_branch="main",
    updated_at="2025-11-22T11:56:30Z",
)

JOB = Job(
    id=1,
    name="implement",
    conclusion="failure",
    url="https://github.com/acme/shop/actions/runs/7214/job/1",
    steps=(Step("Check out", 1, "success"), Step("Push branch", 4, "failure")),
)

PUSH = Classification(
    category=Category.BRANCH_CONFLICT,
    subtype="git-push-rejected",
    severity=Severity.MINOR,
    confidence=Confidence.HIGH,
    source=Source.RULE,
    rule_id="git-push-rejected",
    ambiguous=False,
    fingerprint="9f2c1b7a5d3e",
    summary="the remote branch has commits that this run did not have",
    evidence=(
        Evidence(
            412,
            " ! [rejected]        automated/implement-72 -> automated/implement-72 (fetch first)",
            "implement",
            "Push branch",
            411,
        ),
    ),
    captures={"branch": "automated/implement-72"},
    also_matched=(
        AlsoMatched("git-push-failed", Category.BRANCH_CONFLICT, 413, "symptom", Kind.SYMPTOM),
        AlsoMatched("process-exit-code", Category.UNKNOWN, 416, "generic", Kind.GENERIC),
    ),
    owner=Owner.COO,
    title="The remote branch has commits that this run did not have",
    remediation="Fetch and rebase before the push:\n\n- run `git pull --rebase` in the step\n- or delete the branch",
)

PUSH_LINES = (
    Line(410, "+ git push origin automated/implement-72", 409, "implement", "Push branch"),
    Line(411, "To https://github.com/acme/shop", 410, "implement", "Push branch"),
    Line(412, PUSH.evidence[0].text, 411, "implement", "Push branch"),
    Line(413, "error: failed to push some refs to 'https://github.com/acme/shop'", 412, "implement", "Push branch"),
)

GUARDS = (
    GuardResult("branch-pattern", True, "automated/*"),
    *(
        GuardResult(name, True, "")
        for name in ("branch-unprotected", "not-default", "head-unchanged", "bot-commits-only", "no-open-pull-request")
    ),
)

EXAMPLE = Triage(
    run=RUN,
    jobs=(JobVerdict(JOB, PUSH, PUSH_LINES),),
    classification=PUSH,
    decision=Decision(
        "stale-automation-branch",
        "delete-branch-and-rerun",
        Owner.COO,
        Priority.P2,
        GUARDS,
        "delete-branch-and-rerun",
    ),
    outcome=Outcome(
        "dry-run",
        "would delete automated/implement-72 and re-run 1 failed job",
        ("delete automated/implement-72", "re-run 1 failed job"),
    ),
    seconds=0.31,
)

REFUSED = replace(
    EXAMPLE,
    decision=Decision(
        "stale-automation-branch",
        "escalate",
        Owner.CTO,
        Priority.P2,
        (
            GuardResult("branch-pattern", True, "automated/*"),
            GuardResult("branch-unprotected", True, "no protection and no ruleset forbids deletion"),
            GuardResult(
                "bot-commits-only",
                False,
                "commit 81f0c2e is by octo-person, who is not a bot: somebody works on this branch since the run began",
            ),
            GuardResult("no-open-pull-request", False, "GitHub was not asked", asked=False),
        ),
        planned="delete-branch-and-rerun",
    ),
    outcome=Outcome(
        "done",
        "opened issue 31 for the CTO",
        ("open an issue", "assign it to octo-lead"),
        "https://github.com/acme/shop/issues/31",
    ),
    acted=True,
    notes=(Note("labels-not-made", detail="the token may not make labels"),),
)

PYTEST = Classification(
    category=Category.TEST_FAILURE,
    subtype="pytest-failure",
    severity=Severity.MAJOR,
    confidence=Confidence.HIGH,
    source=Source.RULE,
    rule_id="pytest-failed",
    ambiguous=False,
    fingerprint="ab54",
    summary="A pytest test failed: tests/test_cart.py::test_total",
    evidence=(
        Evidence(88, "FAILED tests/test_cart.py::test_total - assert 3 == 4", "test (3.12)", "Run tests", 87),
        Evidence(31, "E       assert 3 == 4", "test (3.12)", "Run tests", 30),
    ),
    owner=Owner.CTO,
    title="A pytest test failed",
    remediation="Run the named test locally and mend the code or the test.",
)

RUNNER = Classification(
    category=Category.INFRASTRUCTURE,
    subtype="runner-lost",
    severity=Severity.MINOR,
    confidence=Confidence.HIGH,
    source=Source.RULE,
    rule_id="runner-lost",
    ambiguous=False,
    fingerprint="cd01",
    summary="GitHub lost contact with the runner",
    evidence=(Evidence(12, "##[error]The runner has received a shutdown signal.", "lint", "Lint", 11),),
    owner=Owner.COO,
    transient=True,
    title="GitHub lost contact with the runner",
    remediation="Re-run the failed jobs.",
)

TWO_JOBS = replace(
    EXAMPLE,
    run=replace(RUN, workflow="CI", branch="feature/x", event="push", attempt=2),
    jobs=(
        JobVerdict(
            Job(2, "test (3.12)", "failure", "https://github.com/acme/shop/actions/runs/7214/job/2"),
            PYTEST,
            (
                Line(87, "=========== short test summary info ============", 86, "test (3.12)", "Run tests"),
                Line(88, PYTEST.evidence[0].text, 87, "test (3.12)", "Run tests"),
                Line(89, "1 failed, 41 passed in 2.10s", 88, "test (3.12)", "Run tests"),
            ),
        ),
        JobVerdict(
            Job(3, "lint", "failure", "", (Step("Lint", 3, "failure"),)),
            RUNNER,
            (Line(12, RUNNER.evidence[0].text, 11, "lint", "Lint"),),
            (Note("long-lines-capped", 2),),
        ),
    ),
    classification=PYTEST,
    decision=Decision(
        "default", "escalate", Owner.CTO, Priority.P2, because="a real failure stands beside a lost runner"
    ),
    outcome=Outcome("dry-run", "would open an issue for the CTO", ("open an issue for the CTO",)),
)

USE = ModelUse("gpt-4.1", 2310, 1024, 180, 0.0061)
MODEL = replace(
    EXAMPLE,
    jobs=(
        JobVerdict(
            replace(JOB, name="release", steps=()),
            replace(
                PYTEST,
                source=Source.MODEL,
                rule_id=None,
                confidence=Confidence.MEDIUM,
                subtype="release-script-error",
                summary="The release script reads a file that the build no longer writes",
                evidence=(Evidence(9, "open dist/manifest.json: no such file", None, None, 8),),
                also_matched=(),
            ),
            model=USE,
        ),
    ),
    models=(USE,),
    decision=Decision(
        "model-verdict", "escalate", Owner.CTO, Priority.P2, because="a model's verdict goes to a person"
    ),
    outcome=Outcome("dry-run", "would open an issue for the CTO", ("open an issue for the CTO",)),
)
MODEL = replace(MODEL, classification=MODEL.jobs[0].classification)

FAILED_USE = ModelUse("gpt-4.1", error="401 from the service: the key is not accepted")
NOTHING = Classification(
    category=Category.UNKNOWN,
    subtype="unmatched",
    severity=Severity.MAJOR,
    confidence=Confidence.LOW,
    source=Source.NONE,
    rule_id=None,
    ambiguous=False,
    fingerprint="00aa",
    summary="no rule recognises this failure",
    evidence=(Evidence(40, "##[error]Process completed with exit code 3.", "nightly", "Build", 39),),
    also_matched=(AlsoMatched("process-exit-code", Category.UNKNOWN, 40, "generic", Kind.GENERIC),),
    remediation="Read the excerpt; add a rule for this failure if it may come again.",
)
UNKNOWN = replace(
    EXAMPLE,
    jobs=(JobVerdict(replace(JOB, name="nightly", steps=()), NOTHING, (), (), FAILED_USE),),
    classification=NOTHING,
    models=(FAILED_USE,),
    decision=Decision("default", "report-only", Owner.CTO, Priority.P3),
    outcome=Outcome("skipped", "the play only reports"),
)

GONE = replace(
    UNKNOWN,
    jobs=(
        JobVerdict(
            replace(JOB, name="deploy"),
            replace(NOTHING, evidence=(), also_matched=(), summary="the log of this job could not be read"),
            notes=(Note("logs-gone", detail="404"),),
        ),
    ),
    classification=replace(NOTHING, evidence=(), also_matched=(), summary="the log of this job could not be read"),
    models=(),
    notes=(Note("model-not-asked", detail="there is no log to show it"),),
)

AMBIGUOUS = replace(
    NOTHING,
    ambiguous=True,
    subtype="ambiguous",
    summary="rules of equal rank disagree: test_failure (pytest-failed), infrastructure (disk-full)",
    candidates=("pytest-failed", "disk-full"),
)

TRIAGES = {
    "example": EXAMPLE,
    "refused": REFUSED,
    "two-jobs": TWO_JOBS,
    "model": MODEL,
    "unknown-model-error": UNKNOWN,
    "log-gone": GONE,
}

LOGS = (
    LogResult("build.log", 81_234, 912, PUSH, None, (Note("long-lines-capped"),), PUSH_LINES),
    LogResult("logs/nightly.log", 3_000, 40, AMBIGUOUS, FAILED_USE),
    LogResult(
        "photo.png", error=InputError("binary-input", "this is a PNG picture, not a log", "give the text of a log")
    ),
    LogResult("test.log", 10, 1, PYTEST),
)
