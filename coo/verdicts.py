"""From the failed jobs of a run to a verdict for each: logs, rules, and a second opinion where rules do not decide."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from coo.core.classify import classify, unknown
from coo.core.engine import Engine
from coo.core.errors import CooError, NothingToTriage, RemoteError
from coo.core.excerpt import build_excerpt
from coo.core.guidance import guidance, outline
from coo.core.logs import Log, read_log
from coo.core.model import Category, Classification, Job, JobVerdict, ModelUse, Note, Run, Source
from coo.core.playbook import Playbook
from coo.core.prompt import Material, build_prompt
from coo.core.redact import redact
from coo.core.snippets import context_of, matched_lines
from coo.ports import Answer, Model, Question, RunSource

FAILED = ("failure", "timed_out", "startup_failure")
"""Conclusions of a job that failed by itself; a cancelled one counts only where no job failed."""
CONTEXT = 3
"""Lines shown before the deciding one."""


def failed_jobs(jobs: Sequence[Job]) -> tuple[tuple[Job, ...], tuple[Note, ...]]:
    """The jobs that a triage is about. Jobs cancelled beside a failed one (fail-fast) are noted and left out."""
    failed = tuple(job for job in jobs if job.conclusion in FAILED)
    cancelled = tuple(job for job in jobs if job.conclusion == "cancelled")
    if failed and cancelled:
        names = ", ".join(job.name for job in cancelled)
        return failed, (Note("cancelled-jobs-left-out", len(cancelled), names[:300]),)
    return failed or cancelled, ()


@dataclass
class SecondOpinion:
    """A model with its budget: asked once for each failure, and not when the money of the run is spent.

    `system`: the prompt's rules of the game; `boundary`: draws a fresh word that fences a log; `max_usd`: for a run.
    """

    model: Model | None
    engine: Engine
    playbook: Playbook
    system: str
    boundary: Callable[[], str]
    max_usd: float | None = None
    excerpt_chars: int = 6000
    uses: list[ModelUse] = field(default_factory=list)
    _known: dict[str, JobVerdict] = field(default_factory=dict)

    def review(self, run: Run, verdict: JobVerdict, log: Log) -> JobVerdict:
        """The verdict as it is, or a model's where no rule decided and the model gave a usable answer."""
        ruled = verdict.classification
        if ruled.source is not Source.NONE:
            return verdict
        if self.model is None:
            return _noted(verdict, Note("model-not-asked", 1, "no rule decided, and no model is configured"))
        if known := self._known.get(ruled.fingerprint):
            same = Note("same-failure", 1, f"as in job {known.job.name}: the model was asked once")
            return _noted(replace(verdict, classification=known.classification), same)
        if self.max_usd is not None and sum(use.usd for use in self.uses) >= self.max_usd:
            return _noted(verdict, Note("model-budget-spent", 1, f"the limit is ${self.max_usd:.2f} for a run"))
        reviewed = self._ask(self.model, run, verdict, log)
        self._known[ruled.fingerprint] = reviewed
        return reviewed

    def _ask(self, model: Model, run: Run, verdict: JobVerdict, log: Log) -> JobVerdict:
        ruled = verdict.classification
        answer = self.consult(model, log, ruled, run, verdict.job)
        if answer.classification is None:
            why = answer.use.error or "the answer was not usable"
            return _noted(replace(verdict, model=answer.use), Note("model-gave-nothing", 1, why))
        # The fingerprint stays the rules' one: a model's words would make the same failure two issues.
        verdict = replace(
            verdict,
            classification=replace(answer.classification, source=Source.MODEL, fingerprint=ruled.fingerprint),
            context=context_of(log, answer.classification, CONTEXT, redact) or verdict.context,
            model=answer.use,
        )
        return _noted(verdict, Note("model-recommends", 1, answer.play)) if answer.play else verdict

    def consult(
        self, model: Model, log: Log, ruled: Classification, run: Run | None = None, job: Job | None = None
    ) -> Answer:
        """Ask the model of a log that rules did not decide, and count what it cost. A log may come without a run."""
        material = self._material(log, ruled, run, job)
        prompt = build_prompt(material, self.system, self.boundary())
        answer = model.ask(Question(prompt.system, prompt.user, material.plays, log))
        self.uses.append(answer.use)
        return answer

    def _material(self, log: Log, ruled: Classification, run: Run | None, job: Job | None) -> Material:
        """What the model gets: of the playbook, the sections of the candidates, or each category's first words."""
        rules = [self.engine.catalog.by_id[name] for name in ruled.candidates if name in self.engine.catalog.by_id]
        prose = self.playbook.guidance
        return Material(
            log=log,
            excerpt=build_excerpt(log, matched_lines(self.engine, log, ruled), self.excerpt_chars),
            plays=tuple(play.id for play in self.playbook.plays if not play.action.remedies),
            run=run,
            job=job,
            verdict=ruled if ruled.ambiguous else None,
            candidates=rules,
            guidance=guidance(prose, [rule.category for rule in rules]) if rules else outline(prose, Category),
        )


def job_verdicts(source: RunSource, run: Run, jobs: Sequence[Job], opinion: SecondOpinion) -> tuple[JobVerdict, ...]:
    """A verdict for each failed job. A job without a log is `unknown` and says so.

    Raises `NothingToTriage` (code `logs-gone`) when no job has a log, and what `RunSource.job_log` raises when
    none could be fetched.
    """
    verdicts: list[JobVerdict] = []
    missing: list[CooError] = []
    for job in jobs:
        try:
            data = source.job_log(job)
        except (NothingToTriage, RemoteError) as error:
            missing.append(error)
            verdicts.append(_without_log(run, job, error))
            continue
        verdicts.append(_verdict(run, job, data, opinion))
    if missing and len(missing) == len(jobs):
        raise next((error for error in missing if not isinstance(error, NothingToTriage)), _all_gone(run, missing))
    return tuple(verdicts)


def _verdict(run: Run, job: Job, data: bytes, opinion: SecondOpinion) -> JobVerdict:
    try:
        log = read_log(data, job.name)
    except CooError as error:
        return _without_log(run, job, error)
    found, notes = classify(opinion.engine, log, job.failed_steps, redact)
    found = _with_step(found, log, job)
    verdict = JobVerdict(job, found, context_of(log, found, CONTEXT, redact), notes)
    return opinion.review(run, verdict, log)


def _with_step(found: Classification, log: Log, job: Job) -> Classification:
    """Name the failed step as GitHub names it, where there is no doubt: a raw log shows only its first command."""
    if len(job.failed_steps) != 1:
        return found
    name = job.failed_steps[0]
    evidence = tuple(
        replace(line, step=name) if line.index >= 0 and log.section_at(line.index).failed else line
        for line in found.evidence
    )
    return replace(found, evidence=evidence)


def _without_log(run: Run, job: Job, error: CooError) -> JobVerdict:
    """Nothing was read, which is a verdict about the log and never about the failure."""
    code = "logs-gone" if isinstance(error, NothingToTriage) else "log-not-read"
    words = "the log of this job is not available: nothing is known of the failure"
    what = "\x1f".join((code, run.workflow_path or run.workflow, job.name))
    verdict: Classification = replace(
        unknown((), words),
        subtype=code,
        title="The log is not available",
        remediation="Run the job again, or look at the run while its logs are kept.",
        fingerprint=hashlib.sha256(what.encode("utf-8", "replace")).hexdigest()[:16],
    )
    return JobVerdict(job, verdict, notes=(Note(code, 1, error.message),))


def _all_gone(run: Run, missing: Sequence[CooError]) -> NothingToTriage:
    return NothingToTriage(
        "logs-gone",
        f"the logs of all {len(missing)} failed jobs of run {run.id} are gone: nothing can be said about the failure",
        "GitHub keeps logs for a limited time; run the workflow again, or triage a bundle saved by `coo fetch`",
    )


def _noted(verdict: JobVerdict, note: Note) -> JobVerdict:
    return replace(verdict, notes=(*verdict.notes, note))
