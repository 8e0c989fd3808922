"""Test failures that are re-run to see: what is remembered of them."""

from __future__ import annotations

from dataclasses import replace

from coo.adapters.ledger import Ledger
from coo.adapters.ledger.memory import LedgerMemory
from coo.ports import Doubt
from tests.ledger.test_store import INCIDENT

ASKED = Doubt(".github/workflows/ci.yml", "a" * 40, 2**40, "ab" * 8, 1, "pytest reports failed tests", "asked")


class Ticking:
    """A clock that goes on by a second each time it is looked at."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        self.seconds += 1
        return self.seconds

    def monotonic(self) -> float:
        return 0.0


def memory(ledger: Ledger, repo: str = "acme/shop") -> LedgerMemory:
    return LedgerMemory(ledger, repo, Ticking())


def test_a_doubt_is_remembered_until_it_is_settled(ledger: Ledger) -> None:
    book = memory(ledger)
    book.doubt(ASKED)
    assert memory(ledger, "ACME/Shop").doubts(ASKED.workflow, ASKED.sha) == (replace(ASKED, at=1.0),)
    assert book.flaky(ASKED.fingerprint) == ()
    book.doubt(replace(ASKED, state="flaky", attempt=2))
    (settled,) = book.doubts(ASKED.workflow, ASKED.sha)
    assert (settled.state, settled.attempt, settled.at) == ("flaky", 2, 2.0)
    assert book.flaky(ASKED.fingerprint) == (settled,)


def test_doubts_of_other_commits_workflows_and_repositories_are_others(ledger: Ledger) -> None:
    book = memory(ledger)
    book.doubt(ASKED)
    assert book.doubts(ASKED.workflow, "b" * 40) == ()
    assert book.doubts(".github/workflows/else.yml", ASKED.sha) == ()
    assert memory(ledger, "acme/else").doubts(ASKED.workflow, ASKED.sha) == ()


def test_each_time_that_a_test_was_flaky_is_history(ledger: Ledger) -> None:
    book = memory(ledger)
    for number, sha in enumerate(("b" * 40, "c" * 40, "c" * 40), 1):
        book.doubt(replace(ASKED, sha=sha, run_id=number, state="flaky"))
    book.doubt(replace(ASKED, run_id=9, state="real"))
    assert [one.run_id for one in book.flaky(ASKED.fingerprint)] == [3, 2, 1]


def test_a_secret_in_a_tests_name_is_not_kept(ledger: Ledger) -> None:
    book = memory(ledger)
    book.doubt(replace(ASKED, test="test_login[ghp_" + "a1B2" * 9 + "] " + "x" * 5_000))
    (kept,) = book.doubts(ASKED.workflow, ASKED.sha)
    assert "a1B2" not in kept.test
    assert len(kept.test) <= 2_000


def test_what_kind_of_failure_an_attempt_had(ledger: Ledger) -> None:
    ledger.record(INCIDENT)
    book = memory(ledger)
    assert book.category(INCIDENT.run_id, INCIDENT.attempt) == "test_failure"
    assert book.category(INCIDENT.run_id, INCIDENT.attempt + 1) is None
    assert memory(ledger, "acme/else").category(INCIDENT.run_id, INCIDENT.attempt) is None
