"""From a model's words to a verdict: only closed values, and only evidence that the log holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coo.core.excerpt import same_line, shown
from coo.core.fingerprint import fingerprint
from coo.core.logs import Log
from coo.core.model import Category, Classification, Confidence, Evidence, Owner, Severity, Source
from coo.core.neutralise import clip, one_line
from coo.core.redact import redact

MAX_CAUSE = 300
"""Characters of the root cause that are kept."""
MAX_EVIDENCE = 5
_MAX_TRIED = 40


def find_evidence(said: Sequence[Mapping[str, Any]], log: Log) -> tuple[list[Evidence], list[str]]:
    """Look up quoted lines (`line`, `text`): those that stand in the log as said, and a complaint for each other."""
    by_number = _indexes(log, {int(item["line"]) for item in said})
    found: list[Evidence] = []
    complaints: list[str] = []
    for item in said:
        number = int(item["line"])
        index = next((i for i in by_number.get(number, ()) if same_line(log.text_at(i), str(item["text"]))), None)
        if index is None:
            complaints.append(f"evidence: line {number} of the log does not read as quoted")
            continue
        line = log.line(index)
        found.append(Evidence(line.number, shown(line.text), line.job, line.step, index))
    return found, complaints


def _indexes(log: Log, numbers: set[int]) -> dict[int, list[int]]:
    """Indexes of the lines with these numbers; several files in one log count from 1 each."""
    found: dict[int, list[int]] = {number: [] for number in numbers}
    sure = {n for n in numbers if 0 < n <= len(log) and len(log) == log.number(len(log) - 1)}
    for number in sure:
        found[number].append(number - 1)
    if numbers - sure:
        for index in range(len(log)):
            number = log.number(index)
            if number in found and number not in sure and len(found[number]) < _MAX_TRIED:
                found[number].append(index)
    return found


def check(answer: Mapping[str, Any], log: Log, plays: Iterable[str]) -> tuple[list[Evidence], list[str]]:
    """Check what a schema cannot. Gives the evidence, and complaints in words that the model can act on."""
    evidence, complaints = find_evidence(answer["evidence"], log)
    if answer["category"] not in tuple(Category):
        complaints.append("category: not one of the allowed values")
    if answer["play"] not in (*plays, "none"):
        complaints.append("play: not one of the offered plays")
    if not answer["evidence"] and answer["category"] != Category.UNKNOWN:
        complaints.append("evidence: empty, which only `unknown` may be")
    return evidence, complaints


def to_classification(answer: Mapping[str, Any], evidence: Sequence[Evidence]) -> Classification:
    """Make the verdict of a checked answer. A model is never surer than `medium`, and never says `transient`."""
    category = Category(answer["category"])
    subtype = _kebab(str(answer["subtype"])) or "unmatched"
    confidence = Confidence(answer["confidence"])
    cause = clip(" ".join(one_line(redact(str(answer["root_cause"]))).split()), MAX_CAUSE) or "no cause was given"
    return Classification(
        category=category,
        subtype=subtype,
        severity=Severity(answer["severity"]),
        confidence=Confidence.MEDIUM if confidence is Confidence.HIGH else confidence,
        source=Source.MODEL,
        rule_id=None,
        ambiguous=False,
        fingerprint=fingerprint(category, subtype, None, evidence[0].text if evidence else cause),
        summary=cause,
        evidence=tuple(evidence[:MAX_EVIDENCE]),
        owner=Owner(answer["owner"]),
        transient=False,
        title=clip(cause, 100),
    )


def _kebab(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:60].strip("-")
