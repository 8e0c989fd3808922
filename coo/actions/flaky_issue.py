"""Telling the CTO of a flaky test: one issue for one test, one comment for one time."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from coo.actions.escalate import Address, address
from coo.actions.flaky_text import FlakyTest, body, comment, counted, marker, time_marker, times_in, title
from coo.actions.wait import ended_at
from coo.core.errors import CooError
from coo.core.model import Category, Decision, Outcome, Owner, Priority, Run
from coo.core.playbook import Action, Play, Playbook
from coo.ports import Doubt, Hands, Issue, Memory

LABEL = "flaky"
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class FlakyTelling:
    """One flaky test of one run on its way into an issue. `play`: the one that re-runs such a test to see."""

    run: Run
    test: FlakyTest
    play: Play
    playbook: Playbook
    hands: Hands
    memory: Memory | None
    act: bool

    def tell(self) -> Outcome:
        """Tell it, unless it is told. A call that fails is an `Outcome` with status `failed`."""
        if not self.act or self.memory is None:
            return self._tried()
        run, test = self.run, self.test
        target = f"flaky {test.fingerprint}, run {run.id}, attempt {run.attempt}"
        doubt = Doubt(run.workflow_path, run.sha, run.id, test.fingerprint, run.attempt, test.summary, "flaky")
        try:
            self.memory.doubt(doubt)
            if before := self.memory.begin(Action.ESCALATE, target):
                words = "was told already" if before.status == "done" else "is told by another process"
                return Outcome("skipped", f"a flaky test {words}")
        except CooError as error:
            return Outcome("failed", f"a flaky test was not told: {error.message}", exit_code=error.exit_code)
        outcome = Outcome("failed", "it was ended by force")
        try:
            outcome = self._tried()
        finally:
            with suppress(CooError):  # what was told stays told: the next try finds its marker
                self.memory.end(Action.ESCALATE, target, outcome.status != "failed", outcome.detail)
        return outcome

    def _tried(self) -> Outcome:
        try:
            issues = self.hands.open_issues(marker(self.test))
            if issues:
                return self._again(issues[0])
            closed = self.hands.closed_issue(marker(self.test))
            return self._back(closed) if closed else self._open()
        except CooError as error:
            if not self.act:
                return Outcome("dry-run", f"would tell the CTO of a flaky test, but cannot look: {error.message}")
            return Outcome("failed", f"a flaky test could not be told: {error.message}", exit_code=error.exit_code)

    def _back(self, issue: Issue) -> Outcome:
        """The issue was closed: nothing more where it tells of this time, else reopened, or a new one if it is old."""
        told = f"issue #{issue.number}, which is closed, tells of this flaky test already"
        if any(time_marker(self.run) in text for text in self._texts(issue)):
            return Outcome("skipped", told, (), issue.url)
        ended = ended_at(self.run)
        if issue.closed_at and ended and ended - issue.closed_at >= self.playbook.escalation.reopen_days * DAY:
            return self._open(issue)
        if not self.act:
            return _plan(f"reopen issue #{issue.number} of a flaky test and comment on it", issue)
        self.hands.change_issue(issue.number, state="open", reason="reopened")
        return self._again(issue, "reopened and ")

    def _again(self, issue: Issue, before: str = "") -> Outcome:
        """Comment on the issue, and count. The counter is put right, too, where a process died before it."""
        name, run = f"issue #{issue.number}", self.run
        if run.event in ("issues", "issue_comment") and run.actor and run.actor.casefold() == issue.author.casefold():
            # An answer would start the next run, without end.
            return Outcome("skipped", f"what coo wrote in an issue set this run off: {name} tells of the test", ())
        texts = self._texts(issue)
        known = self._history()
        if any(time_marker(run) in text for text in texts):
            count = max(times_in(texts), len(known))
            outcome = Outcome("skipped", f"{name} tells of this flaky test already", (), issue.url)
        elif not self.act:
            return _plan(f"comment on {name}: flaky again", issue)
        else:
            count = max(times_in(texts) + 1, len(known))
            self.hands.comment_issue(issue.number, comment(run, self.test, count, known))
            done = f"{before}commented on {name}: flaky again, {count} times"
            outcome = Outcome("done", done, (done,), issue.url)
        if self.act and (text := counted(issue.body, count)) != issue.body:
            self.hands.change_issue(issue.number, body=text)
        return outcome

    def _texts(self, issue: Issue) -> list[str]:
        return [issue.body, *self.hands.own_comments(issue.number)]

    def _history(self) -> tuple[Doubt, ...]:
        return self.memory.flaky(self.test.fingerprint) if self.memory else ()

    def _open(self, old: Issue | None = None) -> Outcome:
        """Open an issue, and take it back where another process was quicker."""
        to = self._address()
        if not self.act:
            return _plan(f"open an issue of a flaky test, labelled {', '.join(to.labels)}")
        if self.memory is not None:
            room = self.memory.take(Action.ESCALATE, self.playbook.limits.day(Action.ESCALATE))
            if not room.ok:
                told = f"a flaky test was found and not told: {room.used} of {room.cap} issues today, by {room.by}"
                return Outcome("skipped", told)
        self.hands.ensure_labels(to.labels)
        known = self._history()
        text = body(self.run, self.test, max(1, len(known)), known, old.number if old else None)
        try:
            issue = self.hands.create_issue(title(self.run, self.test), text, to.labels, to.assignees)
        except CooError:
            # The answer may have been lost after the effect: an issue that is there now is this one.
            found = self.hands.open_issues(marker(self.test))
            if not found:
                raise
            issue = found[0]
        done = f"opened issue #{issue.number} of a flaky test"
        older = [one for one in self.hands.open_issues(marker(self.test)) if one.number < issue.number]
        return self._withdraw(issue, older[0], done) if older else Outcome("done", done, (done,), issue.url)

    def _withdraw(self, issue: Issue, older: Issue, done: str) -> Outcome:
        """Close an issue of ours that another process was quicker with."""
        text = issue.body.replace(marker(self.test), f"<!-- coo:duplicate-of={older.number} -->")
        self.hands.change_issue(issue.number, text, "closed", "not_planned")
        told = self._again(older)
        detail = f"{done} and closed it as a duplicate of issue #{older.number}; {told.detail}"
        return Outcome("done", detail, (done, f"closed issue #{issue.number}", *told.actions), older.url)

    def _address(self) -> Address:
        decision = Decision(self.play.id, Action.ESCALATE, Owner.CTO, Priority.P3)
        to = address(self.playbook, decision, Category.TEST_FAILURE)
        return replace(to, labels=tuple(dict.fromkeys((*to.labels, LABEL))))


def _plan(words: str, issue: Issue | None = None) -> Outcome:
    return Outcome("dry-run", f"would {words}", (words,), issue.url if issue else None)
