"""Messages to chat and other programs, by webhook. The address is a secret: it stands in no text that leaves here."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from coo import __version__
from coo.core.notice import Notice
from coo.ports import Messenger

VARIABLES = {"slack": "COO_SLACK_WEBHOOK_URL", "webhook": "COO_WEBHOOK_URL"}
"""Where the address of each place comes from."""
SIGNATURE = "X-Coo-Signature-256"
TRIES = 2


class _NoAuth(requests.auth.AuthBase):
    """No credentials; without this, requests would look for some in ~/.netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


@dataclass(frozen=True, slots=True)
class Webhook:
    """A `Messenger` over one address. `timeout`: seconds for one try, whatever the other side does in them."""

    variable: str
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    timeout: float = 10.0
    pause: float = 1.0

    def send(self, notice: Notice) -> str | None:
        """Send it; None when it was taken, else why not, in words without the address.

        Tried once more after a fault of the server or when no answer came: the receiver knows a message that it has
        already by the header `Idempotency-Key`.
        """
        if fault := _address_fault(self.url):
            return f"${self.variable} {fault}"
        why, again = self._try(notice)
        for _ in range(TRIES - 1):
            if not again:
                break
            time.sleep(self.pause)
            why, again = self._try(notice)
        return why

    def _try(self, notice: Notice) -> tuple[str | None, bool]:
        """Why one try failed (None when it did not), and whether another one may help."""
        box: list[tuple[str | None, bool]] = []
        ended = threading.Event()

        def work() -> None:
            try:
                box.append(self._post(notice))
            finally:
                ended.set()

        # NOTE: the library's timeout is for each read: an answer that drips would hold us for ever.
        threading.Thread(target=work, name="coo-notify", daemon=True).start()
        if not ended.wait(self.timeout):
            return f"no answer within {self.timeout:g} seconds", True
        return box[0] if box else ("it could not be sent", False)

    def _post(self, notice: Notice) -> tuple[str | None, bool]:
        try:
            with requests.Session() as session:
                session.auth = _NoAuth()
                answer = session.post(
                    self.url,
                    data=notice.body,
                    headers=self._headers(notice),
                    timeout=self.timeout,
                    allow_redirects=False,
                    stream=True,  # the answer's text is nobody's: it is not read, however long it is
                )
                with answer:
                    return _judged(answer.status_code)
        except requests.exceptions.SSLError:
            return "its certificate was not accepted", False
        except requests.Timeout:
            return f"no answer within {self.timeout:g} seconds", True
        except requests.ConnectionError:
            return "no connection", False
        except (requests.RequestException, ValueError):  # NOTE: their messages hold the address
            return f"${self.variable} is no address that can be used", False

    def _headers(self, notice: Notice) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"coo/{__version__}",
            "Idempotency-Key": notice.key,
        }
        if self.secret:
            mac = hmac.new(self.secret.encode("utf-8", "surrogateescape"), notice.body, hashlib.sha256)
            headers[SIGNATURE] = f"sha256={mac.hexdigest()}"
        return headers


def _judged(status: int) -> tuple[str | None, bool]:
    if 200 <= status < 300:
        return None, False
    if 300 <= status < 400:
        return f"it answered {status} and points elsewhere, which is not followed", False
    return f"it answered {status}", status >= 500


def _address_fault(url: str) -> str | None:
    """Why an address cannot be used, in words that follow its variable's name."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0  # asking checks the port
    except ValueError:
        fine = False
    if not fine or not (url.isascii() and url.isprintable()) or " " in url:
        return "is not an http or https address"
    return "holds a user name or password, which are not sent" if "@" in parts.netloc else None


def messengers(slack_url: str | None, webhook_url: str | None, webhook_secret: str | None) -> dict[str, Messenger]:
    """A messenger for each place that has an address; space around one, as secrets often have it, does not count."""
    found: dict[str, Messenger] = {}
    if slack_url:
        found["slack"] = Webhook(VARIABLES["slack"], slack_url.strip())
    if webhook_url:
        found["webhook"] = Webhook(VARIABLES["webhook"], webhook_url.strip(), webhook_secret or "")
    return found
