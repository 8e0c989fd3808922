"""An incident: what is remembered of a triage. Pure; every text in it is redacted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from coo.core.model import Evidence, JobVerdict, ModelUse, Triage

MAX_TEXT = 2_000
"""Characters of one text that are kept."""
MAX_CONTEXT = 4_000
"""Characters of a job's lines around the evidence that are kept."""


@dataclass(frozen=True, slots=True)
class IncidentJob:
    """A failed job of an incident; `context` are the lines around the evidence, one a line."""

    job_id: int
    name: str
    category: str
    subtype: str
    source: str
    rule_id: str | None
    fingerprint: str
    summary: str
    evidence: tuple[Evidence, ...] = ()
    context: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """One attempt of a run, its verdict, and what was done. Times are seconds since the epoch, UTC."""

    repo: str
    run_id: int
    attempt: int
    workflow: str
    workflow_path: str
    event: str
    branch: str
    on_default: bool
    """The run was on the default branch."""
    sha: str
    url: str
    at: float
    """When it was triaged."""
    category: str
    subtype: str
    severity: str
    confidence: str
    source: str
    rule_id: str | None
    fingerprint: str
    summary: str
    owner: str
    priority: str
    play: str
    planned: str
    action: str
    status: str
    detail: str
    issue_url: str | None
    acted: bool
    usd: float
    seconds: float
    id: int = 0
    """Its number in the ledger; 0 before it is in one."""
    jobs: tuple[IncidentJob, ...] = ()
    models: tuple[ModelUse, ...] = field(default=())


def incident_of(triage: Triage, at: float, redact: Callable[[str], str]) -> Incident:
    """Give what is to be remembered of a triage. `redact` goes over every text once more."""

    def clean(text: str, limit: int = MAX_TEXT) -> str:
        # As every database takes it: no NUL, and no half of a character.
        return redact(text).replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:limit]

    run, verdict, decision = triage.run, triage.classification, triage.decision
    return Incident(
        repo=run.repo.casefold(),
        run_id=run.id,
        attempt=run.attempt,
        workflow=clean(run.workflow),
        workflow_path=clean(run.workflow_path),
        event=run.event,
        branch=clean(run.branch),
        on_default=run.branch == run.default_branch,
        sha=run.sha,
        url=run.url,
        at=at,
        category=verdict.category,
        subtype=clean(verdict.subtype),
        severity=verdict.severity,
        confidence=verdict.confidence,
        source=verdict.source,
        rule_id=verdict.rule_id,
        fingerprint=verdict.fingerprint,
        summary=clean(verdict.summary),
        owner=decision.owner,
        priority=decision.priority,
        play=decision.play,
        planned=decision.planned,
        action=decision.action,
        status=triage.outcome.status,
        detail=clean(triage.outcome.detail),
        issue_url=triage.outcome.issue_url,
        acted=triage.acted,
        usd=triage.usd,
        seconds=triage.seconds,
        jobs=tuple(_job(job, clean) for job in triage.jobs),
        models=tuple(replace(use, error=use.error and clean(use.error)) for use in triage.models),
    )


def _job(job: JobVerdict, clean: Callable[..., str]) -> IncidentJob:
    verdict = job.classification
    lines = "\n".join(f"{line.number} | {line.text}" for line in job.context)
    return IncidentJob(
        job_id=job.job.id,
        name=clean(job.job.name),
        category=verdict.category,
        subtype=clean(verdict.subtype),
        source=verdict.source,
        rule_id=verdict.rule_id,
        fingerprint=verdict.fingerprint,
        summary=clean(verdict.summary),
        evidence=tuple(
            Evidence(e.line, clean(e.text), e.job and clean(e.job), e.step and clean(e.step), e.index)
            for e in verdict.evidence
        ),
        context=clean(lines, MAX_CONTEXT),
    )
