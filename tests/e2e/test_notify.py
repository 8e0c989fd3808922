"""Telling people besides the issue, as a user has it: a playbook, the environment, a receiver over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from coo.adapters.ledger import open_ledger
from coo.adapters.ledger.memory import LedgerMemory
from coo.adapters.notify import Webhook, messengers
from coo.core.model import Triage
from coo.core.notice import NotifyRule
from coo.core.playbook import Action, Play, Playbook
from coo.ports import Messenger
from tests.e2e.world import PUSH_REJECTED, RUN, TESTS, Noon, go, job, log, playbook
from tests.support.github_http import Incoming, Reply, serve
from tests.support.github_server import GitHubServer

SECRET_PATH = "/services/T000/B000/Zx81Qw92Er73"


class Receiver:
    """Takes what is sent to it; `answers` first, then 200."""

    def __init__(self) -> None:
        self.got: list[Incoming] = []
        self.answers: list[Reply] = []
        self.running = serve(self._answer)
        self.url = f"{self.running.url}{SECRET_PATH}"

    def _answer(self, incoming: Incoming) -> Reply:
        self.got.append(incoming)
        return self.answers.pop(0) if self.answers else Reply(200, {}, b"ok")

    @property
    def texts(self) -> list[str]:
        return [json.loads(got.body)["text"] for got in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.running.close()


@pytest.fixture
def gh() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        repo = server.repo("acme/shop")
        repo.branch("feature/x")
        repo.run(RUN, "feature/x", (job(1, "test", TESTS),))
        yield server


def telling(*rules: NotifyRule) -> Playbook:
    """Nothing but an issue for everything, and these rules."""
    only = tuple(play for play in playbook().plays if play.id == "unrecognised")
    return Playbook("test", only, notify=rules)


def tell(gh: GitHubServer, receiver: Receiver, *rules: NotifyRule, **options: object) -> Triage:
    hooks: dict[str, Messenger] = {"slack": Webhook("COO_SLACK_WEBHOOK_URL", receiver.url, timeout=5, pause=0)}
    return go(gh, play=telling(*(rules or (NotifyRule("slack"),))), **({"messengers": hooks} | options))  # type: ignore[arg-type]


def reporting(gh: GitHubServer, receiver: Receiver, memory: LedgerMemory) -> Triage:
    """A triage that does nothing but tell: done again, it has the same to say."""
    play = Playbook("test", (Play("all", Action.REPORT_ONLY),), notify=(NotifyRule("slack"),))
    hooks: dict[str, Messenger] = {"slack": Webhook("COO_SLACK_WEBHOOK_URL", receiver.url, timeout=5, pause=0)}
    return go(gh, play=play, messengers=hooks, memory=memory)


def notes(done: Triage) -> dict[str, str]:
    return {note.code: note.detail for note in done.notes if note.code.startswith("notif")}


def test_slack_is_told_after_the_issue(gh: GitHubServer, receiver: Receiver) -> None:
    done = tell(gh, receiver)
    (text,) = receiver.texts
    assert "*P2* for *CTO*" in text and "opened issue" in text and "/issues/1|issue>" in text
    assert notes(done) == {"notified": "slack"}


def test_a_dry_run_sends_nothing_and_says_what_it_would(gh: GitHubServer, receiver: Receiver) -> None:
    done = tell(gh, receiver, act=False)
    assert not receiver.got
    assert notes(done) == {"notify-dry-run": "would tell slack of escalate, P2 for CTO"}


def test_a_rule_that_does_not_hold(gh: GitHubServer, receiver: Receiver) -> None:
    assert notes(tell(gh, receiver, NotifyRule("slack", priority=("P0",)))) == {}
    assert not receiver.got


def test_a_place_without_an_address_is_said(gh: GitHubServer, receiver: Receiver) -> None:
    done = tell(gh, receiver, NotifyRule("webhook"))
    assert notes(done) == {"notify-failed": "webhook: no address is set for it in the environment"}


@pytest.mark.parametrize("reply", [Reply(404), Reply(500), Reply(302, {"Location": "/x"}), Reply(200, reset=True)])
def test_a_failure_of_it_changes_nothing_else(gh: GitHubServer, receiver: Receiver, reply: Reply) -> None:
    receiver.answers = [reply] * 2
    done = tell(gh, receiver)
    assert (done.outcome.status, done.outcome.exit_code) == ("done", 0)
    assert list(notes(done)) == ["notify-failed"]
    assert len(gh.repos["acme/shop"].issues) == 1
    assert "Zx81" not in repr(done) and "127.0.0.1:" not in notes(done)["notify-failed"]


def test_the_same_run_again_is_told_once(gh: GitHubServer, receiver: Receiver) -> None:
    tell(gh, receiver)
    done = tell(gh, receiver)
    assert done.outcome.status == "skipped"
    assert len(receiver.got) == 1 and notes(done) == {}


def test_with_a_ledger_what_was_told_is_remembered(gh: GitHubServer, receiver: Receiver, tmp_path: Path) -> None:
    memory = LedgerMemory(open_ledger(str(tmp_path / "ledger.db")), "acme/shop", Noon())
    reporting(gh, receiver, memory)
    assert notes(reporting(gh, receiver, memory)) == {"notify-skipped": "slack was told of this already"}
    assert len(receiver.got) == 1


def test_what_was_not_told_is_told_by_the_next_try(gh: GitHubServer, receiver: Receiver, tmp_path: Path) -> None:
    memory = LedgerMemory(open_ledger(str(tmp_path / "ledger.db")), "acme/shop", Noon())
    receiver.answers = [Reply(404)]
    reporting(gh, receiver, memory)
    assert notes(reporting(gh, receiver, memory)) == {"notified": "slack"}


def test_a_failed_remedy_is_told_as_failed(receiver: Receiver) -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        repo.branch("automated/x")
        repo.run(RUN, "automated/x", (job(1, "implement", PUSH_REJECTED),))
        gh.fault("DELETE", "/git/refs", status=500, times=None)
        rules = (NotifyRule("slack", outcome=("failed",)),)
        hooks = messengers(receiver.url, None, None)
        done = go(gh, play=replace(playbook(), notify=rules), messengers=hooks)
    assert done.outcome.status == "failed"
    assert len(receiver.got) == 1 and "failed" in receiver.texts[0]


def test_text_of_a_log_does_nothing_there(receiver: Receiver) -> None:
    evil = log(
        "pytest", "FAILED tests/t.py::test_x - <!channel> <https://evil.example|x> @here https://evil.example `x`"
    )
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        repo.branch("feature/<!channel>")
        repo.run(RUN, "feature/<!channel>", (job(1, "test", evil),), workflow="<!here> @channel")
        tell(gh, receiver)
    (text,) = receiver.texts
    assert "<!" not in text and "<https://evil" not in text and "@channel" not in text and "@here" not in text
    assert "://evil" not in text


def test_by_the_command_line(
    gh: GitHubServer,
    receiver: Receiver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from coo.cli.main import run

    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.yml").write_text(
        "id: p\nnotify:\n  - to: slack\n    when: {priority: [P1, P2], owner: CTO}\n  - to: webhook\n"
        "plays:\n  - id: all\n    do: escalate\n    owner: CTO\n    priority: P2\n"
    )
    for name, value in {
        "GITHUB_TOKEN": gh.token,
        "GITHUB_API_URL": gh.api_url,
        "COO_SLACK_WEBHOOK_URL": receiver.url,
        "COO_WEBHOOK_URL": receiver.url,
        "COO_WEBHOOK_SECRET": "s3cret-value",
        "COO_LEDGER_URL": "none",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("OPENAI_API_KEY", "GITHUB_EVENT_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    target = f"acme/shop/{RUN}"
    assert run(["triage", target, "--act", "--playbook", "p.yml", "--verbose"]) == 0
    assert len(receiver.got) == 2
    assert [("x-coo-signature-256" in got.headers) for got in receiver.got] == [False, True]
    receiver.answers = [Reply(404)] * 2
    gh.repos["acme/shop"].issues.clear()
    assert run(["triage", target, "--act", "--playbook", "p.yml", "--format", "json", "--verbose"]) == 0
    run(["config", "show"])
    shown = capsys.readouterr()
    assert "it answered 404" in shown.out
    assert "COO_SLACK_WEBHOOK_URL" in shown.out
    for secret in ("Zx81Qw92", "s3cret-value", receiver.url):
        assert secret not in shown.out + shown.err
