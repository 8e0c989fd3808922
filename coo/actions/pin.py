"""Pinning a dependency: an issue with the last version that worked, and where a playbook says so a pull request.

The versions are read from logs: they are shown. What enters a file is decided in `pin_pull.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from coo.actions.facts import Case
from coo.actions.pin_pull import Pull, propose
from coo.actions.spec import Doing, Spec, attempt_of, recheck
from coo.core.errors import CooError
from coo.core.logs import Log, read_log
from coo.core.model import Job, Outcome, Run
from coo.core.pin_advice import Green, advice, suspects
from coo.core.pins import MAX_LINES, Installed, Package, installed
from coo.core.told import markdown_link, neutralise_markdown
from coo.ports import Hands

HEADING = "### The last version that worked"


@dataclass(frozen=True, slots=True)
class Compared:
    """What the failed job and the job of its name in the last green run installed; `section` is for the issue."""

    section: str
    green: Run | None = None
    worked: Installed = field(default_factory=Installed)
    suspects: tuple[Package, ...] = ()


def compare(case: Case, hands: Hands) -> Compared:
    """Read the two logs. Never raises `CooError`: what could not be read is said in the section."""
    try:
        return _compare(case, hands)
    except CooError as error:
        return _nothing(error.message)


def _nothing(why: str) -> Compared:
    return Compared(f"{HEADING}\n\ncoo cannot say it: {neutralise_markdown(why, 400)}.")


def _compare(case: Case, hands: Hands) -> Compared:
    green = green_run(case, hands)
    if green is None:
        return _nothing("no run of this workflow that succeeded was found for this branch or the default branch")
    failed = [job for job in hands.jobs_of(case.run) if job.name in _names(case)]
    twins = {job.name: job for job in hands.jobs_of(green) if job.conclusion == "success"}
    pair = next(((job, twins[job.name]) for job in failed if job.name in twins), None)
    if pair is None:
        return _nothing(f"the last green run, {green.id}, has no job of the same name that succeeded")
    worked = versions(hands, pair[1])
    try:
        now = versions(hands, pair[0])
    except CooError:
        now = Installed()
    where = markdown_link(f"run {green.id} on {green.branch}", green.url)
    found = Green(where, bool(green.sha) and green.sha == case.run.sha)
    return Compared(advice(case.verdict, found, worked, now), green, worked, suspects(case.verdict, worked))


def green_run(case: Case, hands: Hands) -> Run | None:
    """The last green run of the workflow on the run's branch, else on the default branch."""
    run = case.run
    found = hands.last_green(run)
    if found is None and run.branch != run.default_branch:
        found = hands.last_green(replace(run, branch=run.default_branch))
    return found


def _names(case: Case) -> tuple[str, ...]:
    """The failed jobs that the run's verdict is of."""
    same = [job.job for job in case.jobs if job.verdict.fingerprint == case.verdict.fingerprint]
    return tuple(same or (job.job for job in case.jobs))


def versions(hands: Hands, job: Job) -> Installed:
    """What a job's log says was installed. Raises `CooError` when it cannot be had or read."""
    log = read_log(hands.log_of(job), job.name)
    return installed(_lines(log))


def _lines(log: Log) -> tuple[str, ...]:
    return tuple(log.text_at(index) for index in range(min(len(log), MAX_LINES + 1)))


def _pin(doing: Doing) -> Outcome:
    recheck(doing, "run")
    found = compare(doing.case, doing.hands)
    pull = _propose(doing, found) if doing.case.params.get("pull-request") else None
    if doing.tell is None:
        raise ValueError("pin-dependency without a way to tell of it")
    told = doing.tell("\n\n".join(part for part in (found.section, pull.section if pull else "") if part))
    if pull is None:
        return told
    detail = f"{told.detail}; {pull.detail}"
    both = replace(told, detail=detail, actions=(*pull.actions, *told.actions))
    if pull.failure is not None and told.status != "failed":
        return replace(both, status="failed", exit_code=int(pull.failure.exit_code))
    return replace(both, status="done") if pull.actions and told.status == "skipped" else both


def _propose(doing: Doing, found: Compared) -> Pull:
    if found.green is None or len(found.suspects) != 1:
        return Pull("no pull request: it is not clear which package to pin")
    try:
        seen = on_default(doing, found)
    except CooError as error:
        return Pull(f"no pull request: {error.message}", failure=error)
    if isinstance(seen, str):
        return Pull(f"no pull request: {seen}")
    recheck(doing, "run")
    return propose(doing.case, doing.hands, found.suspects[0], seen)


TRUSTED_EVENTS = ("push", "schedule", "workflow_dispatch")
"""Events whose runs on the default branch run the code of the default branch, and no stranger's."""


def on_default(doing: Doing, found: Compared) -> Run | str:
    """The green run of the default branch that had the same version, or why no file may be changed by it."""
    case, package, green = doing.case, found.suspects[0], found.green
    base = replace(case.run, branch=case.run.default_branch)
    if green is None or green.branch != case.run.default_branch:
        green = doing.hands.last_green(base)
    if green is None:
        return "no green run of the default branch was found"
    if green.event not in TRUSTED_EVENTS:
        return f"the last green run of the default branch was started by {green.event}"
    if found.green is not None and green.id == found.green.id:
        worked = found.worked
    else:
        twin = next(
            (j for j in doing.hands.jobs_of(green) if j.name in _names(case) and j.conclusion == "success"), None
        )
        worked = versions(doing.hands, twin) if twin else Installed()
    if worked.versions.get((package.manager, package.name)) != (package.version,):
        return "the last green run of the default branch does not name this version of it alone"
    return green


def _plan(case: Case) -> tuple[str, ...]:
    told = "open an issue (or comment on the open one) with the last version that worked and the lines to pin it"
    if not case.params.get("pull-request"):
        return (told,)
    return told, f"open a pull request that pins it in {case.params.get('file')} where that is one plain line"


PIN_DEPENDENCY = Spec(
    does="Tells people of a release that broke upstream: an issue with the last version that worked, read from the log"
    " of the last green run of the same workflow and job, the lines that pin it, and every version that changed since."
    " With `pull-request: true` it also proposes the pin as a pull request, where that is one plain line of the file"
    " that the playbook names (requirements.txt, constraints.txt, package.json, Cargo.toml). Versions come from logs,"
    " so they are shown; the one that enters a file must also stand in the last green run of the default branch.",
    plan=_plan,
    perform=_pin,
    target=attempt_of,
    undo="Close the issue. A pull request changes nothing until a person merges it: close it and delete its branch;"
    " a closed one is not opened again.",
    marker="The issue's marker of the failure and of the run; for the pull request its branch, `pin-FINGERPRINT` under"
    " `coo/`.",
)
"""`pin-dependency`."""
