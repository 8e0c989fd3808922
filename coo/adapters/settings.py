"""Settings, and where each one came from: default < configuration file < environment < command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from coo.adapters.resources import schema
from coo.adapters.strict_yaml import load_yaml, validate
from coo.core.errors import InputError, InvalidFiles

FILES = (Path(".github/coo.yml"), Path("coo.yml"))
"""Where a configuration file is looked for, in the current folder."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What coo runs with. `sources` says for each field where its value came from."""

    model: str = "gpt-4.1"
    base_url: str | None = None
    """Of any OpenAI-compatible server; None for the library's own."""
    llm: bool | None = None
    """None: ask the model only when a key is there."""
    max_usd_per_run: float = 0.05
    max_usd_per_day: float | None = None
    """Nothing is remembered between runs yet: it bounds one run, as `usd_limit` says."""
    model_deadline: float = 60.0
    """Seconds for one question, all retries included."""
    excerpt_chars: int = 6000
    playbook: str = "default"
    rules: tuple[Path, ...] = ()
    api_url: str = "https://api.github.com"
    github_timeout: float = 30.0
    """Seconds for a connection to GitHub, and for each read."""
    github_retries: int = 3
    """How often a read is tried again after a fault of GitHub or of the network."""
    token: str | None = field(default=None, repr=False)
    openai_key: str | None = field(default=None, repr=False)
    slack_url: str | None = field(default=None, repr=False)
    """Where messages for Slack go; an address of a webhook is a secret."""
    webhook_url: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    """Signs what is sent to `webhook_url`."""
    ledger: str | None = None
    """Where incidents are remembered (see `coo.adapters.ledger`); `none` for nowhere, None for the usual place."""
    ledger_days: float = 400.0
    """How long incidents are kept."""
    ledger_mb: float = 500.0
    """How much room they may take."""
    own_workflows: tuple[str, ...] = ()
    """Workflow names or paths that are coo's own, besides the one it runs in."""
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def usd_limit(self) -> float:
        """US dollars that one run may spend: a run may never cost more than a day."""
        day = self.max_usd_per_day
        return self.max_usd_per_run if day is None else min(self.max_usd_per_run, day)


_ENVIRONMENT = {
    "model": "COO_MODEL",
    "max_usd_per_day": "COO_MAX_USD_PER_DAY",
    "base_url": "OPENAI_BASE_URL",
    "ledger": "COO_LEDGER_URL",
    "token": "GITHUB_TOKEN",
    "openai_key": "OPENAI_API_KEY",
    "api_url": "GITHUB_API_URL",
    "slack_url": "COO_SLACK_WEBHOOK_URL",
    "webhook_url": "COO_WEBHOOK_URL",
    "webhook_secret": "COO_WEBHOOK_SECRET",
}
SECRET = ("token", "openai_key", "slack_url", "webhook_url", "webhook_secret")


def load_settings(config: Path | None, flags: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Settings:
    """Put the settings together. Flags that are None were not given.

    Raises `InputError` when a named configuration file cannot be read, `InvalidFiles` with all its faults.
    """
    env = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    path = _find(config, env)
    if path is not None:
        for key, value in _read(path).items():
            name = key.replace("-", "_")
            values[name] = tuple(path.parent / folder for folder in value) if name == "rules" else value
            sources[name] = str(path)
    for name, variable in _ENVIRONMENT.items():
        if env.get(variable):
            values[name] = _dollars(env[variable], variable) if name == "max_usd_per_day" else env[variable]
            sources[name] = f"${variable}"
    for name, value in flags.items():
        if value is not None:
            values[name] = (*values.get("rules", ()), *value) if name == "rules" else value
            sources[name] = "command line"
    for name in ("own_workflows",):
        if name in values:
            values[name] = tuple(values[name])
    told = {f.name: sources.get(f.name, "default") for f in fields(Settings) if f.name != "sources"}
    return Settings(**values, sources=told)


def _dollars(text: str, variable: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise InputError(
            "bad-number", f"${variable} is not an amount of US dollars: {text!r}", "give a number like 0.50"
        )
    return value


def _is_file(path: Path) -> bool:
    """Whether it is a regular file; no for a name that cannot be one."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _find(config: Path | None, env: Mapping[str, str]) -> Path | None:
    named = config or (Path(env["COO_CONFIG"]) if env.get("COO_CONFIG") else None)
    if named is not None:
        if not _is_file(named):
            raise InputError("no-config", f"{named}: no such configuration file", "check --config and $COO_CONFIG")
        return named
    return next((path for path in FILES if path.is_file()), None)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError("no-config", f"{path}: not UTF-8 text", "save it as UTF-8") from None
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError("no-config", f"{path}: cannot be read: {why}", "check its permissions") from None
    document, problems = load_yaml(text, str(path))
    if document is not None:
        problems += validate(document, schema("config"))
    if problems or document is None:
        raise InvalidFiles("configuration", problems)
    loaded: dict[str, Any] = document.data
    return loaded
