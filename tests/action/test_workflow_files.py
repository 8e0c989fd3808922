"""The action, this repository's workflows and the documented examples: valid, pinned, with the least permissions."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.action.composite import ACTION, ROOT, STEPS, load
from tests.action.examples import DUE, PERMISSIONS, blocks, examples, mode_of, scheduled

BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
INPUTS = {
    "github-token",
    "openai-api-key",
    "command",
    "mode",
    "model",
    "playbook",
    "rules",
    "config",
    "max-usd-per-day",
}
OUTPUTS = {
    "category", "subtype", "rule-id", "confidence", "source", "action", "outcome", "owner", "issue-url", "report-path",
    "cost-usd",
}  # fmt: skip


def tool(name: str, *arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a tool of the development environment."""
    command = [str(BIN / name), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def checked(name: str, *arguments: str | Path) -> None:
    """Run a tool that must find nothing."""
    done = tool(name, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documented examples as files in a repository of their own."""
    folder = tmp_path_factory.mktemp("copied") / ".github" / "workflows"
    folder.mkdir(parents=True)
    for number, block in enumerate(blocks()):
        (folder / f"example-{number}.yml").write_text(block, encoding="utf-8")
    return folder


def test_zizmor_finds_nothing(copied: Path) -> None:
    checked("zizmor", "--offline", "--pedantic", "--strict-collection", "--quiet", "action.yml", ".github", copied)


def test_zizmor_would_find_something(tmp_path: Path) -> None:
    bad = tmp_path / "action.yml"
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    bad.write_text(
        text.replace('venv="$RUNNER_TEMP', 'echo "${{ inputs.mode }}"; venv="$RUNNER_TEMP'), encoding="utf-8"
    )
    done = tool("zizmor", "--offline", "--quiet", "--no-config", bad)
    assert done.returncode != 0
    assert "template-injection" in done.stdout


def test_actionlint_finds_nothing(copied: Path) -> None:
    checked("actionlint", *WORKFLOWS, *sorted(copied.glob("*.yml")))


@pytest.mark.parametrize(("schema", "files"), [("actions", [ROOT / "action.yml"]), ("workflows", WORKFLOWS)])
def test_schemas_hold(schema: str, files: list[Path]) -> None:
    checked("check-jsonschema", "--builtin-schema", f"vendor.github-{schema}", *files)


def test_schemas_hold_for_the_documented_examples(copied: Path) -> None:
    checked("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *sorted(copied.glob("*.yml")))


def test_the_action_has_the_inputs_and_outputs_of_the_contract() -> None:
    assert set(ACTION["inputs"]) == INPUTS
    assert ACTION["inputs"]["mode"]["default"] == "report"
    assert {name: spec["value"] for name, spec in ACTION["outputs"].items()} == {
        name: f"${{{{ steps.triage.outputs.{name} }}}}" for name in OUTPUTS
    }


def test_the_documentation_names_every_input_and_output() -> None:
    text = (ROOT / "docs" / "action.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE))
    assert documented == INPUTS | OUTPUTS | PERMISSIONS.keys()


def scripts() -> Iterator[tuple[str, str]]:
    """Every shell script, with where it stands."""
    for number, step in enumerate(STEPS):
        if "run" in step:
            yield f"action.yml, step {number}", step["run"]
    for path in WORKFLOWS:
        for job in load(path.read_text(encoding="utf-8"))["jobs"].values():
            yield from ((path.name, step["run"]) for step in job.get("steps", []) if "run" in step)


def test_no_expression_is_written_into_a_script() -> None:
    found = list(scripts())
    assert len(found) >= 3
    assert [where for where, script in found if "${{" in script] == []


def test_packages_are_locked_wheels() -> None:
    install = " ".join(next(step["run"] for step in STEPS if step.get("id") == "install").split())
    assert install.count(" install ") == 1
    assert '--only-binary :all: \\ --require-hashes -r "$GITHUB_ACTION_PATH/requirements.lock"' in install
    assert (
        "==" in (ROOT / "requirements.lock").read_text()
        and "--hash=sha256:" in (ROOT / "requirements.lock").read_text()
    )


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed (GitHub's runners have it)")
def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    for number, (where, script) in enumerate(scripts()):
        path = tmp_path / f"{number}.sh"
        path.write_text(f"#!/bin/bash\nset -eo pipefail\n{script}")
        done = subprocess.run(["shellcheck", str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{where}\n{done.stdout}"


def uses() -> Iterator[tuple[str, str]]:
    """Every `uses:` line of this repository, of the action and of the examples, with its comment."""
    for path in (ROOT / "action.yml", *WORKFLOWS, ROOT / "docs" / "action.md"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"\s*(?:- )?uses: (.+)", line):
                yield path.name, match[1]


def test_every_action_is_pinned_to_a_commit_and_says_its_version() -> None:
    pinned = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    own = re.compile(r"\./ # zizmor: ignore\[self-repository\] .+|OWNER/coo@0{40}")
    found = list(uses())
    assert len(found) >= 9
    assert [use for use in found if not pinned.fullmatch(use[1]) and not own.fullmatch(use[1])] == []


def test_an_action_has_one_version_everywhere() -> None:
    known = {(use.partition("@")[0], use.partition("@")[2]) for _, use in uses() if "@" in use}
    names = [name for name, _ in known]
    assert sorted(names) == sorted(set(names))


def triages() -> list[Any]:
    """The workflows that use coo, with their mode."""
    own = load((ROOT / ".github" / "workflows" / "coo.yml").read_text(encoding="utf-8"))
    documented = [(mode, load(text)) for mode, text in examples().items()]
    return [pytest.param(mode, workflow, id=name) for name, (mode, workflow) in
            zip(("own", "docs-report", "docs-escalate", "docs-remediate"), [(mode_of(own), own), *documented],
                strict=True)]  # fmt: skip


@pytest.mark.parametrize(("mode", "workflow"), triages())
def test_a_triage_workflow_asks_for_what_its_mode_needs_and_no_more(mode: str, workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {}
    assert list(workflow["jobs"]) == ["triage"]
    assert workflow["jobs"]["triage"]["permissions"] == PERMISSIONS[mode]


@pytest.mark.parametrize(("mode", "workflow"), triages())
def test_a_triage_workflow_runs_when_it_should(mode: str, workflow: dict[str, Any]) -> None:
    event = workflow["on"]["workflow_run"]
    assert event["types"] == ["completed"]
    assert event["workflows"] and not [name for name in event["workflows"] if re.search(r"[*?\[\]!+]", name)]
    assert workflow["name"] not in event["workflows"]
    condition = workflow["jobs"]["triage"]["if"]
    assert "github.event.workflow_run.conclusion == 'failure'" in condition
    assert "!startsWith(github.event.workflow_run.path, '.github/workflows/coo.yml')" in condition
    same = "github.event.workflow_run.head_repository.full_name == github.repository"
    assert (same in condition) is (mode == "remediate")
    concurrency = workflow["concurrency"]
    assert concurrency["cancel-in-progress"] == "false"
    assert "head_branch" in concurrency["group"] and "head_repository" in concurrency["group"]


@pytest.mark.parametrize(("mode", "workflow"), triages())
def test_a_triage_workflow_never_takes_the_head(mode: str, workflow: dict[str, Any]) -> None:
    steps = workflow["jobs"]["triage"]["steps"]
    checkout = next(step for step in steps if step["uses"].startswith("actions/checkout@"))
    assert checkout["with"] == {"persist-credentials": "false"}
    assert not [step for step in steps if "run" in step]
    assert "head_sha" not in json.dumps(workflow)


def test_the_scheduled_workflow_asks_for_what_it_needs_and_no_more() -> None:
    workflow = scheduled()
    assert set(workflow["on"]) == {"schedule"}
    assert (workflow["permissions"], workflow["jobs"]["due"]["permissions"]) == ({}, DUE)
    assert workflow["concurrency"]["cancel-in-progress"] == "false"
    checkout, coo = workflow["jobs"]["due"]["steps"]
    assert checkout["with"] == {"persist-credentials": "false"}
    assert (coo["with"]["command"], coo["with"]["mode"]) == ("due", "remediate")


def test_the_continuous_integration_runs_what_the_readme_says() -> None:
    workflow = load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["check"]
    assert workflow["permissions"] == {} and job["permissions"] == {"contents": "read"}
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert "3.11" in job["strategy"]["matrix"]["python"]
