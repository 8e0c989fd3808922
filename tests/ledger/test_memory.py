"""The journal of actions, runs that are due, and forgetting."""

from __future__ import annotations

from dataclasses import replace

from coo.adapters.ledger import Ledger
from coo.adapters.ledger.due import claim, put, settle, waiting
from coo.adapters.ledger.journal import finish, start
from coo.adapters.ledger.retention import DAY, prune, size
from coo.adapters.ledger.store import Query
from coo.ports import DueRun
from tests.ledger.test_store import INCIDENT, JOB

WHAT = ("acme/shop", "rerun-failed-jobs", "run 1 attempt 1")
RUN = DueRun("acme/shop", 7, 1, "transient", 100.0)


def test_an_action_is_begun_once(ledger: Ledger) -> None:
    assert start(ledger, *WHAT, at=10.0, stale=60) is None
    other = start(ledger, "ACME/Shop", *WHAT[1:], at=20.0, stale=60)
    assert other is not None and (other.status, other.started_at, other.ended_at) == ("started", 10.0, None)
    finish(ledger, *WHAT, at=11.0, done=True, detail="re-ran 1 failed job")
    after = start(ledger, *WHAT, at=9e9, stale=60)
    assert after is not None and (after.status, after.detail) == ("done", "re-ran 1 failed job")


def test_an_action_that_nobody_ended_or_that_failed_is_taken_over(ledger: Ledger) -> None:
    assert start(ledger, *WHAT, at=10.0, stale=60) is None
    assert start(ledger, *WHAT, at=71.0, stale=60) is None
    assert start(ledger, *WHAT, at=72.0, stale=60) is not None
    finish(ledger, *WHAT, at=73.0, done=False, detail="503")
    assert start(ledger, *WHAT, at=74.0, stale=60) is None


def test_a_run_is_due_once_and_for_one(ledger: Ledger) -> None:
    assert put(ledger, RUN)
    assert not put(ledger, replace(RUN, due_at=1.0)), "the time stays as it is"
    assert waiting(ledger) == waiting(ledger, "Acme/shop") == [RUN]
    assert waiting(ledger, "acme/else") == []
    assert not claim(ledger, RUN, now=99.0, seconds=60), "too early"
    assert claim(ledger, RUN, now=100.0, seconds=60)
    assert not claim(ledger, RUN, now=101.0, seconds=60), "another has it"
    assert claim(ledger, RUN, now=161.0, seconds=60), "the other one died"
    settle(ledger, RUN)
    assert waiting(ledger) == []
    assert not claim(ledger, RUN, now=999.0, seconds=60)


def test_what_is_too_old_is_forgotten(ledger: Ledger) -> None:
    now = 1_000 * DAY
    old = ledger.record(replace(INCIDENT, run_id=1, at=now - 11 * DAY))
    new = ledger.record(replace(INCIDENT, run_id=2, at=now - 9 * DAY))
    ledger.take("a", "1972-06", 5)
    ledger.take("a", "1972-09-26", 5)
    done = prune(ledger, now, keep_days=10)
    assert (done.incidents, done.contexts) == (1, 0)
    assert ledger.incident(old) is None
    assert ledger.incident(new) == replace(INCIDENT, run_id=2, at=now - 9 * DAY, id=new)
    assert (ledger.used("a", "1972-06"), ledger.used("a", "1972-09-26")) == (0, 1)


def test_where_room_is_short_the_lines_go_before_the_verdicts(ledger: Ledger) -> None:
    assert size(ledger) == 0
    for run in range(50):
        ledger.record(replace(INCIDENT, run_id=run, at=float(run), jobs=(replace(JOB, context=f"{run:05d}|" * 600),)))
    full = size(ledger)
    done = prune(ledger, now=300.0, keep_mb=full * 0.6 / 1e6)
    assert (done.incidents, done.bytes) == (0, size(ledger))
    assert 20 <= done.contexts < 50 and done.bytes <= full * 0.6
    kept = [one for one in map(ledger.incident, range(1, 51)) if one is not None]
    assert [bool(one.jobs[0].context) for one in kept] == [False] * done.contexts + [True] * (50 - done.contexts)
    few = prune(ledger, now=300.0, keep_mb=0.02)
    assert few.contexts == 50 - done.contexts
    assert 0 < len(ledger.incidents(Query())) < 50
    assert min(one.run_id for one in ledger.incidents(Query())) == few.incidents, "the oldest went"
    prune(ledger, now=300.0, keep_mb=0.0)
    assert ledger.incidents(Query()) == [], "no room at all: everything goes"
