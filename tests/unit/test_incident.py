"""What is remembered can be kept by every database, whatever names and texts a run has."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from coo.core.incident import incident_of
from coo.core.redact import redact
from tests.report.samples import TRIAGES

SECRET = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0xRabcd"


@pytest.mark.parametrize("text", ["a\0b", "half \ud800", f"with {SECRET}"])
@pytest.mark.parametrize("name", TRIAGES)
def test_names_and_texts_are_storable_and_without_secrets(name: str, text: str) -> None:
    triage = TRIAGES[name]
    jobs = tuple(
        replace(
            each,
            job=replace(each.job, name=text),
            classification=replace(
                each.classification,
                evidence=tuple(replace(line, job=text, step=text) for line in each.classification.evidence),
            ),
        )
        for each in triage.jobs
    )
    run = replace(triage.run, workflow=text, branch=text, workflow_path=text)
    models = tuple(replace(use, error=text) for use in triage.models)
    kept = repr(asdict(incident_of(replace(triage, run=run, jobs=jobs, models=models), 1.0, redact)))
    for bad in ("\\x00", "\\ud800", SECRET):
        assert bad not in kept
