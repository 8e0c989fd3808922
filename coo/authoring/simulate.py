"""What a playbook would have done over runs that were judged before. Pure: nobody is asked, nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from coo.core.catalog import Rule
from coo.core.classify import gravest
from coo.core.incident import Incident, IncidentJob
from coo.core.model import (
    Category,
    Classification,
    Confidence,
    Decision,
    GuardResult,
    Job,
    JobVerdict,
    Owner,
    Run,
    Severity,
    Source,
)
from coo.core.playbook import Playbook
from coo.triage import decide

ELSEWHERE = "(another branch)"
"""Stands for the default branch of a remembered run that was not on it."""
FORGOTTEN = ("same-repository",)
"""Guards over what the ledger does not keep."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A run with the verdicts of its failed jobs. `remembered`: from the ledger, which does not keep all of a run."""

    name: str
    run: Run
    jobs: tuple[JobVerdict, ...]
    remembered: bool = False

    @property
    def verdict(self) -> Classification:
        """The verdict of the run."""
        return gravest([job.classification for job in self.jobs])


@dataclass(frozen=True, slots=True)
class Answered:
    """What a playbook has for a run; `other`: what the playbook has that it is compared with."""

    judged: Judged
    decision: Decision
    other: Decision | None = None

    @property
    def differs(self) -> bool:
        """Whether the other playbook answers in another way: by another action, or to somebody else."""
        return self.other is not None and _answer(self.decision) != _answer(self.other)


def _answer(decision: Decision) -> tuple[str, ...]:
    return decision.action, decision.owner, decision.priority


def answers(
    judged: Judged, playbook: Playbook, other: Playbook | None = None, own_workflows: tuple[str, ...] = ()
) -> Answered:
    """What a playbook has for a run. Raises `NothingToTriage` for a run that coo leaves alone."""
    decisions = [_open(judged, decide(judged.run, judged.jobs, one, own_workflows)) for one in (playbook, other) if one]
    return Answered(judged, decisions[0], decisions[1] if len(decisions) > 1 else None)


def _open(judged: Judged, decision: Decision) -> Decision:
    if not judged.remembered:
        return decision
    why = "the ledger does not keep it"
    guards = (
        GuardResult(guard.id, False, why, asked=False) if guard.id in FORGOTTEN and guard.held else guard
        for guard in decision.guards
    )
    return replace(decision, guards=tuple(guards))


def deciding(decision: Decision) -> tuple[str, ...]:
    """The guards that decided: those that did not hold, else those that only GitHub can answer, as `?id`."""
    failed = [guard for guard in decision.guards if not guard.held]
    refused = tuple(f"{guard.id}: {guard.because}" for guard in failed if guard.asked)
    return refused or tuple(f"?{guard.id}" for guard in failed)


def totals(found: Iterable[Answered]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """How often each play and each action was chosen, the most frequent first."""
    decisions = [one.decision for one in found]
    plays, actions = Counter(one.play for one in decisions), Counter(one.action for one in decisions)
    return tuple(dict(sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))) for count in (plays, actions))  # type: ignore[return-value]


def remembered(incident: Incident, rules: Mapping[str, Rule]) -> Judged:
    """A run of the ledger. What it does not keep is taken from the rule of today, or left open.

    A run's conclusion is not kept: it counts as `failure`.
    """
    run = Run(
        repo=incident.repo,
        id=incident.run_id,
        attempt=incident.attempt,
        workflow=incident.workflow,
        workflow_path=incident.workflow_path,
        event=incident.event,
        branch=incident.branch,
        sha=incident.sha,
        head_repo=incident.repo,
        status="completed",
        conclusion="failure",
        url=incident.url,
        default_branch=incident.branch if incident.on_default else ELSEWHERE,
    )
    jobs = tuple(
        JobVerdict(Job(job.job_id, job.name, "failure"), _verdict(job, incident, rules)) for job in incident.jobs
    )
    whole = IncidentJob(
        0, "", incident.category, incident.subtype, incident.source, incident.rule_id, incident.fingerprint,
        incident.summary,
    )  # fmt: skip
    jobs = jobs or (JobVerdict(Job(0, "the run", "failure"), _verdict(whole, incident, rules)),)
    return Judged(f"{incident.repo}/{incident.run_id}/{incident.attempt}", run, jobs, remembered=True)


def _verdict(job: IncidentJob, incident: Incident, rules: Mapping[str, Rule]) -> Classification:
    rule = rules.get(job.rule_id or "")
    same = job.fingerprint == incident.fingerprint
    severity = incident.severity if same or rule is None else rule.severity
    confidence = incident.confidence if same or rule is None else rule.confidence
    return Classification(
        category=Category(job.category),
        subtype=job.subtype,
        severity=Severity(severity),
        confidence=Confidence(confidence),
        source=Source(job.source),
        rule_id=job.rule_id or None,
        ambiguous=job.subtype == "ambiguous",
        fingerprint=job.fingerprint,
        summary=job.summary,
        owner=rule.owner if rule else Owner.CTO,
        transient=bool(rule and rule.transient),
    )
