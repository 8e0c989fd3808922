"""Escalation: one issue for one fingerprint, one mention for one attempt of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from coo.actions.address import LABEL, Address, address
from coo.actions.issue import AGAIN, IssueText
from coo.actions.markers import after_marks, ended, retold, seconds, withdrawn, words
from coo.core.errors import CooError
from coo.core.model import Outcome, Run
from coo.core.playbook import Action
from coo.ports import Hands, Issue, Memory, Room

__all__ = ["LABEL", "Address", "address", "escalate"]

DAY = 86_400.0
PRIORITIES = ("p0", "p1", "p2", "p3")


def escalate(text: IssueText, to: Address, hands: Hands | None, act: bool, memory: Memory | None = None) -> Outcome:
    """Open the issue, or comment on the open one of the same failure, or find that it is said already.

    A dry run only looks, and stays a dry run when it may not. A call that fails is an `Outcome` with status `failed`.
    """
    if hands is None:
        return Outcome("dry-run", f"would {_opening(to)} (GitHub was not asked whether there is one)", (_opening(to),))
    telling = _Telling(text, to, hands, memory)
    try:
        return telling.tell() if act else telling.plan()
    except CooError as error:
        if not act:
            detail = f"would {_opening(to)}, or comment on one that is open: {error.message}"
            return Outcome("dry-run", detail, (_opening(to),))
        return Outcome("failed", f"the failure could not be escalated: {error.message}", exit_code=error.exit_code)


def _opening(to: Address) -> str:
    people = f" and assign {', '.join(to.assignees)}" if to.assignees else ""
    return f"open an issue labelled {', '.join(to.labels)}{people}"


def _set_off(run: Run | None, issue: Issue) -> bool:
    """Whether coo's own words in an issue started the run: an answer would start the next one, without end."""
    if run is None or run.event not in ("issues", "issue_comment"):
        return False
    return bool(run.actor) and run.actor.casefold() == issue.author.casefold()


@dataclass(frozen=True, slots=True)
class _Telling:
    """An escalation at work. Its methods raise `CooError`."""

    text: IssueText
    to: Address
    hands: Hands
    memory: Memory | None

    def plan(self) -> Outcome:
        """What would be done."""
        found, told = self._known()
        if told is not None:
            return told
        issue = found[0] if found else None
        if issue is None or self._is_old(issue):
            return Outcome("dry-run", f"would {_opening(self.to)}", (_opening(self.to),))
        verb = "reopen and comment on" if self._returns(issue) else "comment on"
        words = f"{verb} issue #{issue.number}"
        return Outcome("dry-run", f"would {words}", (words,), issue.url)

    def tell(self) -> Outcome:
        """Do it, unless another process did it or is at it."""
        found, told = self._known()
        if told is not None:
            return told
        issue = found[0] if found else None
        target = f"{self.text.fingerprint_marker[5:-4]}, {self.text.run_marker[5:-4]}"
        if before := self._begin(target):
            return Outcome("skipped", before, (), issue.url if issue else None)
        outcome: Outcome | None = None
        try:
            fresh = issue is None or self._is_old(issue)
            outcome = self._open(issue) if issue is None or fresh else self._mention(issue)
            for one in found[1:]:  # left behind by a process that died before it looked again
                outcome = self._without(one, found[0], outcome)
            return outcome
        finally:
            self._end(target, outcome)

    def _known(self) -> tuple[tuple[Issue, ...], Outcome | None]:
        """The issues of this failure, the open ones if there are any, and an outcome if the first needs no word."""
        found = self.hands.open_issues(self.text.fingerprint_marker)
        issue = found[0] if found else self.hands.closed_issue(self.text.fingerprint_marker)
        found = found or ((issue,) if issue else ())
        if issue is not None and _set_off(self.text.run, issue):
            told = f"what coo wrote in an issue set this run off, which fails as issue #{issue.number} says already"
            return found, Outcome("skipped", told, (), issue.url)
        if issue is None or not self._tells(issue):
            return found, None
        closed = "" if issue.state == "open" else ", and was closed"
        return found, Outcome("skipped", f"issue #{issue.number} tells of this run already{closed}", (), issue.url)

    def _tells(self, issue: Issue) -> bool:
        """Whether the issue or a comment of it tells of this attempt. No comment can before the run was made."""
        if self.text.run_marker in issue.body:
            return True
        since = self.text.run.created_at if self.text.run else None
        return any(self.text.run_marker in body for body in self.hands.own_comments(issue.number, since))

    def _is_old(self, issue: Issue) -> bool:
        """Whether an issue was closed so long ago that a new one is better."""
        if issue.state == "open" or issue.closed_at is None:
            return False
        return self._at(issue.closed_at) - issue.closed_at >= self.to.reopen_days * DAY

    def _returns(self, issue: Issue) -> bool:
        """Whether a closed issue's failure came back: a run that ended before it was closed says nothing new."""
        return issue.state != "open" and (issue.closed_at is None or self._at(issue.closed_at) >= issue.closed_at)

    def _at(self, default: float) -> float:
        """When the run ended, in seconds since the epoch."""
        at = seconds(ended(self.text.run)) if self.text.run else None
        return default if at is None else at

    def _open(self, old: Issue | None) -> Outcome:
        """Open an issue, and take it back if another one was opened at the same instant."""
        room = self._take()
        if room is not None and not room.ok:
            told = f"no issue was opened: {room.used} of {room.cap} new issues today, by {room.by}"
            return Outcome("skipped", told)
        body = self.text.body
        if old is not None and old.closed_at is not None:
            body = after_marks(body, f"The same failure was in #{old.number}, which was closed before.\n")
        self.hands.ensure_labels(self.to.labels)
        try:
            issue = self.hands.create_issue(self.text.title, body, self.to.labels, self.to.assignees)
        except CooError:
            # The answer may have been lost after the effect: an issue that is there now is this one.
            found = self.hands.open_issues(self.text.fingerprint_marker)
            if not (ours := [one for one in found if self.text.run_marker in one.body]):
                raise
            issue = ours[0]
        done = Outcome("done", f"opened issue #{issue.number}", (f"opened issue #{issue.number}",), issue.url)
        try:
            older = [one for one in self.hands.open_issues(self.text.fingerprint_marker) if one.number < issue.number]
        except CooError as error:
            return replace(done, detail=f"{done.detail}; whether it is the only one nobody can tell: {error.message}")
        return self._withdraw(issue, older[0], done) if older else done

    def _withdraw(self, issue: Issue, older: Issue, done: Outcome) -> Outcome:
        """Close an issue of ours that another process was quicker with, and mention the run in the other one."""
        done = self._without(issue, older, done)
        if done.status == "failed":
            return done
        try:
            told = Outcome("done", "") if self._tells(older) else self._mention(older)
        except CooError as error:
            detail = f"{done.detail}, which does not tell of this run: {error.message}"
            return Outcome("failed", detail, done.actions, older.url, error.exit_code)
        detail = f"{done.detail}; {told.detail}" if told.detail else done.detail
        return Outcome("done", detail, (*done.actions, *told.actions), older.url)

    def _without(self, issue: Issue, older: Issue, done: Outcome) -> Outcome:
        """Close a duplicate with a note; gives the outcome with what came of that."""
        name, actions = f"issue #{issue.number}", [*done.actions]
        try:
            body = withdrawn(issue.body, self.text.fingerprint_marker, older.number)
            self.hands.change_issue(issue.number, body, "closed", "not_planned")
            actions.append(f"closed {name}")
            self.hands.comment_issue(issue.number, f"#{older.number} is of the same failure; it goes on there.")
            actions.append(f"commented on {name}")
        except CooError as error:
            detail = f"{done.detail}; {name} is a duplicate of #{older.number}, which is not all put right"
            return Outcome("failed", f"{detail}: {error.message}", tuple(actions), older.url, error.exit_code)
        detail = f"{done.detail} and closed {name} as a duplicate of issue #{older.number}"
        return replace(done, detail=detail, actions=tuple(actions), issue_url=older.url)

    def _mention(self, issue: Issue) -> Outcome:
        """Count the failure in an issue, reopen it where it returns, and comment on it.

        The count comes first, and knows its attempt: a process that died before its comment is not counted twice.
        """
        name = f"issue #{issue.number}"
        issue = self.hands.issue(issue.number)  # as it is now: other processes write the same body
        comment, actions, fault = self.text.comment, list[str](), None
        returns = self._returns(issue)
        body, count = issue.body, ""
        if self.text.run is not None:
            body, tally = retold(issue.body, self.text.run)
            count = f"The same failure again, {tally.count} times since {words(tally.first)}."
        try:
            labels, people = self._raised(issue)
            if returns or body != issue.body or labels:
                self.hands.change_issue(issue.number, body, "open" if returns else None, None, labels, people)
                actions += [f"reopened {name}"] if returns else []
        except CooError as error:
            if returns:
                raise  # with a comment, the next try would take a closed issue for one that was told
            fault = error
        note = " It came back after this issue was closed." if returns else ""
        comment = comment.replace(AGAIN, f"{count or AGAIN}{note}", 1)
        self.hands.comment_issue(issue.number, comment)
        actions.append(f"commented on {name}")
        if fault is None:
            return Outcome("done", " and ".join(actions), tuple(actions), issue.url)
        detail = f"{' and '.join(actions)}, but its count may be one short: {fault.message}"
        return Outcome("done", detail, tuple(actions), issue.url)

    def _raised(self, issue: Issue) -> tuple[list[str] | None, list[str] | None]:
        """The labels and people of an issue that goes to another owner now, or is more urgent; None where they stay."""
        owner = next((label for label in self.to.labels if label.startswith("agent:")), "")
        urgent = [label for label in (*issue.labels, *self.to.labels) if label in PRIORITIES]
        known = [label for label in issue.labels if label in PRIORITIES]
        if owner in issue.labels and (not known or min(urgent) in known):
            return None, None
        kept = [label for label in dict.fromkeys((*issue.labels, *self.to.labels)) if label not in PRIORITIES]
        able = [one for one in self.to.assignees if one not in issue.assignees and self.hands.is_assignable(one)]
        self.hands.ensure_labels(self.to.labels)
        return [*kept, min(urgent)], [*issue.assignees, *able] if able else None

    def _take(self) -> Room | None:
        """Take one of the day's new issues; None where nobody can count them, which keeps nobody uninformed."""
        try:
            return self.memory.take(Action.ESCALATE, self.to.day_limit) if self.memory else None
        except CooError:
            return None

    def _begin(self, target: str) -> str | None:
        """Note that this is begun; gives why another did it or is at it, or None."""
        try:
            before = self.memory.begin(Action.ESCALATE, target) if self.memory else None
        except CooError:
            return None
        if before is None:
            return None
        return "this run was told of already" if before.status == "done" else "another process is telling of this run"

    def _end(self, target: str, outcome: Outcome | None) -> None:
        """Note the end; where that cannot be, the next try asks GitHub first."""
        try:
            if self.memory:
                done = outcome is not None and outcome.status == "done"
                self.memory.end(Action.ESCALATE, target, done, outcome.detail if outcome else "it failed")
        except CooError:
            return
