"""Runs a step of `action.yml` as GitHub's runner does: its `env`, its shell, its files; and reads back what it left."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.github_server import GitHubServer, Repo

ROOT = Path(__file__).resolve().parents[2]
SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
"""What `shell: bash` means on a runner."""


def load(text: str) -> dict[str, Any]:
    """A workflow or an action. Every scalar stays the text it is: `on` is no truth value."""
    loaded: dict[str, Any] = yaml.load(text, yaml.BaseLoader)
    return loaded


ACTION = load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]


def step(id: str) -> dict[str, Any]:
    """A step of the action by its id."""
    return next(each for each in STEPS if each.get("id") == id)


@dataclass(frozen=True)
class Result:
    """What a step left behind. `commands`: what the runner took for workflow commands in its output."""

    code: int
    shown: str
    outputs: dict[str, str]
    summary: str
    commands: list[str]


@dataclass
class Runner:
    """A runner's folders and files; `workspace` is where a checkout would be."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.workspace, self.temp = self.home / "work space", self.home / "_temp"
        for folder in (self.workspace, self.temp):
            folder.mkdir(parents=True)

    def triage(self, gh: GitHubServer, repo: Repo, run_id: int, **inputs: str) -> Result:
        """The step `triage`, after the end of a run; inputs by their names with `_` for `-`."""
        event = gh.event(repo, run_id)
        contexts = {
            "github.token": gh.token,
            "github.event.workflow_run.head_sha": event["workflow_run"]["head_sha"],
            "steps.install.outputs.python": sys.executable,
        }
        self.environ = {"GITHUB_API_URL": gh.api_url} | self.environ
        return self.run(step("triage"), contexts | self._inputs(inputs, contexts), event)

    def run(self, spec: Mapping[str, Any], contexts: Mapping[str, str], event: object = None) -> Result:
        """Any `run:` step; `contexts` holds the expressions that its `env` may use."""
        files = {name: self.home / name for name in ("event.json", "output", "summary", "script.sh")}
        files["event.json"].write_text(json.dumps(event), encoding="utf-8")
        files["script.sh"].write_text(spec["run"], encoding="utf-8")
        for name in ("output", "summary"):
            files[name].write_text("", encoding="utf-8")
        env = self._environment(files) | self.environ
        env |= {name: fill(value, contexts) for name, value in spec.get("env", {}).items()}
        command = [*SHELL, str(files["script.sh"])]
        done = subprocess.run(command, cwd=self.workspace, env=env, capture_output=True, text=True, check=False)
        shown = done.stdout + done.stderr
        outputs, summary = (files[name].read_text(encoding="utf-8") for name in ("output", "summary"))
        return Result(done.returncode, shown, read_outputs(outputs), summary, commands_in(shown))

    def _inputs(self, given: Mapping[str, str], contexts: Mapping[str, str]) -> dict[str, str]:
        unknown = {name.replace("_", "-") for name in given} - ACTION["inputs"].keys()
        assert not unknown, f"no such input: {unknown}"
        defaults = {name: fill(spec.get("default", ""), contexts) for name, spec in ACTION["inputs"].items()}
        values = defaults | {name.replace("_", "-"): value for name, value in given.items()}
        return {f"inputs.{name}": value for name, value in values.items()}

    def _environment(self, files: Mapping[str, Path]) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"], "HOME": str(self.home), "GITHUB_ACTIONS": "true", "CI": "true",
            "GITHUB_WORKSPACE": str(self.workspace), "RUNNER_TEMP": str(self.temp), "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_EVENT_NAME": "workflow_run", "GITHUB_EVENT_PATH": str(files["event.json"]),
            "GITHUB_OUTPUT": str(files["output"]), "GITHUB_STEP_SUMMARY": str(files["summary"]),
            "GITHUB_SHA": "d" * 40, "GITHUB_REPOSITORY": "acme/shop", "GITHUB_WORKFLOW": "coo",
            "GITHUB_WORKFLOW_REF": "acme/shop/.github/workflows/coo.yml@refs/heads/main",
        }  # fmt: skip


def fill(text: str, contexts: Mapping[str, str]) -> str:
    """Put values for `${{ ... }}`. Fails on an expression that the test does not know."""
    return re.sub(r"\$\{\{\s*(\S+?)\s*\}\}", lambda match: contexts[match[1]], text)


def read_outputs(text: str) -> dict[str, str]:
    """`GITHUB_OUTPUT` as the runner reads it: `name=value`, or `name<<END` and lines up to END."""
    lines = iter(text.splitlines())
    found = {}
    for line in lines:
        if "<<" in line.partition("=")[0]:
            name, _, end = line.partition("<<")
            body = []
            while (more := next(lines)) != end:
                body.append(more)
            found[name] = "\n".join(body)
        elif line:
            name, equals, value = line.partition("=")
            assert equals, f"the runner refuses this line of GITHUB_OUTPUT: {line!r}"
            found[name] = value
    return found


def commands_in(shown: str) -> list[str]:
    """The workflow commands that the runner would carry out: `::name ...` at a line's start, `##[name]` anywhere."""
    lines = re.split(r"\r\n|\r|\n", shown)
    found = [match[1] for line in lines if (match := re.match(r"\s*::([\w-]+)[^\n]*::", line))]
    return found + re.findall(r"##\[([\w-]+)", shown)
