"""The example that must work, as GitHub Actions and a maintainer run it: the program, over HTTP, with its files."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from tests.cli.conftest import ROOT, Coo, program
from tests.e2e.world import BRANCH, RUN, stale_branch

SCHEMA = json.loads((ROOT / "coo/schemas/report-v1.schema.json").read_text())
DELETE = f"DELETE /repos/acme/shop/git/refs/heads/{BRANCH}"
RERUN = f"POST /repos/acme/shop/actions/runs/{RUN}/rerun-failed-jobs"


def outputs(path: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in Path(path).read_text().splitlines())


def test_the_stale_branch_of_an_automation() -> None:
    with stale_branch() as (gh, repo):
        Path("event.json").write_text(json.dumps(gh.event(repo, RUN)))
        env = {
            "GITHUB_API_URL": gh.api_url, "GITHUB_TOKEN": gh.token, "GITHUB_EVENT_PATH": "event.json",
            "GITHUB_STEP_SUMMARY": "summary.md", "GITHUB_OUTPUT": "outputs.txt",
        }  # fmt: skip

        done = program("triage", "--act", "--report-dir", "report", **env)

        assert done.code == 0, done
        assert gh.writes == [DELETE, RERUN]
        assert BRANCH not in repo.branches
        assert repo.runs[RUN][-1].attempt == 2
        assert "branch_conflict[git-push-rejected]: " in done.out
        assert "decision: delete-branch-and-rerun (play stale-automation-branch)" in done.out
        assert "1 failed job: 1 by rule, 0 by model · $0.0000" in done.out
        assert max(map(len, done.out.splitlines())) <= 80
        assert done.err == f"fetching acme/shop/{RUN} ...\n"

        report = json.loads(Path("report/report.json").read_text())
        Draft202012Validator(SCHEMA).validate(report)
        assert (report["outcome"]["status"], report["cost"]["usd"]) == ("done", 0)
        assert report["outcome"]["actions"] == [f"deleted branch {BRANCH}", "re-ran 1 failed job"]
        assert all(guard["held"] for guard in report["decision"]["guards"])
        for page in (Path("report/report.md").read_text(), Path("summary.md").read_text()):
            assert "git-push-rejected" in page and f"/actions/runs/{RUN}" in page
        assert outputs("outputs.txt") == {
            "category": "branch_conflict", "subtype": "git-push-rejected", "rule-id": "git-push-rejected",
            "confidence": "high", "source": "rule", "action": "delete-branch-and-rerun", "outcome": "done",
            "owner": report["decision"]["owner"], "issue-url": "", "report-path": "report/report.md",
            "cost-usd": "0.000000",
        }  # fmt: skip

        Path("outputs.txt").unlink()
        again = program("triage", "--act", **env)

        assert gh.writes == [DELETE, RERUN], "a second delivery of the event does nothing"
        again.refused(3, "already-rerun|still-running")
        assert outputs("outputs.txt")["outcome"] == "nothing"


def test_the_same_as_a_dry_run_in_every_format(coo: Coo) -> None:
    with stale_branch() as (gh, _):
        env = {"GITHUB_API_URL": gh.api_url, "GITHUB_TOKEN": gh.token}
        url = f"https://github.com/acme/shop/actions/runs/{RUN}"
        coo("triage", url, **env).refused(2, "other-host")
        said = {name: coo("triage", f"acme/shop/{RUN}", "--format", name, **env).harmless() for name in
                ("text", "json", "markdown", "github")}  # fmt: skip
        assert gh.writes == []
    assert {done.code for done in said.values()} == {0}
    Draft202012Validator(SCHEMA).validate(json.loads(said["json"].out))
    assert json.loads(said["json"].out)["outcome"]["status"] == "dry-run"
    assert "Pass --act to do it" in said["text"].out
    assert said["github"].out.startswith("::error ")


def test_a_refusal_is_escalated_and_a_second_delivery_opens_no_second_issue(coo: Coo) -> None:
    with stale_branch(protected=True) as (gh, repo):
        Path("event.json").write_text(json.dumps(gh.event(repo, RUN)))
        env = {"GITHUB_API_URL": gh.api_url, "GITHUB_TOKEN": gh.token, "GITHUB_OUTPUT": "outputs.txt"}
        first = coo("triage", "--event", "event.json", "--act", **env).harmless()
        second = coo("triage", "--event", "event.json", "--act", **env).harmless()
        assert (first.code, second.code) == (0, 0)
        (issue,) = repo.issues.values()
        assert {"coo", "agent:cto"} <= set(issue.labels)
        assert "branch-unprotected" in issue.body
        assert BRANCH in repo.branches and len(repo.runs[RUN]) == 1
    told = outputs("outputs.txt")
    assert (told["action"], told["owner"]) == ("escalate", "CTO")
    assert told["issue-url"].endswith(f"/issues/{issue.number}")


def test_mode_escalate_changes_no_branch_and_no_run(coo: Coo) -> None:
    with stale_branch() as (gh, repo):
        env = {"GITHUB_API_URL": gh.api_url, "GITHUB_TOKEN": gh.token}
        done = coo("triage", f"acme/shop/{RUN}", "--mode", "escalate", **env).harmless()
        assert done.code == 0
        assert len(repo.issues) == 1
        assert BRANCH in repo.branches and len(repo.runs[RUN]) == 1
