"""The JSON of reports holds the contract and its schemas."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from coo.adapters.resources import resource_dir
from coo.core.model import ModelUse
from coo.report.as_json import classification_object, classify_json, classify_jsonl, triage_json, triage_object
from coo.report.sarif import classify_sarif
from tests.report.samples import EXAMPLE, LOGS, MODEL, TRIAGES, USE


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((resource_dir("schemas") / f"{name}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(found)
    return found


CLASSIFICATION = Draft202012Validator(schema("classification-v1"))
REPORT = Draft202012Validator(schema("report-v1"))


@pytest.mark.parametrize("name", TRIAGES)
def test_a_triage_fits_its_schema(name: str) -> None:
    REPORT.validate(json.loads(triage_json(TRIAGES[name])))


def test_every_log_fits_its_schema_in_input_order() -> None:
    lines = [json.loads(line) for line in classify_jsonl(LOGS).splitlines()]
    assert [line["log"] for line in lines] == [log.name for log in LOGS]
    assert json.loads(classify_json(LOGS)) == lines
    for line in lines:
        CLASSIFICATION.validate(line)


def test_the_object_of_the_contract() -> None:
    found = classification_object(replace(LOGS[0], model=USE))
    assert list(found) == ["version", "log", "bytes", "lines", "classification", "model", "notes"]
    assert (found["version"], found["bytes"], found["lines"]) == (1, 81_234, 912)
    verdict = found["classification"]
    assert verdict["category"] == "branch_conflict"
    assert verdict["rule_id"] == "git-push-rejected"
    assert verdict["evidence"][0] == {
        "line": 412,
        "text": " ! [rejected]        automated/implement-72 -> automated/implement-72 (fetch first)",
        "job": "implement",
        "step": "Push branch",
    }
    assert verdict["also_matched"][0] == {
        "rule_id": "git-push-failed",
        "category": "branch_conflict",
        "kind": "symptom",
        "line": 413,
        "lost_because": "symptom",
    }
    assert found["model"] == {
        "name": "gpt-4.1",
        "input_tokens": 2310,
        "cached_tokens": 1024,
        "output_tokens": 180,
        "usd": 0.0061,
        "cached": False,
        "error": None,
    }
    assert found["notes"] == [{"code": "long-lines-capped", "count": 1}]


def test_an_unreadable_log_is_an_error_object() -> None:
    assert classification_object(LOGS[2]) == {
        "version": 1,
        "log": "photo.png",
        "error": {
            "code": "binary-input",
            "message": "this is a PNG picture, not a log",
            "help": "give the text of a log",
        },
    }


def test_a_price_that_is_not_known_is_not_zero() -> None:
    unpriced = ModelUse("local-model", 10, 0, 5, usd_known=False)
    found = triage_object(replace(MODEL, models=(USE, unpriced)))
    assert found["cost"]["complete"] is False
    assert [call["usd"] for call in found["cost"]["calls"]] == [0.0061, None]
    REPORT.validate(found)


def broken(change: str) -> dict[str, Any]:
    found = json.loads(triage_json(EXAMPLE))
    verdict, decision = found["classification"], found["decision"]
    match change:
        case "unknown-field":
            found["extra"] = 1
        case "category":
            verdict["category"] = "weather"
        case "rule-without-id":
            verdict["rule_id"] = None
        case "undecided-with-category":
            verdict["source"] = "none"
        case "line-zero":
            verdict["evidence"][0]["line"] = 0
        case "no-guards":
            del decision["guards"]
        case "status":
            found["outcome"]["status"] = "green"
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "change",
    [
        "unknown-field",
        "category",
        "rule-without-id",
        "undecided-with-category",
        "line-zero",
        "no-guards",
        "status",
    ],
)
def test_the_report_schema_refuses(change: str) -> None:
    assert not REPORT.is_valid(broken(change))


def test_both_schemas_mean_the_same_by_the_same_name() -> None:
    shared = schema("classification-v1")["$defs"].keys() & schema("report-v1")["$defs"].keys()
    assert "verdict" in shared
    for name in shared:
        assert schema("classification-v1")["$defs"][name] == schema("report-v1")["$defs"][name]


def test_sarif_has_a_result_for_each_verdict() -> None:
    found = json.loads(classify_sarif(LOGS))
    run = found["runs"][0]
    assert found["version"] == "2.1.0"
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert [result["ruleId"] for result in run["results"]] == [
        "git-push-rejected",
        "unknown/ambiguous",
        "pytest-failed",
    ]
    assert {result["ruleId"] for result in run["results"]} == rules
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "build.log"
    assert place["region"]["startLine"] == 412
    assert run["invocations"][0]["executionSuccessful"] is False
    assert "PNG" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_addresses_are_uris() -> None:
    found = json.loads(classify_sarif([replace(LOGS[0], name="C:\\logs\\a b#é.log")]))
    uri = found["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "C%3A/logs/a%20b%23%C3%A9.log"
