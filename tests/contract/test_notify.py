"""Messages by webhook, over real HTTP: what is sent, what is tried again, and that no address ever shows."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from coo.adapters.notify import SIGNATURE, VARIABLES, Webhook, messengers
from coo.core.notice import Notice
from tests.support.github_http import Incoming, Reply, Running, serve

NOTICE = Notice("webhook", "a" * 32, {"text": "a failure", "n": 1})
SECRET_PATH = "/services/T000/B000/Zx81Qw92Er73"


class Receiver:
    """A server that answers as told and keeps what it got."""

    def __init__(self) -> None:
        self.got: list[Incoming] = []
        self.answers: list[Reply] = []
        self.running: Running = serve(self._answer)
        self.url = f"{self.running.url}{SECRET_PATH}"

    def _answer(self, incoming: Incoming) -> Reply:
        self.got.append(incoming)
        return self.answers.pop(0) if self.answers else Reply(200, {}, b"ok")

    def hook(self, **values: object) -> Webhook:
        return Webhook("COO_WEBHOOK_URL", self.url, **({"timeout": 5.0, "pause": 0.0} | values))  # type: ignore[arg-type]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.running.close()


def test_what_is_sent(receiver: Receiver) -> None:
    assert receiver.hook().send(NOTICE) is None
    (got,) = receiver.got
    assert (got.method, got.target, json.loads(got.body)) == ("POST", SECRET_PATH, {"text": "a failure", "n": 1})
    assert got.headers["content-type"] == "application/json"
    assert got.headers["idempotency-key"] == NOTICE.key
    assert got.headers["user-agent"].startswith("coo/")
    assert "authorization" not in got.headers and SIGNATURE.lower() not in got.headers


def test_the_signature_is_over_the_bytes_that_arrive(receiver: Receiver) -> None:
    assert receiver.hook(secret="s3cret").send(NOTICE) is None
    (got,) = receiver.got
    wanted = hmac.new(b"s3cret", got.body, hashlib.sha256).hexdigest()
    assert got.headers[SIGNATURE.lower()] == f"sha256={wanted}"


def test_credentials_of_the_machine_are_not_sent(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert receiver.hook().send(NOTICE) is None
    assert "authorization" not in receiver.got[0].headers


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_fault_of_the_server_is_tried_once_more_with_the_same_key(receiver: Receiver, status: int) -> None:
    receiver.answers = [Reply(status)]
    assert receiver.hook().send(NOTICE) is None
    assert [got.headers["idempotency-key"] for got in receiver.got] == [NOTICE.key] * 2
    receiver.answers = [Reply(status)] * 5
    assert receiver.hook().send(NOTICE) == f"it answered {status}"
    assert len(receiver.got) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429])
def test_a_refusal_is_final(receiver: Receiver, status: int) -> None:
    receiver.answers = [Reply(status, {"Retry-After": "1"}, b"invalid_payload")]
    assert receiver.hook().send(NOTICE) == f"it answered {status}"
    assert len(receiver.got) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_is_sent_elsewhere(receiver: Receiver, status: int) -> None:
    other = Receiver()
    receiver.answers = [Reply(status, {"Location": other.url})]
    assert receiver.hook().send(NOTICE) == f"it answered {status} and points elsewhere, which is not followed"
    assert len(receiver.got) == 1 and not other.got
    other.running.close()


def test_a_slow_answer_is_tried_once_more(receiver: Receiver) -> None:
    receiver.answers = [Reply(200, delay=30.0)]
    assert receiver.hook(timeout=0.3).send(NOTICE) is None
    assert len(receiver.got) == 2
    receiver.answers = [Reply(200, delay=30.0)] * 2
    assert receiver.hook(timeout=0.3).send(NOTICE) == "no answer within 0.3 seconds"


def test_a_connection_that_is_cut_is_not_tried_again(receiver: Receiver) -> None:
    receiver.answers = [Reply(200, reset=True)]
    assert receiver.hook().send(NOTICE) == "no connection"
    assert len(receiver.got) == 1


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert Webhook("COO_WEBHOOK_URL", f"http://127.0.0.1:{port}/x", pause=0.0).send(NOTICE) == "no connection"


def test_an_answer_that_drips_is_left() -> None:
    """Each byte comes in time for the library's own timeout, which counts from read to read."""
    import threading

    listening = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def drip() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                while not ended.wait(0.05):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        break

    threading.Thread(target=drip, daemon=True).start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
    try:
        told = Webhook("COO_WEBHOOK_URL", url, timeout=0.4, pause=0.0).send(NOTICE)
    finally:
        ended.set()
        listening.close()
    assert told == "no answer within 0.4 seconds"


def test_a_huge_answer_is_not_read(receiver: Receiver) -> None:
    receiver.answers = [Reply(200, {}, b"x" * 50_000_000)]
    assert receiver.hook().send(NOTICE) is None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "hooks.example/x",
        "http://",
        "http://127.0.0.1:0/x",
        "http://127.0.0.1:99999/x",
        "http://[::1/x",
        "https://me:hunter2@127.0.0.1/x",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\n",
        "http://exämple.example/x",
        "http://127.0.0.1\\@evil.example/x",
    ],
)
def test_an_address_that_cannot_be_one(url: str) -> None:
    told = Webhook("COO_WEBHOOK_URL", url, pause=0.0).send(NOTICE)
    assert told is not None and told.startswith("$COO_WEBHOOK_URL ")
    assert url not in told and "hunter2" not in told


def test_no_address_shows_anywhere(receiver: Receiver) -> None:
    hook = receiver.hook(secret="s3cret-value")
    assert SECRET_PATH not in repr(hook) and "s3cret-value" not in repr(hook)
    for reply in (Reply(404), Reply(302, {"Location": "/x"}), Reply(200, reset=True), Reply(999)):
        receiver.answers = [reply] * 2
        told = hook.send(NOTICE)
        assert told and "127.0.0.1" not in told and "Zx81" not in told


def test_the_places_that_have_an_address() -> None:
    assert messengers(None, None, "unused") == {}
    found = messengers("https://chat.example/x\n", "https://hooks.example/y", None)
    assert found["slack"] == Webhook("COO_SLACK_WEBHOOK_URL", "https://chat.example/x")
    assert {name: hook.variable for name, hook in found.items() if isinstance(hook, Webhook)} == VARIABLES
