"""The use case: a failed run is fetched, judged, decided on and answered. Over ports; no I/O of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from coo.actions.confirm import failed_again
from coo.actions.day import DayOfFailures
from coo.actions.escalate import address, escalate
from coo.actions.facts import Case, JobPlay
from coo.actions.guards import check
from coo.actions.issue import issue_text
from coo.actions.past import past_of
from coo.actions.remedies import GuardError, plan, remedy
from coo.actions.run_guards import is_own_workflow
from coo.actions.wait import put_off, waits
from coo.core.classify import gravest
from coo.core.engine import Engine
from coo.core.errors import CooError, InputError, NothingToTriage
from coo.core.model import Classification, Decision, GuardResult, JobVerdict, Note, Outcome, Run, Triage
from coo.core.playbook import Action, Play, Playbook, is_mixed, select, verdict_owner, verdict_priority
from coo.notices import notify
from coo.ports import Clock, Hands, Memory, Messenger, Model, RunSource
from coo.verdicts import SecondOpinion, failed_jobs, job_verdicts

OWN_WORKFLOWS = ("coo", ".github/workflows/coo.yml", ".github/workflows/coo.yaml")
"""Names and paths by which coo's own workflow is known where nothing else is configured."""

FAILED_RUN = ("failure", "timed_out", "cancelled", "startup_failure")


@dataclass(frozen=True, slots=True)
class Options:
    """How a triage is done. `act`: change things (else a dry run); `remediate`: False lets coo escalate only.

    `attempt`: the attempt that an event told of; `own_workflows`: names and paths of workflows that run coo;
    `max_usd`: US dollars for models in this run, None for no limit; `excerpt_chars`: what a model may see;
    `system_prompt` and `boundary` (draws a fresh secret word) are needed with a model.
    """

    act: bool = False
    remediate: bool = True
    attempt: int | None = None
    own_workflows: tuple[str, ...] = OWN_WORKFLOWS
    max_usd: float | None = None
    excerpt_chars: int = 6000
    system_prompt: str = ""
    boundary: Callable[[], str] = str
    clock: Clock | None = None
    messengers: Mapping[str, Messenger] = field(default_factory=dict)
    """Where people can be told besides the issue, by the name that a playbook has for it."""
    due: bool = False
    """`coo due` looks again: only a play that waits (`after`) is followed."""


def triage(
    source: RunSource,
    hands: Hands | None,
    engine: Engine,
    playbook: Playbook,
    model: Model | None = None,
    options: Options | None = None,
    memory: Memory | None = None,
) -> Triage:
    """Triage one run. Raises `NothingToTriage` when there is no failure to judge, and what `source` raises.

    Without `hands` GitHub is not asked: guards that need it stay open, and nothing can be acted on. `memory` knows
    what is left of the day's limits; without one no remedy is done.
    """
    options = options or Options()
    started = options.clock.monotonic() if options.clock else 0.0
    if options.act and hands is None:
        raise InputError("act-offline", "a saved run cannot be acted on", "give the run's URL, or leave out --act")
    run = source.run()
    refuse(run, options)
    if options.attempt is not None and (now := _run_now(hands, run)):
        refuse(now, options)  # an event's source gives that event's attempt: a newer one is only seen by asking
    jobs, notes = failed_jobs(source.jobs())
    if not jobs:
        raise NothingToTriage(
            "no-failed-job",
            f"run {run.id} ended as {run.conclusion}, but none of its jobs failed: there is no log to read",
            f"look at the run itself: {run.url}",
        )
    opinion = SecondOpinion(
        model, engine, playbook, options.system_prompt, options.boundary, options.max_usd, options.excerpt_chars
    )
    verdicts = job_verdicts(source, run, jobs, opinion)
    verdict = gravest([job.classification for job in verdicts])
    if options.act and memory is not None:
        notes = (*notes, *_settled(run, verdicts, memory))
    failures = DayOfFailures(run, hands)
    decision, outcome = _Answer(run, verdicts, verdict, playbook, hands, options, notes, memory, failures).give()
    notes = (*notes, *failures.notes)
    seconds = options.clock.monotonic() - started if options.clock else 0.0
    done = Triage(run, verdicts, verdict, decision, outcome, tuple(opinion.uses), notes, seconds, options.act)
    return replace(done, notes=(*notes, *notify(done, playbook.notify, options.messengers, memory)))


def decide(
    run: Run, jobs: Sequence[JobVerdict], playbook: Playbook, own_workflows: tuple[str, ...] = OWN_WORKFLOWS
) -> Decision:
    """What a playbook has for a run that was judged before. Asks nobody: guards that need GitHub stay open.

    Raises `NothingToTriage` as `triage` does.
    """
    options = Options(own_workflows=own_workflows)
    refuse(run, options)
    verdict = gravest([job.classification for job in jobs])
    failures = DayOfFailures(run, None)
    return _Answer(run, tuple(jobs), verdict, playbook, None, options, (), None, failures).give()[0]


def _settled(run: Run, jobs: tuple[JobVerdict, ...], memory: Memory) -> tuple[Note, ...]:
    """Settle what an earlier attempt was re-run for; where that cannot be noted, say so and go on."""
    try:
        failed_again(run, jobs, memory)
    except CooError as error:
        return (Note("doubt-not-settled", 1, error.message),)
    return ()


def _run_now(hands: Hands | None, run: Run) -> Run | None:
    """The run as it is now, or None when it cannot be asked (the guards say why, where it counts)."""
    try:
        return hands.run(run.id) if hands else None
    except CooError:
        return None


def refuse(run: Run, options: Options) -> None:
    """Raise `NothingToTriage` for a run that is not failed now, or that is coo's own."""
    if is_own_workflow(run, options.own_workflows):
        raise NothingToTriage(
            "own-workflow", f"run {run.id} is of coo's own workflow {run.workflow}", "look at its log yourself"
        )
    if options.attempt is not None and run.attempt > options.attempt:
        state = run.conclusion if run.status == "completed" else run.status
        raise NothingToTriage(
            "already-rerun",
            f"attempt {options.attempt} of run {run.id} was re-run already: attempt {run.attempt} is {state}",
            "nothing to do: the newer attempt is triaged by its own event if it fails",
        )
    if run.status != "completed":
        before = f"; attempt {run.attempt - 1} was re-run" if run.attempt > 1 else ""
        raise NothingToTriage(
            "still-running", f"attempt {run.attempt} of run {run.id} is {run.status}{before}", "wait until it has ended"
        )
    if run.conclusion not in FAILED_RUN:
        told = f"run {run.id} did not fail: its conclusion is {run.conclusion}"
        raise NothingToTriage("not-failed", told, "nothing to do; give a run that failed")


@dataclass(frozen=True, slots=True)
class _Answer:
    """One run with its verdicts, on the way to a decision and an outcome."""

    run: Run
    jobs: tuple[JobVerdict, ...]
    verdict: Classification
    playbook: Playbook
    hands: Hands | None
    options: Options
    notes: tuple[Note, ...]
    memory: Memory | None
    failures: DayOfFailures

    def give(self) -> tuple[Decision, Outcome]:
        """Select the play, check its guards, do what it says, or what it says for a guard that did not hold."""
        mixed = is_mixed([job.classification for job in self.jobs])
        play = self._select(self.verdict, mixed)
        case = self._case(play, mixed)
        if self.options.due and not case.params.get("after"):
            return self._decision(play, ()), Outcome("skipped", f"play {play.id} does not wait: nothing is due")
        guards = check(case, [spec.id for spec in play.guards], self.hands, self.memory)
        if play.action.remedies and not play.only_tells and not self.options.remediate:
            guards = (GuardResult("mode", False, "coo may escalate here, and not change branches or runs"), *guards)
        decision = self._decision(play, guards)
        if any(not guard.held and guard.asked for guard in guards):
            return self._fall_back(play, case, decision)
        if not play.action.remedies:
            return decision, self._tell(decision)
        if any(not guard.held for guard in guards):
            return decision, _open_guards(case)
        now = self.options.clock.now() if self.options.clock else None
        if (then := waits(case, self.jobs, now, self.options.due)) is not None:
            outcome = put_off(case, plan(case), then, self.options.act, self.memory)
            return decision, self._tell_failure(play, decision, outcome) if outcome.status == "failed" else outcome
        try:
            tell = partial(self._tell, decision)
            outcome = remedy(case, guards, self.hands, self.options.act, self.memory, tell)
        except GuardError as broken:
            guards = tuple(broken.guard if guard.id == broken.guard.id else guard for guard in guards)
            return self._fall_back(play, case, self._decision(play, guards))
        return decision, self._tell_failure(play, decision, outcome) if outcome.status == "failed" else outcome

    def _select(self, verdict: Classification, mixed: bool) -> Play:
        return select(self.playbook, self.run, verdict, mixed, self.failures)

    def _case(self, play: Play, mixed: bool) -> Case:
        jobs = tuple(
            JobPlay(job.job.name, job.classification, self._select(job.classification, mixed).action)
            for job in self.jobs
        )
        limits = self.playbook.limits
        return Case(
            run=self.run,
            verdict=self.verdict,
            jobs=jobs,
            action=play.action,
            branch_patterns=play.branch_patterns,
            attempts=limits.attempts,
            own_workflows=self.options.own_workflows,
            day_limit=limits.day(play.action),
            play=play.id,
            params=play.params,
        )

    def _decision(self, play: Play, guards: Sequence[GuardResult]) -> Decision:
        return Decision(
            play=play.id,
            action=play.action,
            owner=play.owner or verdict_owner(self.verdict),
            priority=play.priority or verdict_priority(self.verdict),
            guards=tuple(guards),
            planned=play.action,
            because=f"play {play.id} of playbook {self.playbook.id}",
        )

    def _fall_back(self, play: Play, case: Case, decision: Decision) -> tuple[Decision, Outcome]:
        """What the play says for a guard that did not hold; nothing for a run that is not failed any more."""
        failed = "; ".join(f"{guard.id}: {guard.because}" for guard in decision.failed_guards)
        because = f"{decision.because} asks for {play.action}, but a guard did not hold: {failed}"
        if over := self._overtaken(case):
            return replace(decision, action=Action.REPORT_ONLY, because=because), Outcome("skipped", over)
        other = play.on_guard_failure
        decision = replace(
            decision,
            action=other.action,
            owner=other.owner,
            priority=other.priority or decision.priority,
            because=because,
        )
        return decision, self._tell(decision)

    def _overtaken(self, case: Case) -> str | None:
        """Why there is nothing left to tell anybody: the run was re-run, or is green now."""
        now = _run_now(self.hands, case.run)
        if now is None:
            return None
        if now.attempt > self.run.attempt:
            return f"attempt {self.run.attempt} was re-run already: attempt {now.attempt} is {now.status}"
        return None if now.status == "completed" else f"the run is {now.status} again"

    def _tell(self, decision: Decision, more: str = "") -> Outcome:
        """Escalate or report, as the decision says. `more`: a section of Markdown for the issue besides."""
        if decision.action not in (Action.ESCALATE, Action.PIN_DEPENDENCY):
            status = "done" if self.options.act else "dry-run"
            return Outcome(status, "reported only: nothing was changed and nobody was told")
        asking = self.options.act and self.hands
        past = past_of(self.run, self.verdict.fingerprint, asking, self.memory) if asking else None
        notes, template = (*self.notes, *self.failures.notes), self.playbook.escalation.template
        text = issue_text(self.run, self.jobs, self.verdict, decision, notes, more, past, template)
        to = address(self.playbook, decision, self.verdict.category)
        return escalate(text, to, self.hands, self.options.act, self.memory)

    def _tell_failure(self, play: Play, decision: Decision, failed: Outcome) -> Outcome:
        """Bring a remedy that failed half-way to a person; the outcome stays `failed` and says both."""
        other = play.on_guard_failure
        because = f"{decision.because} was tried and failed: {failed.detail}"
        told = self._tell(replace(decision, action=other.action, owner=other.owner, because=because))
        detail = f"{failed.detail} Then: {told.detail}."
        return Outcome("failed", detail, (*failed.actions, *told.actions), told.issue_url, failed.exit_code)


def _open_guards(case: Case) -> Outcome:
    """A remedy whose guards could not be asked: a dry run that says so."""
    planned = plan(case)
    words = " and ".join(planned)
    return Outcome("dry-run", f"this is a saved run: would {words} if every guard marked ? holds on GitHub", planned)
