"""`coo rules stats`: who fired, won, lost and to whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ROOT, Coo
from tests.cli.test_usage import RULE

PASSED = (ROOT / "fixtures/healthy/push-rejected-and-ignored.log").read_bytes()
"""A log in which a rejected push failed no step."""


def rule(name: str, pattern: str, **changes: str) -> None:
    """Add a rule of our own to the folder `own`."""
    path = Path(f"own/test_failure/{name}.yml")
    path.parent.mkdir(parents=True, exist_ok=True)
    text = RULE.format(id=name, pattern=pattern, example=pattern)
    for key, value in changes.items():
        (old,) = [line for line in text.splitlines() if line.startswith(f"{key}: ")]
        text = text.replace(old, f"{key}: {value}")
    path.write_text(text)


def log(name: str, text: str | bytes) -> None:
    path = Path(f"logs/{name}.log")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.fixture(autouse=True)
def files(world: Path) -> None:
    rule("strong-test", "STRONG broke")
    rule("weak-test", "WEAK broke", kind="symptom")
    rule("silent-test", "SILENT broke")
    log("both", "WEAK broke\nSTRONG broke\n")
    log("strong", "STRONG broke\nSTRONG broke\n")
    log("weak", "WEAK broke\n")
    log("none", "nothing known\n")


def figures(coo: Coo, *args: str, code: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    done = coo("rules", "stats", *args, "--rules", "own", "--format", "json")
    assert done.code == code, done
    whole = json.loads(done.out)
    return whole, {row.pop("rule_id"): row for row in whole["rules"]}


def test_the_figures(coo: Coo) -> None:
    whole, rules = figures(coo, "logs")
    assert (whole["logs"], whole["decided"], whole["healthy"], whole["unread"]) == (4, 3, 0, 0)
    quiet = {"tied": 0, "undecided": 0, "healthy": 0}
    assert rules["strong-test"] == {"fired": 2, "won": 2, "lost": 0, "lost_to": {}, **quiet}
    assert rules["weak-test"] == {"fired": 2, "won": 1, "lost": 1, "lost_to": {"strong-test": 1}, **quiet}
    assert "silent-test" in whole["never_fired"]
    assert not {"strong-test", "weak-test"} & set(whole["never_fired"])


def test_a_rule_that_fires_where_no_step_failed_is_told_apart(coo: Coo) -> None:
    log("passed", PASSED)
    whole, rules = figures(coo, "logs")
    assert whole["healthy"] == 1
    assert "git-push-rejected" in whole["fired_on_healthy"]
    assert "strong-test" not in whole["fired_on_healthy"]
    row = rules["git-push-rejected"]
    assert (row["fired"], row["healthy"], row["won"], row["lost"]) == (1, 1, 0, 0)


def test_rules_of_equal_rank_tie(coo: Coo) -> None:
    log("tie", "STRONG broke\nnpm error code ERESOLVE\n")
    _, rules = figures(coo, "logs/tie.log")
    assert {name for name, row in rules.items() if row["tied"]} >= {"strong-test"}
    assert rules["strong-test"]["won"] == 0


def test_a_rule_that_decides_a_healthy_log_is_an_error(coo: Coo) -> None:
    Path("passed").mkdir()
    Path("passed/a.log").write_bytes(PASSED)
    figures(coo, "--healthy", "passed")
    Path("passed/b.log").write_text("STRONG broke\n")
    whole, _ = figures(coo, "logs", "--healthy", "passed", code=1)
    assert whole["alarms"] == [{"log": "passed/b.log", "rule_id": "strong-test"}]
    done = coo("rules", "stats", "--healthy", "passed", "--rules", "own")
    assert done.code == 1
    assert "error: rules decided logs that are said to be healthy: 1\n  passed/b.log\n    strong-test" in done.out


def test_the_text_fits_a_page(coo: Coo) -> None:
    log("passed", PASSED)
    text = coo("rules", "stats", "logs", "--rules", "own").harmless().out
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith("5 logs: 3 decided by a rule, 1 without a failed step\n")
    assert "    lost to strong-test (1)\n" in text
    assert "Fired where no step failed, and decided nothing there (" in text
    assert "Never fired (" in text


def test_what_cannot_be_read_is_counted_and_is_no_success(coo: Coo) -> None:
    log("empty", "")
    done = coo("rules", "stats", "logs", "gone.log", "--rules", "own", "-f", "json")
    done.refused(2, "no-such-file").refused(2, "empty-log")
    assert json.loads(done.out)["unread"] == 2


def test_no_input(coo: Coo) -> None:
    coo("rules", "stats").refused(2, "no-input")


def test_no_bundled_rule_decides_a_healthy_fixture(coo: Coo) -> None:
    found = ROOT / "fixtures" / "healthy"
    assert len(list(found.glob("*.log"))) >= 20
    assert coo("rules", "stats", "--healthy", str(found)).harmless().code == 0
