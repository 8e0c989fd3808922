"""The words of the field. Imports nothing of ours; everything here is frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Category(StrEnum):
    """What kind of failure it is (a closed set)."""

    BRANCH_CONFLICT = "branch_conflict"
    TEST_FAILURE = "test_failure"
    DEPENDENCY_ISSUE = "dependency_issue"
    SECURITY_SCAN = "security_scan"
    INFRASTRUCTURE = "infrastructure"
    AUTHENTICATION = "authentication"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What a rule's message tells: the root, an effect of it, or only that something failed."""

    CAUSE = "cause"
    SYMPTOM = "symptom"
    GENERIC = "generic"


class Severity(StrEnum):
    """How much harm a failure does."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


class Confidence(StrEnum):
    """How sure a verdict is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Source(StrEnum):
    """Who decided."""

    RULE = "rule"
    MODEL = "model"
    NONE = "none"


class Owner(StrEnum):
    """The roles that a failure may go to."""

    COO = "COO"
    CTO = "CTO"
    CISO = "CISO"
    CPO = "CPO"
    CEO = "CEO"
    CMO = "CMO"


class Priority(StrEnum):
    """How soon an escalation wants an answer."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class Zone(StrEnum):
    """What part of a job's log a line stands in."""

    STEP = "step"
    SCRIPT = "script"
    """Source or inputs echoed under `##[group]Run`: shown, not executed output."""
    SETUP = "setup"
    CLEANUP = "cleanup"
    """Post-job steps and the runner's own tidying."""


@dataclass(frozen=True, slots=True)
class Line:
    """One clean line. `number` is 1-based in the input as given, `index` 0-based in the `Log`."""

    number: int
    text: str
    index: int
    job: str | None = None
    step: str | None = None
    zone: Zone = Zone.STEP


@dataclass(frozen=True, slots=True)
class Section:
    """Consecutive lines `start <= index < stop` of one job, step and zone.

    `failed`: the log itself says that this step failed, or the jobs API did.
    """

    start: int
    stop: int
    job: str | None
    step: str | None
    zone: Zone
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Something the reader must know about how an input was handled (`long-lines-capped`, ...)."""

    code: str
    count: int = 1
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line that proves a verdict; `text` has no timestamp or ANSI and is redacted."""

    line: int
    text: str
    job: str | None = None
    step: str | None = None
    index: int = -1
    """0-based in the `Log`; -1 when there is no log at hand."""


@dataclass(frozen=True, slots=True)
class AlsoMatched:
    """A rule that matched too and lost, with the reason."""

    rule_id: str
    category: Category
    line: int
    lost_because: str
    kind: Kind = Kind.CAUSE


@dataclass(frozen=True, slots=True)
class Classification:
    """One verdict, of a job or of a run."""

    category: Category
    subtype: str
    severity: Severity
    confidence: Confidence
    source: Source
    rule_id: str | None
    ambiguous: bool
    fingerprint: str
    summary: str
    evidence: tuple[Evidence, ...] = ()
    captures: Mapping[str, str] = field(default_factory=dict)
    also_matched: tuple[AlsoMatched, ...] = ()
    owner: Owner = Owner.CTO
    transient: bool = False
    """A re-run may heal it."""
    title: str = ""
    remediation: str = ""
    kind: Kind | None = None
    """The deciding rule's; None where no rule decided."""
    candidates: tuple[str, ...] = ()
    """Rule ids between which an ambiguous verdict could not choose."""


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What asking the model cost, and how it ended (`error` is None when the answer was used)."""

    name: str
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0
    cached: bool = False
    error: str | None = None
    usd_known: bool = True
    """False when the price table does not hold the model: `usd` is then 0 and must be said."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step as the jobs API tells it."""

    name: str
    number: int
    conclusion: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a run attempt as the jobs API tells it. Times are ISO 8601 in UTC."""

    id: int
    name: str
    conclusion: str | None
    url: str = ""
    steps: tuple[Step, ...] = ()
    started_at: str | None = None
    completed_at: str | None = None
    runner: str | None = None

    @property
    def failed_steps(self) -> tuple[str, ...]:
        """Names of the steps that failed the job, in order."""
        bad = ("failure", "timed_out", "cancelled")
        return tuple(step.name for step in self.steps if step.conclusion in bad)


@dataclass(frozen=True, slots=True)
class Run:
    """A workflow run as GitHub tells it: the only source of what an action may touch."""

    repo: str
    """`owner/name`."""
    id: int
    attempt: int
    workflow: str
    workflow_path: str
    event: str
    branch: str
    sha: str
    head_repo: str | None
    """`owner/name` of the head; another than `repo` for a fork, None when it was deleted."""
    status: str
    conclusion: str | None
    url: str
    default_branch: str
    actor: str = ""
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class GuardResult:
    """Whether a guard held, and the fact that says so."""

    id: str
    held: bool
    because: str
    asked: bool = True
    """False when there was no GitHub to ask (a saved run): the guard is open then, and `held` is False."""


@dataclass(frozen=True, slots=True)
class JobVerdict:
    """A failed job with its verdict; `excerpt` is the evidence in its context, for the report."""

    job: Job
    classification: Classification
    context: tuple[Line, ...] = ()
    """Lines around the first evidence line, redacted."""
    notes: tuple[Note, ...] = ()
    model: ModelUse | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What the playbook says should be done, and whether every guard held."""

    play: str
    action: str
    owner: Owner
    priority: Priority
    guards: tuple[GuardResult, ...] = ()
    planned: str = ""
    """The action of the play before its guards failed; equal to `action` when they held."""
    because: str = ""

    @property
    def failed_guards(self) -> tuple[GuardResult, ...]:
        """The guards that did not hold, in order."""
        return tuple(guard for guard in self.guards if not guard.held)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done. `status`: `done`, `dry-run`, `skipped` or `failed`."""

    status: str
    detail: str
    actions: tuple[str, ...] = ()
    """Each change made, or that would be made, in words."""
    issue_url: str | None = None
    exit_code: int = 0
    """What the process returns for a `failed` outcome (`coo.core.errors.Exit`); 0 when nothing failed."""


@dataclass(frozen=True, slots=True)
class Triage:
    """Everything a report is made of."""

    run: Run
    jobs: tuple[JobVerdict, ...]
    classification: Classification
    decision: Decision
    outcome: Outcome
    models: tuple[ModelUse, ...] = ()
    notes: tuple[Note, ...] = ()
    """What was skipped, hidden, not fetched or not sent."""
    seconds: float = 0.0
    acted: bool = False
    """True with `--act`; False for a dry run."""

    @property
    def usd(self) -> float:
        """US dollars spent on models for this triage."""
        return sum(use.usd for use in self.models)
