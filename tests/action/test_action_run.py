"""The action's own step, executed as the runner executes it, against a GitHub over HTTP."""

from __future__ import annotations

import datetime
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.action.composite import ACTION, ROOT, Runner, step
from tests.action.examples import DUE, PERMISSIONS, granted
from tests.e2e.world import BRANCH, LOST, PUSH_REJECTED, RUN, STRANGE, TESTS, job, log, run_on, stale_branch
from tests.support.github_server import GitHubServer, Repo


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


@pytest.fixture
def shop() -> Iterator[tuple[GitHubServer, Repo]]:
    """A private repository with the failed run of the issue's example."""
    with stale_branch() as (gh, repo):
        repo.private = True
        yield gh, repo


def test_report_writes_the_report_and_changes_nothing(runner: Runner, shop: tuple[GitHubServer, Repo]) -> None:
    gh, repo = shop
    gh.permissions = granted("report")
    done = runner.triage(gh, repo, RUN)
    assert done.code == 0, done.shown
    assert gh.writes == []
    report = runner.temp / "coo-triage-report"
    assert done.outputs == {
        "category": "branch_conflict", "subtype": "git-push-rejected", "rule-id": "git-push-rejected",
        "confidence": "high", "source": "rule", "action": "escalate", "outcome": "dry-run", "owner": "CTO",
        "issue-url": "", "report-path": str(report / "report.md"), "cost-usd": "0.000000", "written": "true",
    }  # fmt: skip
    assert done.outputs.keys() - {"written"} == ACTION["outputs"].keys()
    assert sorted(path.name for path in report.iterdir()) == ["report.json", "report.md"]
    assert done.summary.strip() == (report / "report.md").read_text(encoding="utf-8").strip()
    assert "fetch first" in done.summary
    assert "no-open-pull-request" in done.summary  # the guard that this mode's token may not ask
    assert set(done.commands) == {"error", "notice"}


def test_escalate_opens_one_issue_with_the_documented_permissions(
    runner: Runner, shop: tuple[GitHubServer, Repo]
) -> None:
    gh, repo = shop
    gh.permissions = granted("escalate")
    done = runner.triage(gh, repo, RUN, mode="escalate")
    assert (done.code, done.outputs["action"], done.outputs["outcome"]) == (0, "escalate", "done"), done.shown
    assert len(repo.issues) == 1
    assert done.outputs["issue-url"].endswith("/acme/shop/issues/1")
    assert BRANCH in repo.branches


def test_remediate_acts_with_the_documented_permissions(runner: Runner, shop: tuple[GitHubServer, Repo]) -> None:
    gh, repo = shop
    gh.permissions = granted("remediate")
    done = runner.triage(gh, repo, RUN, mode="remediate")
    assert (done.code, done.outputs["action"], done.outputs["outcome"]) == (0, "delete-branch-and-rerun", "done"), done
    assert BRANCH not in repo.branches
    assert repo.runs[RUN][-1].attempt == 2


@pytest.mark.parametrize("name", [name for name in PERMISSIONS["remediate"] if name != "issues"])
def test_remediate_needs_each_documented_permission(runner: Runner, shop: tuple[GitHubServer, Repo], name: str) -> None:
    gh, repo = shop
    level = PERMISSIONS["remediate"][name]
    gh.permissions = granted("remediate") | {name.replace("-", "_"): "read" if level == "write" else "none"}
    done = runner.triage(gh, repo, RUN, mode="remediate")
    assert (done.outputs["action"], done.outputs["outcome"]) != ("delete-branch-and-rerun", "done")
    assert repo.runs[RUN][-1].attempt == 1


def test_a_run_that_succeeded_is_nothing_to_triage_and_not_red(runner: Runner, shop: tuple[GitHubServer, Repo]) -> None:
    gh, repo = shop
    repo.finish(RUN, "success")
    stale = runner.temp / "coo-triage-report"
    stale.mkdir()
    (stale / "report.md").write_text("of an earlier step", encoding="utf-8")
    done = runner.triage(gh, repo, RUN, mode="remediate")
    assert done.code == 0, done.shown
    assert done.outputs["outcome"] == "nothing"
    assert "written" not in done.outputs
    assert done.summary.startswith("### coo: nothing to triage\n\n**not-failed**")
    assert done.commands == ["notice"]
    assert gh.writes == []


def test_a_refused_token_is_red(runner: Runner, shop: tuple[GitHubServer, Repo]) -> None:
    gh, repo = shop
    done = runner.triage(gh, repo, RUN, github_token="ghs_" + "x" * 36)
    assert (done.code, done.outputs, done.commands) == (4, {"outcome": "failed"}, ["error"]), done.shown
    assert done.summary.startswith("### coo: not triaged")
    assert "(exit code 4)" in done.summary


def test_a_failing_github_is_red(runner: Runner, shop: tuple[GitHubServer, Repo]) -> None:
    gh, repo = shop
    gh.fault("GET", rf"/actions/runs/{RUN}", status=501, times=None)
    done = runner.triage(gh, repo, RUN)
    assert (done.code, done.outputs, done.commands) == (5, {"outcome": "failed"}, ["error"]), done.shown


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ({"mode": "yolo"}, "bad-choice"),
        ({"max_usd_per_day": "a lot"}, "bad-number"),
        ({"playbook": "--act"}, "no-playbook"),
    ],
)
def test_a_wrong_input_is_red_and_asks_nobody(
    runner: Runner, shop: tuple[GitHubServer, Repo], inputs: dict[str, str], why: str
) -> None:
    gh, repo = shop
    done = runner.triage(gh, repo, RUN, **inputs)
    assert (done.code, done.outputs) == (2, {"outcome": "failed"}), done.shown
    assert f"**{why}**" in done.summary
    assert gh.requests == []


RULE = """\
id: {id}
title: The frobnicator is not amused
category: infrastructure
subtype: {id}
status: stable
kind: cause
severity: minor
confidence: high
owner: CTO
transient: false
description: |
  The frobnicator has lost its good humour and refuses to go on.
remediation: |
  Cheer it up, then run the job again.
match:
  any: ['the frobnicator is not {word}']
false_positives: [None is known.]
references: ['https://example.com/']
examples:
  positive: [{{name: one, log: "the frobnicator is not {word}"}}]
  negative: [{{name: other, log: "the frobnicator hums"}}]
"""


def write_rule(folder: Path, id: str, word: str) -> None:
    (folder / "infrastructure").mkdir(parents=True)
    text = RULE.format(id=id, word=word)
    (folder / "infrastructure" / f"{id}.yml").write_text(text, encoding="utf-8")


def test_inputs_reach_coo(runner: Runner) -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        run_on(repo, "main", job(1, "build", STRANGE))
        write_rule(runner.workspace / "more rules", "frobnicator-bored", "bored")
        write_rule(runner.workspace / "$(id) rules", "frobnicator-cross", "amused")
        (runner.workspace / "own.yml").write_text("llm: false\n", encoding="utf-8")
        rules = "more rules\n\n  $(id) rules\n"
        done = runner.triage(gh, repo, RUN, rules=rules, playbook="report-only", config="own.yml", mode="remediate")
        assert done.code == 0, done.shown
        assert (done.outputs["rule-id"], done.outputs["action"]) == ("frobnicator-cross", "report-only")
        assert gh.writes == []


def test_the_jobs_environment_serves_where_an_input_is_empty(runner: Runner, shop: tuple[GitHubServer, Repo]) -> None:
    gh, repo = shop
    runner.environ = {"GITHUB_TOKEN": gh.token, "COO_CONFIG": "missing.yml"}
    done = runner.triage(gh, repo, RUN, github_token="")
    assert done.code == 2 and "**no-config**" in done.summary
    runner.environ = {"GITHUB_TOKEN": gh.token}
    done = runner.triage(gh, repo, RUN, github_token="")
    assert (done.outputs["action"], done.outputs["outcome"]) == ("delete-branch-and-rerun", "dry-run")
    assert gh.writes == []


def test_the_limit_of_a_day_is_said_to_bound_one_run(runner: Runner) -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        run_on(repo, "main", job(1, "build", STRANGE))
        done = runner.triage(gh, repo, RUN, openai_api_key="sk-none", max_usd_per_day="0")
        assert done.code == 0, done.shown
        assert "budget" in done.summary
        assert "$0.00 a day bounds this run only" in done.summary
        assert done.outputs["cost-usd"] == "0.000000"


def test_it_refuses_where_the_failed_commit_is_checked_out(runner: Runner, shop: tuple[GitHubServer, Repo]) -> None:
    gh, repo = shop
    git = ("git", "-C", str(runner.workspace), "-c", "user.name=m", "-c", "user.email=m@example.com")
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "Head"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    run_on(repo, BRANCH, sha=head)
    done = runner.triage(gh, repo, RUN)
    assert (done.code, done.outputs, done.commands) == (2, {"outcome": "failed"}, ["error"])
    assert gh.requests == []
    runner.environ = {"GITHUB_SHA": head}  # it is the default branch's commit as well
    assert runner.triage(gh, repo, RUN).code == 0


HOSTILE = "x$(touch${IFS}pwned)`touch${IFS}pwned`;touch${IFS}pwned|&"
FORGED = "\n::set-output name=category::forged\n##[error]forged\ncategory=forged\n<<EOF\n::stop-commands::x\n"


def test_hostile_names_and_logs_run_nothing_and_reach_no_output(runner: Runner) -> None:
    """Forged names reach coo from GitHub, and the branch's name also stands in the log that decides."""
    with GitHubServer(strict=False) as gh:
        repo = gh.repo("acme/shop")
        branch = f"automated/{HOSTILE}"
        repo.branch(branch)
        shouted = f"::error::forged {HOSTILE}\x1b]0;x\x07"
        lines = (f" ! [rejected] {branch} -> {branch} (fetch first)", shouted, f"##[error]{HOSTILE}", "Updates were")
        forged = job(1, HOSTILE + FORGED, log(HOSTILE, *lines) + PUSH_REJECTED)
        run_on(repo, branch, forged, workflow=HOSTILE + FORGED, path=f".github/workflows/{HOSTILE}.yml")
        done = runner.triage(gh, repo, RUN, mode="remediate")
    assert done.code == 0, done.shown
    assert done.outputs["category"] == "branch_conflict"
    assert not list(runner.home.rglob("pwned")) and not (ROOT / "pwned").exists()
    assert [value for value in done.outputs.values() if "forged" in value or "$" in value or "`" in value] == []
    assert done.outputs.keys() - {"written"} == ACTION["outputs"].keys()
    assert set(done.commands) == {"error", "notice"}
    assert len([name for name in done.commands if name == "error"]) == 1


def test_a_hostile_name_in_an_error_stays_in_the_log(runner: Runner) -> None:
    with GitHubServer(strict=False) as gh:
        repo = gh.repo("acme/shop")
        name = HOSTILE + FORGED
        run_on(repo, "main", job(1, "build", TESTS), workflow=name, path=".github/workflows/coo.yml")
        done = runner.triage(gh, repo, RUN)
    assert done.code == 0, done.shown
    assert done.summary.startswith("### coo: nothing to triage\n\n**own-workflow**")
    assert done.commands == ["notice"]
    assert "forged" not in done.summary and "forged" not in "".join(done.outputs.values())


def test_the_installation_imports_nothing_from_the_workspace(runner: Runner) -> None:
    """The new environment borrows pip and the packages of this one: no network, and no seconds to copy pip."""
    action = runner.home / "the action"
    action.mkdir()
    (action / "coo").symlink_to(ROOT / "coo")
    (action / "requirements.lock").write_text("# The locked packages themselves are left out: no network here.\n")
    for name in ("pip", "venv", "sysconfig", "coo", "sitecustomize", "usercustomize", "typer"):
        (runner.workspace / f"{name}.py").write_text("open('pwned', 'w')\nraise SystemExit(9)\n")
    borrowed = sysconfig.get_path("purelib")
    base = runner.home / "python"
    base.write_text(
        f'#!/bin/bash\nset -e\n"{sys.executable}" "$@" --without-pip\n'
        f'echo "{borrowed}" > "$(echo "${{@: -1}}"/lib/python*/site-packages)/dev.pth"\n'
    )
    base.chmod(0o755)
    runner.environ = {"GITHUB_ACTION_PATH": str(action), "PYTHONPATH": str(runner.workspace)}
    done = runner.run(step("install"), {"steps.python.outputs.python-path": str(base)})
    assert done.code == 0, done.shown
    command = [done.outputs["python"], "-I", "-c", "import coo.cli.main as m; print(m.__file__)"]
    found = subprocess.run(command, cwd=runner.workspace, check=True, capture_output=True, text=True).stdout
    assert Path(found.strip()) == action / "coo" / "cli" / "main.py"
    assert not list(runner.home.rglob("pwned"))


PATIENT = """id: patient
plays:
  - id: transient
    when: {category: infrastructure, source: rule, transient: true}
    do: rerun-failed-jobs
    with: {after: 15m}
    guards: [every-job-transient, attempts-left]
  - id: rest
    do: escalate
"""


@pytest.mark.parametrize(("mode", "status"), [("remediate", "done: re-ran"), ("report", "dry-run: would re-run")])
def test_what_waits_is_done_by_a_schedule(runner: Runner, mode: str, status: str) -> None:
    """With the documented permissions, and no event but the schedule's own."""
    then = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=30)
    at = then.strftime("%Y-%m-%dT%H:%M:%SZ")
    (runner.workspace / "patient.yml").write_text(PATIENT)
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        run_on(repo, "main", job(1, "build", LOST), created_at=at, started_at=at)
        gh.permissions |= {name: DUE.get(name, "none") for name in ("actions", "contents", "issues", "pull_requests")}
        done = runner.triage(gh, repo, RUN, command="due", mode=mode, playbook="patient.yml")
        assert len(gh.writes) == (1 if mode == "remediate" else 0)
    assert done.code == 0, done.shown
    assert done.summary == f"### coo: runs that wait\n\n```\nacme/shop/{RUN} attempt 1: {status} 1 failed job\n```\n"
    assert done.commands == []


def test_a_command_that_there_is_not(runner: Runner, shop: tuple[GitHubServer, Repo]) -> None:
    gh, repo = shop
    done = runner.triage(gh, repo, RUN, command="serve; touch pwned", mode="remediate")
    assert (done.code, done.outputs, done.commands) == (2, {"outcome": "failed"}, ["error"])
    assert gh.requests == []
