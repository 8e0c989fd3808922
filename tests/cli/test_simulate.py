"""`coo playbook simulate` and the warnings of `coo playbook check`, as a user has them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Coo

RUNS = ROOT / "fixtures" / "runs"
STRICT = """id: strict
plays:
  - {id: keys, when: {category: authentication}, do: escalate, owner: CISO, priority: P1}
  - {id: rest, do: report-only, owner: CTO, priority: P3}
"""


@pytest.fixture
def strict(tmp_path: Path) -> str:
    path = tmp_path / "strict.yml"
    path.write_text(STRICT, encoding="utf-8")
    return str(path)


def test_saved_runs_as_text(coo: Coo) -> None:
    done = coo("playbook", "simulate", str(RUNS), "-q").harmless()
    assert done.err == "" or "left out" in done.err
    assert max(map(len, done.out.splitlines())) <= 80
    assert "authentication/protected-branch by git-protected-branch" in done.out
    assert "escalate, CISO P1, play access-refused" in done.out
    assert "?run-still-failed" in done.out, "what only GitHub can answer is open"
    assert "actions: " in done.out and "plays: " in done.out


def test_one_run_as_json(coo: Coo) -> None:
    done = coo("playbook", "simulate", str(RUNS / "protected-branch"), "--format", "json")
    told = json.loads(done.out)
    (run,) = told["runs"]
    assert (done.code, run["rule_id"], run["remembered"]) == (0, "git-protected-branch", False)
    assert (run["decision"]["play"], run["decision"]["action"]) == ("access-refused", "escalate")
    assert told["totals"] == {"runs": 1, "plays": {"access-refused": 1}, "actions": {"escalate": 1}}


def test_the_guard_that_decided_is_named(coo: Coo, tmp_path: Path) -> None:
    for source in RUNS.iterdir():
        run = json.loads((source / "run.json").read_text(encoding="utf-8"))
        if run["branch"].startswith("automated/"):
            shutil.copytree(source, tmp_path / "run")
            run["attempt"] = 3
            (tmp_path / "run" / "run.json").write_text(json.dumps(run), encoding="utf-8")
            break
    done = coo("playbook", "simulate", str(tmp_path / "run"), "-f", "json")
    guards = json.loads(done.out)["runs"][0]["decision"]["guards"]
    assert {guard["id"]: guard["held"] for guard in guards}["attempts-left"] is False
    text = " ".join(coo("playbook", "simulate", str(tmp_path / "run")).out.split())
    assert "escalate (not delete-branch-and-rerun)" in text
    assert "attempts-left: attempt 3 of at most 3" in text


def test_only_what_another_playbook_answers_differently(coo: Coo, strict: str) -> None:
    done = coo("playbook", "simulate", str(RUNS), "--compare", strict, "-f", "markdown", "-q").harmless()
    rows = [line for line in done.out.splitlines() if line.startswith("|")]
    assert any("by `strict`" in row and "report-only" in row for row in rows)
    assert not any("access-refused" in row and "protected-branch" in row for row in rows if "total" not in row)
    same = coo("playbook", "simulate", str(RUNS), "--playbook", strict, "--compare", strict, "-q").harmless()
    assert "0 answered differently by strict" in same.out


def test_the_ledger_is_decided_again(coo: Coo, strict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COO_LEDGER_URL", "state/ledger.db")
    for name in ("protected-branch",):
        assert coo("triage", str(RUNS / name), "-q").code == 0
    done = coo("playbook", "simulate", "--since", "1d", "-f", "json")
    (run,) = json.loads(done.out)["runs"]
    assert (run["remembered"], run["decision"]["play"]) == (True, "access-refused")
    other = coo("playbook", "simulate", "--ledger", "state/ledger.db", "--playbook", strict).harmless()
    assert "escalate, CISO P1, play keys" in other.out
    assert "the ledger keeps neither" in other.out


@pytest.mark.parametrize("format", ["text", "json", "markdown"])
def test_names_of_a_run_do_nothing_and_tell_no_secret(coo: Coo, tmp_path: Path, format: str) -> None:
    secret = "ghp_" + "Ab1" * 12
    shutil.copytree(RUNS / "push-rejected", tmp_path / "run")
    run = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    run |= {"branch": f"x/{secret}/@mona|::error::x", "workflow": "<img src=x> ##[command]"}
    (tmp_path / "run" / "run.json").write_text(json.dumps(run), encoding="utf-8")
    done = coo("playbook", "simulate", str(tmp_path / "run"), "-f", format).harmless()
    assert done.code == 0 and "branch-pattern" in done.out
    assert secret not in done.out + done.err
    if format == "markdown":
        assert "<img" not in done.out and not [line for line in done.out.splitlines() if line.count("@mona")]


def test_runs_that_cannot_be_read_are_left_out_and_said(coo: Coo, tmp_path: Path) -> None:
    shutil.copytree(RUNS / "protected-branch", tmp_path / "good")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "run.json").write_text("{", encoding="utf-8")
    done = coo("playbook", "simulate", str(tmp_path)).harmless()
    assert (done.code, "left out" in done.out, "1 run" in done.out) == (2, True, True)
    assert "could not be read" in done.err


def test_nothing_to_go_by(coo: Coo, tmp_path: Path) -> None:
    coo("playbook", "simulate").refused(2, "no-runs")
    coo("playbook", "simulate", str(tmp_path)).refused(2, "no-runs")
    coo("playbook", "simulate", str(RUNS), "--format", "csv").refused(2, "bad-choice")
    coo("playbook", "simulate", "--since", "yesterday").refused(2, "bad-age")


def test_what_is_odd_in_a_playbook_is_said_and_does_not_fail(coo: Coo, tmp_path: Path) -> None:
    path = tmp_path / "odd.yml"
    path.write_text(STRICT.replace("category: authentication", "rule: npm-eresolv"), encoding="utf-8")
    done = coo("playbook", "check", str(path)).harmless()
    assert done.code == 0
    assert f"{path}:3:23: warning[unknown-rule]: no rule matches 'npm-eresolv'" in done.out
    assert "help: did you mean npm-eresolve?" in done.out
    assert "2 plays, no problems, 1 warning" in done.err
    clean = coo("playbook", "check")
    assert (clean.code, clean.out) == (0, "")
