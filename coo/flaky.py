"""A run that passed on a re-run: what failed before on the same commit was flaky, and the CTO is told so.

`passed` is for a run that succeeded; what a run that failed again means is `coo.actions.confirm`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from coo.actions.escalate import Address, address
from coo.actions.flaky_text import FlakyTest, body, comment, counted, marker, time_marker, times_in, title
from coo.actions.history import FAILED
from coo.actions.run_guards import is_own_workflow
from coo.core.engine import Engine
from coo.core.errors import CooError, NothingToTriage
from coo.core.model import Category, Decision, Job, JobVerdict, Outcome, Owner, Priority, Run
from coo.core.playbook import Action, Play, Playbook, select
from coo.ports import Doubt, Hands, Issue, Memory
from coo.verdicts import SecondOpinion, failed_jobs, job_verdicts

LABEL = "flaky"
_LOST = "a test failure that coo re-ran to see"


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A `RunSource` of an earlier attempt of a run."""

    hands: Hands
    attempt: Run

    def run(self) -> Run:
        return self.attempt

    def jobs(self) -> tuple[Job, ...]:
        return self.hands.jobs_of(self.attempt)

    def job_log(self, job: Job) -> bytes:
        return self.hands.log_of(job)


@dataclass(frozen=True, slots=True)
class Passed:
    """A run that succeeded, with all that is needed to find and tell what was flaky in it.

    `engine` gives the rules, which are not loaded for a run that needs none. `act`: False for a dry run, which changes
    nothing. `own_workflows`: names and paths of workflows that run coo.
    """

    run: Run
    hands: Hands
    engine: Callable[[], Engine]
    playbook: Playbook
    memory: Memory | None = None
    own_workflows: tuple[str, ...] = ()
    act: bool = False


def passed(at: Passed) -> tuple[Outcome, ...]:
    """Tell of each test that failed in an earlier attempt and passed in this one; none where there is nothing to tell.

    A failure counts where the playbook would re-run it to see (`rerun-to-confirm-flaky`), whoever did re-run it.
    Raises `AuthError` and `RemoteError` when GitHub cannot be asked what failed before.
    """
    run = at.run
    if run.status != "completed" or run.conclusion != "success" or run.attempt < 2:
        return ()
    if is_own_workflow(run, at.own_workflows):
        return ()
    return tuple(_tell(at, test, play) for test, play in _found(at))


def _found(at: Passed) -> list[tuple[FlakyTest, Play]]:
    """What failed before on the same commit, each failure once, as the last attempt that had it."""
    found: dict[str, tuple[FlakyTest, Play]] = {}
    for attempt in at.hands.attempts_before(at.run):
        if attempt.conclusion in FAILED and attempt.status == "completed" and attempt.sha == at.run.sha:
            for test, play in _failures(at, attempt):
                found[test.fingerprint] = test, play
    return list(found.values())


def _failures(at: Passed, attempt: Run) -> Iterable[tuple[FlakyTest, Play]]:
    """The test failures of an attempt: by rules over its logs, or as the ledger has them where the logs are gone."""
    source = _Attempt(at.hands, attempt)
    jobs, _ = failed_jobs(source.jobs())
    opinion = SecondOpinion(None, at.engine(), at.playbook, "", str)
    try:
        verdicts = job_verdicts(source, attempt, jobs, opinion) if jobs else ()
    except NothingToTriage:
        doubts = at.memory.doubts(at.run.workflow_path, at.run.sha) if at.memory else ()
        play = next((one for one in at.playbook.plays if one.action is Action.CONFIRM_FLAKY), None)
        for doubt in doubts if play else ():
            if doubt.run_id == at.run.id and doubt.attempt == attempt.attempt:
                assert play is not None  # noqa: S101 - for the reader of types
                yield FlakyTest(doubt.fingerprint, attempt.attempt, "of that attempt", "", doubt.test or _LOST), play
        return
    for verdict in verdicts:
        play = select(at.playbook, attempt, verdict.classification)
        if play.action is Action.CONFIRM_FLAKY and verdict.classification.category is Category.TEST_FAILURE:
            yield _test(attempt, verdict), play


def _test(attempt: Run, verdict: JobVerdict) -> FlakyTest:
    found = verdict.classification
    shown = [f"{line.number} | {line.text}" for line in verdict.context]
    shown = shown or [f"{line.line} | {line.text}" for line in found.evidence]
    return FlakyTest(found.fingerprint, attempt.attempt, verdict.job.name, found.title, found.summary, "\n".join(shown))


def _tell(at: Passed, test: FlakyTest, play: Play) -> Outcome:
    """One issue for one test, one comment for one time. A call that fails is an `Outcome` with status `failed`."""
    if not at.act or at.memory is None:
        return _tried(at, test, play)
    run, target = at.run, f"flaky {test.fingerprint}, run {at.run.id}, attempt {at.run.attempt}"
    doubt = Doubt(run.workflow_path, run.sha, run.id, test.fingerprint, run.attempt, test.summary, "flaky")
    try:
        at.memory.doubt(doubt)
        if before := at.memory.begin(Action.ESCALATE, target):
            words = "was told already" if before.status == "done" else "is told by another process"
            return Outcome("skipped", f"a flaky test {words}")
    except CooError as error:
        return Outcome("failed", f"a flaky test was not told: {error.message}", exit_code=error.exit_code)
    outcome = Outcome("failed", "ended by force")
    try:
        outcome = _tried(at, test, play)
    finally:
        with suppress(CooError):  # what was told stays told: the next try finds its marker
            at.memory.end(Action.ESCALATE, target, outcome.status != "failed", outcome.detail)
    return outcome


def _tried(at: Passed, test: FlakyTest, play: Play) -> Outcome:
    try:
        issues = at.hands.open_issues(marker(test))
        if issues:
            return _again(at, test, issues[0])
        closed = at.hands.closed_issue(marker(test))
        return _back(at, test, closed) if closed else _open(at, test, play)
    except CooError as error:
        if not at.act:
            return Outcome("dry-run", f"would tell the CTO of a flaky test, but cannot look: {error.message}")
        told = f"a flaky test could not be told: {error.message}"
        return Outcome("failed", told, exit_code=error.exit_code)


def _back(at: Passed, test: FlakyTest, issue: Issue) -> Outcome:
    """The issue was closed: nothing more where it tells of this time already, else it is opened again."""
    if _told(at, issue):
        return Outcome("skipped", f"issue #{issue.number}, which is closed, tells of this flaky test already")
    if not at.act:
        return _plan(f"reopen issue #{issue.number} of a flaky test and comment on it", issue)
    at.hands.change_issue(issue.number, state="open", reason="reopened")
    return _again(at, test, issue, "reopened and ")


def _again(at: Passed, test: FlakyTest, issue: Issue, before: str = "") -> Outcome:
    name = f"issue #{issue.number}"
    texts = [issue.body, *at.hands.own_comments(issue.number)]
    known = _history(at, test)
    if any(time_marker(at.run) in text for text in texts):
        count = max(times_in(texts), len(known))
        outcome = Outcome("skipped", f"{name} tells of this flaky test already", (), issue.url)
    elif not at.act:
        return _plan(f"comment on {name}: flaky again", issue)
    else:
        count = max(times_in(texts) + 1, len(known))
        at.hands.comment_issue(issue.number, comment(at.run, test, count, known))
        done = f"{before}commented on {name}: flaky again, {count} times"
        outcome = Outcome("done", done, (done,), issue.url)
    if at.act and (text := counted(issue.body, count)) != issue.body:
        at.hands.change_issue(issue.number, body=text)
    return outcome


def _told(at: Passed, issue: Issue) -> bool:
    return any(time_marker(at.run) in text for text in (issue.body, *at.hands.own_comments(issue.number)))


def _history(at: Passed, test: FlakyTest) -> tuple[Doubt, ...]:
    return at.memory.flaky(test.fingerprint) if at.memory else ()


def _open(at: Passed, test: FlakyTest, play: Play) -> Outcome:
    to = _address(at, play)
    words = f"open an issue of a flaky test, labelled {', '.join(to.labels)}"
    if not at.act:
        return _plan(words)
    if at.memory is not None:
        room = at.memory.take(Action.ESCALATE, at.playbook.limits.day(Action.ESCALATE))
        if not room.ok:
            told = f"a flaky test was found and not told: {room.used} of {room.cap} issues today, by {room.by}"
            return Outcome("skipped", told)
    at.hands.ensure_labels(to.labels)
    known = _history(at, test)
    text = body(at.run, test, max(1, len(known)), known)
    try:
        issue = at.hands.create_issue(title(at.run, test), text, to.labels, to.assignees)
    except CooError:
        # The answer may have been lost after the effect: an issue that is there now is this one.
        found = at.hands.open_issues(marker(test))
        if not found:
            raise
        issue = found[0]
    done = f"opened issue #{issue.number} of a flaky test"
    return Outcome("done", done, (done,), issue.url)


def _address(at: Passed, play: Play) -> Address:
    decision = Decision(play.id, Action.ESCALATE, Owner.CTO, Priority.P3)
    to = address(at.playbook, decision, Category.TEST_FAILURE)
    return Address((*to.labels, *(LABEL,) * (LABEL not in to.labels)), to.assignees)


def _plan(words: str, issue: Issue | None = None) -> Outcome:
    return Outcome("dry-run", f"would {words}", (words,), issue.url if issue else None)
