"""One request to any OpenAI-compatible server: an overall deadline, retries where they help, faults in plain words."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from coo.core.neutralise import clip, one_line
from coo.core.redact import redact

if TYPE_CHECKING:
    import openai

DEFAULT_BASE_URL = "https://api.openai.com/v1"
MAX_WAIT = 20.0
"""Seconds that are waited for a server that asks for patience; one that asks for more is given up."""
_FIRST_WAIT = 0.5


class ServiceError(Exception):
    """The service gave nothing usable; the message is one plain line without secrets.

    `again`: whether the same request may succeed later; `wait`: seconds that the server asked for.
    """

    def __init__(self, message: str, again: bool = False, wait: float | None = None) -> None:
        super().__init__(message)
        self.again = again
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Reply:
    """The text of an answer. `finish`: why the model stopped; `refusal`: its words when it refused."""

    content: str
    finish: str
    refusal: str | None
    usage: Mapping[str, int] | None
    model: str


@dataclass(slots=True)
class Caller:
    """Sends requests. `deadline_s`: seconds for everything asked with one `until` value, retries and waits included."""

    api_key: str
    base_url: str
    deadline_s: float
    retries: int = 2
    first_wait: float = _FIRST_WAIT
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], object] = field(default=time.sleep)

    def ask(self, request: Mapping[str, Any], until: float) -> Reply:
        """Send a chat completion. Raises `ServiceError`, and nothing else for what the service does."""
        for attempt in range(self.retries + 1):
            try:
                return _reply(self._in_time(request, until))
            except ServiceError as fault:
                pause = self.first_wait * 2**attempt if fault.wait is None else fault.wait
                if not fault.again or attempt == self.retries:
                    tried = f" ({attempt + 1} attempts)" if attempt else ""
                    raise ServiceError(f"{fault}{tried}") from None
                if pause > MAX_WAIT or self.clock() + pause >= until:
                    why = "no time is left" if fault.wait is None else f"it asks to wait {pause:.0f} s"
                    raise ServiceError(f"{fault} (not tried again: {why})") from None
                self.wait(pause)
        raise AssertionError("unreachable")

    def _in_time(self, request: Mapping[str, Any], until: float) -> str:
        """The body of the response. The library's timeout is for each read: a slow drip needs our own watch."""
        left = until - self.clock()
        if left <= 0:
            raise ServiceError(self._too_late())
        box: list[str | BaseException] = []
        done = threading.Event()
        try:
            client = self._client(left)
        except Exception as error:  # a base URL that is none, a proxy setting that is broken
            raise self._fault(error) from None

        def work() -> None:
            try:
                raw = client.chat.completions.with_raw_response.create(**request)
                box.append(raw.http_response.text)
            except BaseException as error:  # carried over to the waiting thread
                box.append(error)
            finally:
                done.set()

        # NOTE: a daemon thread, not an executor: an executor's threads keep the process alive at its end.
        threading.Thread(target=work, name="coo-model", daemon=True).start()
        if not done.wait(left):
            threading.Thread(target=client.close, name="coo-model-close", daemon=True).start()
            raise ServiceError(self._too_late())
        client.close()
        if isinstance(box[0], BaseException):
            raise self._fault(box[0]) from None
        return box[0]

    def _client(self, left: float) -> openai.OpenAI:
        import ssl

        import openai

        # NOTE: loading the CA bundle takes 0.2 s; without TLS an empty context does, and it fails closed.
        # A redirect would carry the question to a server that nobody chose.
        plain = self.base_url.startswith("http://")
        verify: ssl.SSLContext | bool = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True
        http = openai.DefaultHttpxClient(verify=verify, follow_redirects=False)
        return openai.OpenAI(
            api_key=self.api_key, base_url=self.base_url, max_retries=0, timeout=left, http_client=http
        )

    def _too_late(self) -> str:
        return f"timeout: no whole answer within {self.deadline_s:g} s from {self._host()}"

    def _host(self) -> str:
        """Name the server; the address may carry a password."""
        try:
            parts = urlsplit(self.base_url)
            return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname or "the server")
        except ValueError:
            return "the server"

    def _fault(self, error: BaseException) -> ServiceError:
        """Say in plain words what went wrong."""
        import openai

        if isinstance(error, openai.APITimeoutError):
            return ServiceError(self._too_late())
        if isinstance(error, openai.APIConnectionError):
            where = f"could not reach {self._host()}"
            return ServiceError(f"connection: {where}; check OPENAI_BASE_URL and the network", True)
        if isinstance(error, openai.APIStatusError):
            return self._status_fault(error)
        what = self._safe(f"{type(error).__name__}: {error}")
        return ServiceError(f"the model could not be asked: {what}")

    def _status_fault(self, error: openai.APIStatusError) -> ServiceError:
        status = error.status_code
        said = _message(error)
        if status == 429 and "insufficient_quota" in (error.code or "", error.type or ""):
            return ServiceError("429: the account has no quota left; check its plan and billing")
        if status == 429:
            return ServiceError("429: the service limits the rate; try later", True, _retry_after(error))
        if status >= 500 or status == 408:
            return ServiceError(f"{status}: the service at {self._host()} failed", True, _retry_after(error))
        helps = {
            401: "the key was refused; check OPENAI_API_KEY",
            403: "the key may not use this model; check its permissions",
            404: "no such model or address; check COO_MODEL and OPENAI_BASE_URL",
        }
        if 300 <= status < 400:
            return ServiceError(f"{status}: the server redirects; set OPENAI_BASE_URL to where it redirects to")
        if status in helps:
            return ServiceError(f"{status}: {helps[status]}")
        return ServiceError(f"{status}: the request was refused" + (f": {self._safe(said)}" if said else ""))

    def _safe(self, text: str) -> str:
        """A server's words on one short line, without the key."""
        return clip(redact(one_line(text.replace(self.api_key, "[redacted:key]") if self.api_key else text)), 160)


def _message(error: openai.APIStatusError) -> str:
    body = error.body
    return str(body.get("message") or "") if isinstance(body, dict) else ""


def _retry_after(error: openai.APIStatusError) -> float | None:
    value = error.response.headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e6 else None


def _reply(body: str) -> Reply:
    """Read a response leniently in its form, strictly in its meaning."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        kind = "HTML" if body.lstrip()[:1] == "<" else "something that is not JSON"
        raise ServiceError(f"the server answered with {kind}; check OPENAI_BASE_URL") from None
    if not isinstance(data, dict):
        raise ServiceError("the server answered with JSON that is no chat completion; check OPENAI_BASE_URL")
    if isinstance(data.get("error"), dict) and not data.get("choices"):
        raise ServiceError("the server answered with an error and status 200; check OPENAI_BASE_URL and the model")
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ServiceError("the answer holds no choices")
    message = choices[0].get("message")
    if not isinstance(message, dict):
        raise ServiceError("the answer holds no message")
    content, refusal = message.get("content"), message.get("refusal")
    return Reply(
        content=content if isinstance(content, str) else "",
        finish=str(choices[0].get("finish_reason") or ""),
        refusal=refusal if isinstance(refusal, str) and refusal else None,
        usage=_usage(data.get("usage")),
        model=str(data.get("model") or ""),
    )


def _usage(data: object) -> Mapping[str, int] | None:
    if not isinstance(data, dict):
        return None
    details = data.get("prompt_tokens_details")
    counts = {
        "input": data.get("prompt_tokens"),
        "output": data.get("completion_tokens"),
        "cached": details.get("cached_tokens") if isinstance(details, dict) else 0,
    }
    return {name: n if isinstance(n, int) and n > 0 else 0 for name, n in counts.items()}
