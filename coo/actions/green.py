"""A failure that is over: its workflow is green again on its branch, and the issue says so."""

from __future__ import annotations

from contextlib import suppress

from coo.actions.markers import Failing, ended, failing_of, moment, recovered, seconds, words, workflow_key
from coo.core.errors import CooError
from coo.core.model import Outcome, Run
from coo.core.playbook import Action
from coo.core.told import code_span, markdown_link
from coo.ports import Hands, Issue, Memory


def ends(run: Run, issue: Issue) -> Failing | None:
    """What an issue has of a green run's workflow and branch; None where it failed again after that run."""
    mark = next((one for one in failing_of(issue.body) if one.key == workflow_key(run)), None)
    # NOTE: both must say that it is older: numbers alone could be out of step, and times alone be equal.
    if mark is None or (run.id < mark.run and moment(run.created_at) < mark.made):
        return None
    return mark


def say_green(run: Run, number: int, hands: Hands, close: bool, memory: Memory | None) -> Outcome | None:
    """Comment on an issue that its workflow is green again, and close it where that is wanted and nothing else fails.

    The comment comes first, and is found again: a process that died before the rest does not comment twice.
    """
    name, done = f"issue #{number}", list[str]()
    target = f"green {name}, run {run.id}, attempt {run.attempt}"
    try:
        issue = hands.issue(number)  # as it is now
        mark = ends(run, issue)
        if issue.state != "open" or mark is None or not _begin(memory, target):
            return None
        body = recovered(issue.body, mark.key)
        closing = close and not failing_of(body)
        told = f"<!-- coo:green={run.id}/{run.attempt} -->"
        if not any(told in one for one in hands.own_comments(number, run.created_at)):
            hands.comment_issue(number, f"{told}\n{_words(run, mark, closing, bool(failing_of(body)))}")
            done.append(f"commented on {name}")
        hands.change_issue(number, body, *(("closed", "completed") if closing else ()))
        done += [f"closed {name}"] if closing else []
    except CooError as error:
        _end(memory, target, False, error.message)
        detail = f"{name} was not brought up to date: {error.message}"
        return Outcome("failed", detail, tuple(done), exit_code=error.exit_code)
    detail = f"{' and '.join(done) or name}: green again after {duration(mark.first, ended(run))}"
    _end(memory, target, True, detail)
    return Outcome("done", detail, tuple(done), issue.url)


def _words(run: Run, mark: Failing, closing: bool, others: bool) -> str:
    """What the comment says."""
    where = f"on branch {code_span(run.branch, 200)} at {code_span(run.sha[:12])}"
    text = f"Green again: {markdown_link(f'{run.workflow}, run {run.id}', run.url)} succeeded {where}, "
    text += f"{duration(mark.first, ended(run))} after the first failure ({words(mark.first)})."
    if closing:
        return f"{text} This issue is closed by that."
    if others:
        return f"{text} Another workflow or branch has this failure still."
    return f"{text} Close this issue if that settles it."


def duration(start: str, end: str) -> str:
    """The time between two moments, for people: the two largest units."""
    begun, over = seconds(start), seconds(end)
    if begun is None or over is None or over < begun:
        return "some time"
    minutes = int(over - begun) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if count]
    return " ".join(parts[:2]) or "less than a minute"


def _begin(memory: Memory | None, target: str) -> bool:
    """Whether it is ours to say; without a memory the issue alone tells what was said."""
    try:
        return memory is None or memory.begin(Action.ESCALATE, target) is None
    except CooError:
        return True


def _end(memory: Memory | None, target: str, done: bool, detail: str) -> None:
    with suppress(CooError):  # what was said stays said: the next try finds it
        if memory is not None:
            memory.end(Action.ESCALATE, target, done, detail)
