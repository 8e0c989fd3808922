"""A scripted OpenAI-compatible server on 127.0.0.1 that records what it was asked.

    with ModelServer(says(category="test_failure", evidence=[(12, "boom")]), status(503)) as server:
        ...
        assert server.requests[0].user.startswith(...)

Each request takes the next step of the script; the last one repeats.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

KEY = "sk" + "-test-0123456789abcdefghijABCDEFGHIJ"
"""A key that looks real, to see that it never shows up where it should not."""

Step = Callable[["_Handler"], None]


@dataclass(frozen=True)
class Request:
    """A recorded request; header names are lower case."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def system(self) -> str:
        return str(self.body["messages"][0]["content"])

    @property
    def user(self) -> str:
        return str(self.body["messages"][1]["content"])

    @property
    def last(self) -> str:
        """The newest message: in a repair, the complaint."""
        return str(self.body["messages"][-1]["content"])

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema that was sent, with `strict` checked."""
        form = self.body["response_format"]
        assert form["type"] == "json_schema" and form["json_schema"]["strict"] is True
        return dict(form["json_schema"]["schema"])


def verdict(evidence: Sequence[tuple[int, str]], **changes: object) -> dict[str, Any]:
    """A whole answer with these evidence lines (number, text)."""
    return {
        "category": "test_failure",
        "subtype": "pytest-failure",
        "severity": "major",
        "root_cause": "a test failed",
        "evidence": [{"line": line, "text": text} for line, text in evidence],
        "owner": "CTO",
        "play": "none",
        "confidence": "high",
    } | changes


def says(
    content: object = None,
    *,
    evidence: Sequence[tuple[int, str]] = (),
    usage: Mapping[str, Any] | None = None,
    finish: str = "stop",
    refusal: str | None = None,
    **changes: object,
) -> Step:
    """A completion: `content` as it is (text, or an object as JSON), else a `verdict`.

    `usage`: None means 1000 input, 200 of them cached, and 100 output tokens; {} leaves it out.
    """
    if content is None:
        content = verdict(evidence, **changes)
    text = content if isinstance(content, str) else json.dumps(content)
    message = {"role": "assistant", "content": None if refusal else text, "refusal": refusal}
    if usage is None:
        usage = {
            "prompt_tokens": 1000,
            "completion_tokens": 100,
            "total_tokens": 1100,
            "prompt_tokens_details": {"cached_tokens": 200},
        }
    return completion(
        choices=[{"index": 0, "message": message, "finish_reason": finish}], **({"usage": usage} if usage else {})
    )


def completion(**fields: object) -> Step:
    """A chat completion of exactly these fields beside its id, time and model."""
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_795_000_000, "model": "gpt-4.1"} | fields
    return status(200, body)


def status(code: int, body: object = None, *, kind: str = "application/json", **headers: str) -> Step:
    """Any response. `body`: text as it is, else JSON; headers are named with underscores."""
    data = (body if isinstance(body, str) else json.dumps(body if body is not None else error("went wrong"))).encode()

    def step(handler: _Handler) -> None:
        handler.send_response(code)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return step


def error(message: str, code: str | None = None) -> dict[str, Any]:
    """The body of an error."""
    return {"error": {"message": message, "type": code or "error", "param": None, "code": code}}


def drop() -> Step:
    """Close the connection without a word."""
    return lambda handler: None


def drip(every: float = 0.02) -> Step:
    """A body that never ends, a byte at a time: no single read is slow."""

    def step(handler: _Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not handler.server.stopping.is_set():
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(every)

    return step


def hang() -> Step:
    """Never answer."""

    def step(handler: _Handler) -> None:
        handler.server.stopping.wait(30)

    return step


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    script: list[Step]
    requests: list[Request]
    stopping: threading.Event

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(size) or b"{}")
        self.server.requests.append(
            Request(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        )
        step = self.server.script[min(len(self.server.requests), len(self.server.script)) - 1]
        step(self)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


class ModelServer:
    """The server; a context manager. `base_url` is what `OPENAI_BASE_URL` would be."""

    def __init__(self, *script: Step) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.script = list(script) or [says()]
        self._server.requests = []
        self._server.stopping = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def requests(self) -> list[Request]:
        return self._server.requests

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
