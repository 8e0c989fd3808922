"""`coo rules eval`: figures that can be counted by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import NPM, Coo

FAILED = "FAILED tests/test_a.py::test_a - assert 1 == 2\n==== 1 failed, 2 passed in 0.10s ====\n"
"""A log that one rule decides: test_failure."""


def label(name: str, category: str, log: str | bytes, line: int = 1, **more: Any) -> None:
    """Add a log to the corpus `c`."""
    logs = Path("c/logs")
    logs.mkdir(parents=True, exist_ok=True)
    (logs / f"{name}.log").write_bytes(log if isinstance(log, bytes) else log.encode())
    row = {"id": name, "category": category, "evidence_line": [line], "confidence": "high", "repo": name} | more
    with Path("c/manifest.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")


def corpus() -> None:
    """Four failing logs that count (one right by the label, one by what is acceptable, one wrong, one undecided)."""
    label("right", "dependency_issue", NPM, line=2)
    label("acceptable", "infrastructure", NPM, line=90, acceptable=["dependency_issue"])
    label("wrong", "authentication", FAILED, line=1)
    label("undecided", "test_failure", "nothing that any rule knows\n")
    label("weak", "security_scan", NPM, confidence="low")
    label("healthy", "success", "all is well\n")


def test_the_figures(coo: Coo) -> None:
    corpus()
    done = coo("rules", "eval", "c", "--format", "json")
    assert done.code == 0
    part = json.loads(done.out)["parts"]["all"]
    assert part["total"] == {
        "failing": 4, "exact": 0.25, "lenient": 0.5, "covered": 0.75, "wrong": 1, "confidently_wrong": 1,
        "rule_precision": 0.667, "macro_f1": 0.25, "evidence": 0.5, "healthy": 1, "alarms": 0, "left_out": 1,
        "unread": 0,
    }  # fmt: skip
    rows = {row.pop("category"): row for row in part["categories"]}
    assert rows["dependency_issue"] == {"n": 1, "recall": 1.0, "precision": 1.0, "f1": 1.0}
    assert rows["test_failure"] == {"n": 1, "recall": 0.0, "precision": 0.0, "f1": 0.0}
    assert rows["security_scan"] == {"n": 0, "recall": None, "precision": 0.0, "f1": None}
    assert part["calibration"]["high"] == {"n": 3, "right": 2, "share": 0.667}
    assert [one["id"] for one in part["wrong"]] == ["wrong"]
    assert part["alarms"] == []


def test_an_alarm_is_counted_as_a_wrong_verdict_of_its_confidence(coo: Coo) -> None:
    label("passed", "success", NPM)
    label("right", "dependency_issue", NPM)
    part = json.loads(coo("rules", "eval", "c", "-f", "json").out)["parts"]["all"]
    assert [one["id"] for one in part["alarms"]] == ["passed"]
    assert part["calibration"]["high"] == {"n": 2, "right": 1, "share": 0.5}
    assert part["total"]["rule_precision"] == 1.0


def test_text_and_markdown(coo: Coo) -> None:
    corpus()
    text = coo("rules", "eval", "c").harmless().out
    assert max(map(len, text.splitlines())) <= 80
    assert "all: 4 failing, 1 healthy, 1 weak labels left out" in text
    assert "high              3      2  0.667" in text
    assert "wrong: wrong" in text
    assert "| high | 3 | 2 | 0.667 |" in coo("rules", "eval", "c", "-f", "markdown").out


def test_halves_hold_every_log_once_and_no_repository_twice(coo: Coo) -> None:
    for number in range(12):
        label(f"log-{number}", "dependency_issue", NPM, repo=f"acme/{number // 2}")
    parts = json.loads(coo("rules", "eval", "c", "-f", "json", "--split-by", "repo").out)["parts"]
    counts = [parts[name]["total"]["failing"] for name in ("all", "half A", "half B")]
    assert counts[0] == 12 == counts[1] + counts[2]
    assert counts[1] % 2 == 0 and 0 < counts[1] < 12


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--min-macro-f1", "0.25"], 0),
        (["--min-macro-f1", "0.26"], 1),
        (["--min-precision", "0.66"], 0),
        (["--min-precision", "0.67"], 1),
    ],
)
def test_floors(coo: Coo, options: list[str], code: int) -> None:
    corpus()
    done = coo("rules", "eval", "c", *options)
    assert (done.code, "less than" in done.err) == (code, code == 1)


def test_a_log_that_is_gone_is_told_and_is_no_success(coo: Coo) -> None:
    corpus()
    Path("c/logs/right.log").unlink()
    done = coo("rules", "eval", "c", "-f", "json").refused(2, "no-such-file")
    assert json.loads(done.out)["parts"]["all"]["total"]["unread"] == 1


@pytest.mark.parametrize(
    "row",
    ["{", "[]", '{"id": "a"}', '{"id": "../a", "category": "success"}', '{"id": "a", "category": "x"}',
     '{"id": "a", "category": "success", "evidence_line": ["x"]}'],
)  # fmt: skip
def test_a_label_that_is_none(coo: Coo, row: str) -> None:
    corpus()
    with Path("c/manifest.jsonl").open("a") as file:
        file.write(row + "\n")
    done = coo("rules", "eval", "c").refused(2, "invalid-labels")
    assert "manifest.jsonl:7:1: error[label]" in done.err


def test_no_corpus(coo: Coo) -> None:
    Path("c").mkdir()
    coo("rules", "eval", "c").refused(2, "no-corpus")
    Path("c/manifest.jsonl").write_text("\n")
    coo("rules", "eval", "c").refused(2, "no-corpus")
