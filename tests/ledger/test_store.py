"""Incidents go in and come out, and limits hold between processes."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from coo.adapters.ledger import Ledger, open_ledger
from coo.adapters.ledger.store import Query
from coo.core.incident import Incident, IncidentJob
from coo.core.model import Evidence, ModelUse

JOB = IncidentJob(
    11, "test", "test_failure", "pytest", "rule", "pytest-failed", "ab" * 8, "pytest: 1 failed",
    (Evidence(12, "1 failed in 0.1s", "test", "Run pytest"),), "11 | FAILED\n12 | 1 failed in 0.1s",
)  # fmt: skip
INCIDENT = Incident(
    repo="acme/shop", run_id=2**40, attempt=1, workflow="CI", workflow_path=".github/workflows/ci.yml", event="push",
    branch="main", on_default=True, sha="a" * 40, url="https://github.com/acme/shop/actions/runs/1", at=1_000.5,
    category="test_failure", subtype="pytest", severity="minor", confidence="high", source="rule",
    rule_id="pytest-failed", fingerprint="ab" * 8, summary="pytest: 1 failed", owner="CTO", priority="P2",
    play="failing-code", planned="escalate", action="escalate", status="done", detail="opened issue #3",
    issue_url="https://github.com/acme/shop/issues/3", acted=True, usd=0.001, seconds=1.5, jobs=(JOB,),
    models=(ModelUse("small", 10, 2, 3, 0.001),),
)  # fmt: skip


def test_an_incident_comes_out_as_it_went_in(ledger: Ledger) -> None:
    number = ledger.record(INCIDENT)
    assert ledger.incident(number) == replace(INCIDENT, id=number)
    assert ledger.incident(number + 1) is None


def test_a_second_triage_of_an_attempt_takes_the_place_of_the_first(ledger: Ledger) -> None:
    first = ledger.record(INCIDENT)
    again = replace(INCIDENT, status="skipped", jobs=(JOB, replace(JOB, job_id=12)), models=())
    assert ledger.record(again) == first
    assert ledger.incidents(Query()) == [replace(again, id=first, jobs=(), models=())]
    assert ledger.incident(first) == replace(again, id=first)


def test_incidents_by_what_they_are_and_newest_first(ledger: Ledger) -> None:
    for run, (category, at) in enumerate((("test_failure", 1.0), ("infrastructure", 3.0), ("test_failure", 2.0)), 1):
        ledger.record(replace(INCIDENT, run_id=run, category=category, at=at, fingerprint=f"{run}%" * 8))

    def runs(**where: object) -> list[int]:
        return [one.run_id for one in ledger.incidents(Query(**where))]  # type: ignore[arg-type]

    assert runs() == [2, 3, 1]
    assert runs(category="test_failure") == [3, 1]
    assert runs(since=2.0) == [2, 3]
    assert runs(fingerprint="1%") == [1]
    assert runs(fingerprint="%") == [], "a pattern of the database is not one of ours"
    assert runs(repo="Acme/Shop") == [2, 3, 1], "GitHub's names do not know letter case"
    assert runs(repo="acme/else") == []
    assert [one.run_id for one in ledger.incidents(Query(), limit=1)] == [2]


def test_how_often_a_failure_was_seen(ledger: Ledger) -> None:
    for run in (1, 2, 3):
        ledger.record(replace(INCIDENT, run_id=run, at=float(run)))
    seen = ledger.seen("ACME/shop", INCIDENT.fingerprint)
    assert (seen.count, seen.first_at, seen.last_at) == (3, 1.0, 3.0)
    assert ledger.seen("acme/shop", INCIDENT.fingerprint, run_id=3).last_at == 2.0
    assert ledger.seen("acme/else", INCIDENT.fingerprint).count == 0


def test_a_limit_can_be_used_up_and_begins_anew(ledger: Ledger) -> None:
    assert [ledger.take("acme/shop:rerun", "2026-11-22", 2) for _ in range(3)] == [1, 2, None]
    assert ledger.take("acme/shop:rerun", "2026-11-23", 2) == 1
    assert ledger.used("acme/shop:rerun", "2026-11-22") == 2
    assert ledger.used("acme/shop:rerun", "2026-11-24") == 0


def test_an_amount_that_does_not_fit_takes_nothing(ledger: Ledger) -> None:
    assert ledger.take("usd", "2026-11", 100, amount=101) is None
    assert ledger.take("usd", "2026-11", 100, amount=60) == 60
    assert ledger.take("usd", "2026-11", 100, amount=41) is None
    assert ledger.take("usd", "2026-11", 100, amount=40) == 100


TAKE = """
import sys
from coo.adapters.ledger import open_ledger
ledger = open_ledger(sys.argv[1])
sys.stdin.read(1)
print(sum(ledger.take("one", "2026-11-22", 25) is not None for _ in range(20)))
"""


def test_processes_that_take_at_once_take_no_more_than_there_is(url: str) -> None:
    """They also find an empty database at once, and make its tables once."""
    started = [
        subprocess.Popen([sys.executable, "-c", TAKE, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    with ThreadPoolExecutor() as pool:
        taken = [int(out) for out, _ in pool.map(lambda one: one.communicate("x", timeout=120), started)]
    assert sum(taken) == 25
    assert open_ledger(url).used("one", "2026-11-22") == 25
