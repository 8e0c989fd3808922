"""Secrets of true form and no worth, put together here so that no scanner takes this repository for leaky."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

_MIXED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _drawn(seed: str) -> Iterator[int]:
    count = 0
    while True:
        yield from hashlib.sha256(f"{seed} {count}".encode()).digest()
        count += 1


def made_up(seed: str, size: int, letters: str = _MIXED) -> str:
    """`size` characters that look drawn by lot and are the same each time."""
    source = _drawn(seed)
    return "".join(letters[next(source) % len(letters)] for _ in range(size))


def _hex(seed: str, size: int) -> str:
    return made_up(seed, size, "0123456789abcdef")


def _upper(seed: str, size: int) -> str:
    return made_up(seed, size, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _url64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


JWT = ".".join((_url64('{"alg":"HS256","typ":"JWT"}'), _url64('{"sub":"ci","iat":1760000000}'), made_up("jwt", 43)))
KEY_LINES = [made_up(f"key {line}", 64) for line in range(6)]
GITHUB = "gh" + "p_" + made_up("github", 36)
AWS = "AK" + "IA" + _upper("aws", 16)
PASSWORD = "Tr0ub4dor-" + made_up("password", 12)

SECRETS: dict[str, str] = {
    "github-classic": GITHUB,
    "github-fine-grained": "github" + "_pat_" + made_up("pat", 22) + "_" + made_up("pat2", 59),
    "github-app": "gh" + "s_" + made_up("app", 36),
    "github-oauth": "gh" + "o_" + made_up("oauth", 36),
    "github-refresh": "gh" + "r_" + made_up("refresh", 36),
    "gitlab": "gl" + "pat-" + made_up("gitlab", 20),
    "aws-key-id": AWS,
    "aws-secret-key": made_up("aws secret", 40, _MIXED + "+/"),
    "gcp-api-key": "AI" + "za" + made_up("gcp", 35),
    "gcp-oauth": "ya" + "29." + made_up("ya29", 60),
    "azure-client": made_up("az", 3) + "8" + "Q" + "~" + made_up("azure", 34),
    "npm": "np" + "m_" + made_up("npm", 36),
    "pypi": "py" + "pi-Ag" + made_up("pypi", 60),
    "rubygems": "ruby" + "gems_" + _hex("gem", 48),
    "docker-hub": "dck" + "r_pat_" + made_up("docker", 27),
    "slack-bot": "xo" + "xb-" + made_up("s1", 12, "123456789") + "-" + made_up("slack", 24),
    "slack-webhook": "services/T" + _upper("t", 8) + "/B" + _upper("b", 8) + "/" + made_up("hook", 24),
    "discord-webhook": made_up("d", 18, "123456789") + "/" + made_up("discord", 60),
    "telegram": made_up("tg", 9, "123456789") + ":AA" + made_up("telegram", 33),
    "stripe": "sk" + "_live_" + made_up("stripe", 24),
    "sendgrid": "SG" + "." + made_up("sg", 22) + "." + made_up("sendgrid", 43),
    "openai": "sk" + "-proj-" + made_up("openai", 48),
    "anthropic": "sk" + "-ant-api03-" + made_up("anthropic", 80),
    "hugging-face": "h" + "f_" + made_up("hf", 34),
    "digitalocean": "do" + "p_v1_" + _hex("do", 64),
    "vault": "hv" + "s." + made_up("vault", 90),
    "terraform-cloud": made_up("tf", 14) + ".atlas" + "v1." + made_up("terraform", 60),
    "databricks": "da" + "pi" + _hex("databricks", 32),
    "jwt": JWT,
    "private-key": KEY_LINES[2],
    "age-key": "AGE-SECRET" + "-KEY-1" + _upper("age", 58),
    "password": PASSWORD,
    "basic-header": _b64(f"ci:{PASSWORD}"),
    "base64-github": _b64(GITHUB),
    "base64-aws": _b64(f"aws_access_key_id = {AWS}"),
    "base64-password": _b64(f"password={PASSWORD}"),
    "base64-url": _b64(f"postgres://ci:{PASSWORD}@db.example/shop"),
    "base64-header": _b64(f"Authorization: Bearer {made_up('bearer', 40)}"),
    "base64-stripe": _b64("sk" + "_live_" + made_up("stripe 2", 24)),
    "base64url-jwt": _url64(JWT),
}
"""By kind. What must never be seen again, once it stood in a log."""
