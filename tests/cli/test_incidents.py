"""`coo incidents`: what a triage leaves in the ledger, and how it comes out again."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from coo.adapters.ledger import open_ledger
from coo.report.incidents import cell
from tests.cli.conftest import ROOT, Coo
from tests.ledger.test_store import INCIDENT

RUNS = ROOT / "fixtures" / "runs"


@pytest.fixture(autouse=True)
def _own_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COO_LEDGER_URL", "state/ledger.db")


def test_a_triage_is_remembered_and_shown(coo: Coo) -> None:
    assert coo("triage", str(RUNS / "protected-branch"), "-q").code == 0
    assert coo("triage", str(RUNS / "protected-branch"), "-q").code == 0
    listed = coo("incidents", "list").harmless()
    assert (listed.code, listed.err) == (0, "")
    assert "authentication/protected-branch by git-protected-branch: escalate, dry-run" in listed.out
    assert len(listed.out.splitlines()) == 2, "the same attempt is one incident"
    shown = coo("incidents", "show", "1").harmless().out
    assert "remote rejected" in shown and "for CISO, P1" in shown
    assert max(map(len, shown.splitlines())) <= 80
    whole = json.loads(coo("incidents", "show", "1", "--format", "json").out)
    assert (whole["id"], whole["jobs"][0]["rule_id"]) == (1, "git-protected-branch")


def test_a_filter_chooses(coo: Coo) -> None:
    coo("triage", str(RUNS / "protected-branch"), "-q")
    assert "no incidents" in coo("incidents", "list", "--category", "test_failure").out
    assert "protected" in coo("incidents", "list", "--category", "authentication", "--since", "1h").out
    assert "no incidents" in coo("incidents", "list", "--rule", "pytest-failed").out
    assert coo("incidents", "list", "--source", "rule", "--format", "jsonl").out.count("\n") == 1


def test_more_than_fit_are_said_to_be_there(coo: Coo) -> None:
    ledger = open_ledger("state/ledger.db")
    for run in (1, 2, 3):
        ledger.record(replace(INCIDENT, run_id=run))
    assert "older ones are not shown" in coo("incidents", "list", "--limit", "2").out
    assert "older ones" not in coo("incidents", "list", "--limit", "3").out


def test_an_export_holds_everything(coo: Coo) -> None:
    coo("triage", str(RUNS / "protected-branch"), "-q")
    (line,) = coo("incidents", "export", "-q").out.splitlines()
    assert json.loads(line)["jobs"][0]["evidence"][0]["text"].startswith(" ! [remote rejected]")
    done = coo("incidents", "export", "--format", "csv", "-o", "all.csv")
    assert done.err == "1 incidents\n"
    (row,) = csv.DictReader(io.StringIO(Path("all.csv").read_text(encoding="utf-8")))
    assert (row["rule_id"], row["attempt"]) == ("git-protected-branch", "1")


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1+1", "@SUM(A1)", "\t=1", "  =1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text).startswith("'")
    assert "\n" not in cell(f"{text}\n=1") and "\r" not in cell(f"{text}\r=1")


def test_a_cell_that_is_none_of_that_stays_as_it_is() -> None:
    assert [cell(value) for value in ("a=b", 3, 0.5, True, None)] == ["a=b", "3", "0.5", "True", ""]


def test_what_is_refused(coo: Coo, monkeypatch: pytest.MonkeyPatch) -> None:
    coo("incidents", "show", "7").refused(2, "no-such-incident")
    coo("incidents", "list", "--since", "yesterday").refused(2, "bad-age")
    coo("incidents", "list", "--category", "test").refused(2, "bad-choice")
    coo("incidents", "list", "--ledger", "mysql://h/x").refused(2, "bad-ledger")
    coo("incidents", "list", "--ledger", "postgresql://u:hunter2@127.0.0.1:1/x").refused(5, "ledger-unreachable")
    monkeypatch.setenv("COO_LEDGER_URL", "none")
    coo("incidents", "list").refused(2, "no-ledger")


def test_a_ledger_that_cannot_be_had_keeps_no_triage_from_its_report(coo: Coo) -> None:
    Path("notes.db").write_text("not a database" * 100)
    done = coo("triage", str(RUNS / "protected-branch"), "--ledger", "notes.db", "--format", "json")
    assert done.code == 0
    assert "warning: not remembered" in done.err
    assert [note["code"] for note in json.loads(done.out)["notes"]] == ["not-remembered"]


def test_a_password_in_a_file_is_refused_and_one_in_the_environment_is_not_shown(
    coo: Coo, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("coo.yml").write_text("ledger: postgresql://coo:hunter2@db.example/coo\n")
    done = coo("config", "show")
    assert done.code == 2 and "hunter2" not in done.err + done.out
    Path("coo.yml").unlink()
    monkeypatch.setenv("COO_LEDGER_URL", "postgresql://coo:hunter2@db.example/coo")
    shown = coo("config", "show")
    assert shown.code == 0 and "hunter2" not in shown.out and "db.example" in shown.out
