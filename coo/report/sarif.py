"""SARIF 2.1.0 of `coo classify` and `coo triage`, for code scanning and editors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from coo import __version__
from coo.core.model import Classification, Evidence, Severity, Triage
from coo.core.neutralise import terminal
from coo.core.redact import redact
from coo.report.as_json import dumps
from coo.report.results import LogResult

_LEVELS = {Severity.CRITICAL: "error", Severity.MAJOR: "error", Severity.MINOR: "warning"}
_UNSAFE = re.compile(rb"[^A-Za-z0-9/._~-]")


def classify_sarif(results: Sequence[LogResult]) -> str:
    """One result for each classified log; logs that could not be read are tool notifications."""
    read = [(result, result.classification) for result in results if result.classification is not None]
    rules = {_rule_id(verdict): _rule(verdict) for _, verdict in read}
    unread = [result for result in results if result.classification is None]
    invocation = {"executionSuccessful": not unread, "toolExecutionNotifications": [_unread(each) for each in unread]}
    run = {
        "tool": {"driver": {"name": "coo", "version": __version__, "rules": list(rules.values())}},
        "invocations": [invocation],
        "results": [_result(result, verdict) for result, verdict in read],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def triage_sarif(triage: Triage) -> str:
    """The same of a triage: one result for each failed job, at a line of its log."""
    return classify_sarif(
        [LogResult(f"logs/{job.job.id}.log", classification=job.classification) for job in triage.jobs]
    )


def _rule_id(verdict: Classification) -> str:
    return verdict.rule_id or f"{verdict.category.value}/{verdict.subtype or 'none'}"


def _rule(verdict: Classification) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": _rule_id(verdict),
        "shortDescription": {"text": _text(verdict.title or verdict.category.value)},
        "properties": {"tags": [verdict.category.value]},
    }
    return rule | ({"help": {"text": _text(verdict.remediation)}} if verdict.remediation.strip() else {})


def _result(result: LogResult, verdict: Classification) -> dict[str, Any]:
    return {
        "ruleId": _rule_id(verdict),
        "level": _LEVELS[verdict.severity] if verdict.rule_id else "note",
        "message": {"text": _text(verdict.summary or verdict.title or verdict.category.value)},
        "locations": [_location(result.name, each) for each in verdict.evidence[:1]] or [_location(result.name)],
        "partialFingerprints": {"coo/v1": verdict.fingerprint},
        "properties": {"category": verdict.category.value, "confidence": verdict.confidence.value},
    }


def _location(name: str, evidence: Evidence | None = None) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(name)}}
    if evidence is not None:
        place["region"] = {"startLine": max(evidence.line, 1), "snippet": {"text": _text(evidence.text)}}
    return {"physicalLocation": place}


def _unread(result: LogResult) -> dict[str, Any]:
    text = f"{result.name}: {result.error.message if result.error else 'not classified'}"
    return {"level": "error", "message": {"text": _text(text)}, "locations": [_location(result.name)]}


def _text(text: str) -> str:
    return terminal(redact(text), 4_000)


def _uri(name: str) -> str:
    """A file name as a relative or absolute URI reference (a name with a colon must not look like a scheme)."""
    return _UNSAFE.sub(
        lambda match: b"%%%02X" % match[0][0], name.replace("\\", "/").encode("utf-8", "replace")
    ).decode()
