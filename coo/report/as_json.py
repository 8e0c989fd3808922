"""The contract's objects: of `coo classify --format json|jsonl` and of `coo triage --format json`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from coo.core.errors import CooError
from coo.core.model import Classification, Decision, Evidence, Job, JobVerdict, ModelUse, Note, Outcome, Run, Triage
from coo.core.redact import redact
from coo.report.results import LogResult

Object = dict[str, Any]
VERSION = 1
_RUNNER_COMMAND = re.compile(r"#(?=#\w*\[)")


def dumps(value: object, indent: int | None = None) -> str:
    """JSON in ASCII that a runner may print: no control characters, and no `##[command]` in a string."""
    text = json.dumps(value, indent=indent, ensure_ascii=True, allow_nan=False)
    # Reads back as the same string; an agent that looks for `##[` in its output finds none.
    return _RUNNER_COMMAND.sub(r"\\u0023", text)


def classification_object(result: LogResult) -> Object:
    """One object of `coo classify --format jsonl` (`classification-v1.schema.json`)."""
    if result.classification is None:
        error = result.error or CooError("not-classified", "this log was not classified", "give it by itself")
        return {"version": VERSION, "log": result.name, "error": error_object(error)}
    return {
        "version": VERSION,
        "log": result.name,
        "bytes": result.size,
        "lines": result.lines,
        "classification": verdict_object(result.classification),
        "model": model_object(result.model) if result.model else None,
        "notes": [note_object(note) for note in result.notes],
    }


def error_object(error: CooError) -> Object:
    """Why an input could not be read; `help` only where there is some."""
    told = {"code": error.code, "message": redact(error.message)}
    return told | ({"help": error.help} if error.help else {})


def classify_json(results: Sequence[LogResult]) -> str:
    """`--format json`: all objects in one array."""
    return dumps([classification_object(result) for result in results], indent=2) + "\n"


def classify_jsonl(results: Sequence[LogResult]) -> str:
    """`--format jsonl`: one object a line, in input order."""
    return "".join(dumps(classification_object(result)) + "\n" for result in results)


def verdict_object(verdict: Classification) -> Object:
    """A classification."""
    return {
        "category": verdict.category.value,
        "subtype": verdict.subtype,
        "severity": verdict.severity.value,
        "confidence": verdict.confidence.value,
        "source": verdict.source.value,
        "rule_id": verdict.rule_id,
        "ambiguous": verdict.ambiguous,
        "fingerprint": verdict.fingerprint,
        "summary": redact(verdict.summary),
        "evidence": [_evidence(each) for each in verdict.evidence],
        "captures": {name: redact(value) for name, value in verdict.captures.items()},
        "also_matched": [
            {
                "rule_id": each.rule_id,
                "category": each.category.value,
                "kind": each.kind.value,
                "line": each.line,
                "lost_because": redact(each.lost_because),
            }
            for each in verdict.also_matched
        ],
        "owner": verdict.owner.value,
        "transient": verdict.transient,
        "candidates": list(verdict.candidates),
        "title": redact(verdict.title),
        "remediation": redact(verdict.remediation),
    }


def _evidence(evidence: Evidence) -> Object:
    where = {"job": _plain(evidence.job), "step": _plain(evidence.step)}
    return {"line": evidence.line, "text": redact(evidence.text)} | where


def _plain(value: object) -> object:
    """A value without secrets; names in a run may hold one, too."""
    return redact(value) if isinstance(value, str) else value


def model_object(use: ModelUse) -> Object:
    """What asking the model cost. `usd` is null when the price of the model is not known."""
    return {
        "name": use.name,
        "input_tokens": use.input_tokens,
        "cached_tokens": use.cached_tokens,
        "output_tokens": use.output_tokens,
        "usd": use.usd if use.usd_known else None,
        "cached": use.cached,
        "error": redact(use.error) if use.error else None,
    }


def note_object(note: Note) -> Object:
    """A note; `detail` only where there is some."""
    return {"code": note.code, "count": note.count} | ({"detail": redact(note.detail)} if note.detail else {})


def triage_object(triage: Triage) -> Object:
    """The object of `coo triage --format json` (`report-v1.schema.json`)."""
    return {
        "version": VERSION,
        "run": _run(triage.run),
        "jobs": [_job_verdict(each) for each in triage.jobs],
        "classification": verdict_object(triage.classification),
        "decision": _decision(triage.decision),
        "outcome": _outcome(triage.outcome),
        "cost": _cost(triage.models),
        "notes": [note_object(note) for note in triage.notes],
        "seconds": round(triage.seconds, 3),
        "acted": triage.acted,
    }


def triage_json(triage: Triage) -> str:
    """`--format json` of a triage."""
    return dumps(triage_object(triage), indent=2) + "\n"


def _run(run: Run) -> Object:
    names = (
        "repo", "id", "attempt", "workflow", "workflow_path", "event", "branch", "sha", "head_repo", "status",
        "conclusion", "url", "default_branch", "actor", "created_at", "updated_at",
    )  # fmt: skip
    return {name: _plain(getattr(run, name)) for name in names}


def _job_verdict(verdict: JobVerdict) -> Object:
    return {
        "job": _job(verdict.job),
        "classification": verdict_object(verdict.classification),
        "context": [{"line": line.number, "text": redact(line.text)} for line in verdict.context],
        "model": model_object(verdict.model) if verdict.model else None,
        "notes": [note_object(note) for note in verdict.notes],
    }


def _job(job: Job) -> Object:
    names = ("id", "name", "conclusion", "url", "started_at", "completed_at", "runner")
    steps = [redact(step) for step in job.failed_steps]
    return {name: _plain(getattr(job, name)) for name in names} | {"failed_steps": steps}


def _decision(decision: Decision) -> Object:
    return {
        "play": decision.play,
        "action": decision.action,
        "planned": decision.planned or decision.action,
        "owner": decision.owner.value,
        "priority": decision.priority.value,
        "because": redact(decision.because),
        "guards": [
            {"id": each.id, "held": each.held, "asked": each.asked, "because": redact(each.because)}
            for each in decision.guards
        ],
    }


def _outcome(outcome: Outcome) -> Object:
    return {
        "status": outcome.status,
        "detail": redact(outcome.detail),
        "actions": [redact(action) for action in outcome.actions],
        "issue_url": outcome.issue_url,
    }


def _cost(uses: Sequence[ModelUse]) -> Object:
    return {
        "usd": round(sum(use.usd for use in uses), 6),
        "complete": all(use.usd_known for use in uses),
        "calls": [model_object(use) for use in uses],
    }
