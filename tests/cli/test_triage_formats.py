"""Every form in which a triage can be printed."""

from __future__ import annotations

import json

import pytest

from coo.cli.triage import FORMATS
from tests.cli.conftest import Coo
from tests.fixtures.test_fixtures import FIXTURES

RUN = str(FIXTURES / "runs" / "two-kinds")


@pytest.mark.parametrize("format", FORMATS)
def test_each_form_tells_both_verdicts(coo: Coo, format: str) -> None:
    done = coo("triage", RUN, "--format", format)
    assert done.code == 0
    assert "npm audit" in done.out
    assert "Vitest" in done.out


def test_jsonl_is_one_line_of_the_same_object(coo: Coo) -> None:
    line = coo("triage", RUN, "--format", "jsonl").out
    whole = json.loads(coo("triage", RUN, "--format", "json").out)
    assert line.count("\n") == 1
    assert json.loads(line) | {"seconds": 0} == whole | {"seconds": 0}


def test_sarif_has_a_result_for_each_failed_job(coo: Coo) -> None:
    run = json.loads(coo("triage", RUN, "--format", "sarif").out)["runs"][0]
    assert [result["ruleId"] for result in run["results"]] == ["vitest-failed", "npm-audit-failed"]
    assert all(result["locations"][0]["physicalLocation"]["region"]["startLine"] > 1 for result in run["results"])
