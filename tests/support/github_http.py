"""A small HTTP server for tests that can also misbehave on the wire: late, cut short, reset."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Incoming:
    """A request off the wire; header names are lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """An answer. `delay`: seconds before it; `reset`: cut the connection instead; `cut`: send only so many bytes.

    `held` is set when the delay begins.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    reset: bool = False
    cut: int | None = None
    held: threading.Event | None = None


@dataclass
class Running:
    """A server that runs in a thread; `url` has no slash at its end."""

    url: str
    server: ThreadingHTTPServer
    ended: threading.Event

    def close(self) -> None:
        """Stop listening and let delayed answers go at once."""
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()


def serve(answer: Callable[[Incoming], Reply]) -> Running:
    """Answer every request on a free port of 127.0.0.1 with the function, in threads."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two writes: the second would wait 40 ms for an ACK

        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = answer(Incoming(self.command, self.path, headers, self.rfile.read(length)))
            if reply.held is not None and reply.delay:
                reply.held.set()
            ended.wait(reply.delay)
            if reply.reset:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
                return
            with contextlib.suppress(ConnectionError):
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[: reply.cut])
            if reply.cut is not None:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_one  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            """Silence: tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    # NOTE: the poll interval is how long shutdown() takes; the default half second would be most of a test's time.
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return Running(f"http://127.0.0.1:{server.server_address[1]}", server, ended)
