"""What GitHub answers about the things of `github_state`: every required field, and true values where it matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.support.github_openapi import Description
from tests.support.github_state import TIME, Branch, Commit, Issue, Job, Pull, Repo, Run, User

Json = dict[str, Any]


class Shapes:
    """Renders state as JSON. `api` and `web` are the base URLs of links."""

    def __init__(self, description: Description, api: str, web: str) -> None:
        self.sample = description.sample
        self.api = api
        self.web = web

    def user(self, user: User) -> Json:
        """A `simple-user`."""
        return self.sample("simple-user", login=user.login, type=user.type, html_url=f"{self.web}/{user.login}")

    def account(self, user: User) -> Json:
        """The `public-user` that a person's token belongs to."""
        return self.sample("public-user", login=user.login, type=user.type, user_view_type="public")

    def _some_user(self, user: User | None) -> Json | None:
        return None if user is None else self.user(user)

    def minimal_repo(self, name: str) -> Json:
        """A `minimal-repository`, as inside a run: it has no default branch."""
        owner, short = name.split("/")
        return self.sample(
            "minimal-repository", name=short, full_name=name, owner=self.user(User(owner, "Organization"))
        )

    def repo(self, repo: Repo, schema: str = "full-repository") -> Json:
        """A `full-repository`, or as a pull request shows it, a `repository`."""
        owner, short = repo.name.split("/")
        return self.sample(
            schema, name=short, full_name=repo.name, owner=self.user(User(owner, "Organization")),
            default_branch=repo.default_branch, private=repo.private, html_url=f"{self.web}/{repo.name}",
        )  # fmt: skip

    def run(self, repo: Repo, run: Run) -> Json:
        """A `workflow-run`."""
        url = f"{self.web}/{repo.name}/actions/runs/{run.id}"
        return self.sample(
            "workflow-run", id=run.id, name=run.workflow, path=run.path, run_attempt=run.attempt, event=run.event,
            status=run.status, conclusion=run.conclusion, head_branch=run.branch, head_sha=run.sha,
            head_repository=None if run.head_repo is None else self.minimal_repo(run.head_repo),
            repository=self.minimal_repo(repo.name), actor=self.user(run.actor), triggering_actor=self.user(run.actor),
            html_url=url, created_at=run.created_at, updated_at=run.updated_at or run.started_at,
            run_started_at=run.started_at, pull_requests=[self._pull_of_run(number) for number in run.pulls],
            display_title=run.workflow,
            url=f"{self.api}/repos/{repo.name}/actions/runs/{run.id}",
        )  # fmt: skip

    def _pull_of_run(self, number: int) -> Json:
        return self.sample("pull-request-minimal", number=number)

    def job(self, repo: Repo, run: Run, job: Job) -> Json:
        """A `job` of a run."""
        steps = [
            {"name": step.name, "number": number, "status": "completed", "conclusion": step.conclusion,
             "started_at": TIME, "completed_at": TIME}
            for number, step in enumerate(job.steps, 1)
        ]  # fmt: skip
        return self.sample(
            "job", id=job.id, run_id=run.id, name=job.name, run_attempt=run.attempt, head_sha=run.sha, steps=steps,
            head_branch=run.branch, workflow_name=run.workflow, runner_name=job.runner, started_at=TIME,
            status="in_progress" if job.conclusion is None else "completed", conclusion=job.conclusion,
            completed_at=None if job.conclusion is None else TIME,
            html_url=f"{self.web}/{repo.name}/actions/runs/{run.id}/job/{job.id}",
        )  # fmt: skip

    def commit(self, commit: Commit) -> Json:
        """A `commit`, with GitHub's accounts beside git's own names."""
        who = {"name": "Someone", "email": "someone@users.example", "date": TIME}
        inner = self.sample("commit")["commit"] | {"message": commit.message, "author": who, "committer": who}
        return self.sample(
            "commit", sha=commit.sha, commit=inner, author=self._some_user(commit.author),
            committer=self._some_user(commit.committer),
            parents=[{"sha": sha, "url": f"{self.api}/x"} for sha in (commit.parent, commit.merged) if sha],
        )  # fmt: skip

    def branch(self, repo: Repo, branch: Branch) -> Json:
        """A `branch-with-protection`."""
        commit = self.commit(repo.commits[branch.sha])
        return self.sample("branch-with-protection", name=branch.name, commit=commit, protected=branch.protected)

    def rule(self, kind: str) -> Json:
        """A rule of a ruleset that holds for a branch."""
        return {"type": kind, "ruleset_source_type": "Repository", "ruleset_source": "o/r", "ruleset_id": 1}

    def comparison(self, repo: Repo, base: str, ahead: Sequence[Commit], behind: int, page: Sequence[Commit]) -> Json:
        """A `commit-comparison`: `ahead` oldest first, of which `page` is listed."""
        status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
        return self.sample(
            "commit-comparison", status=status, ahead_by=len(ahead), behind_by=behind, total_commits=len(ahead),
            commits=[self.commit(commit) for commit in page], base_commit=self.commit(repo.commits[base]),
            merge_base_commit=self.commit(repo.commits[base]),
        )  # fmt: skip

    def pull(self, repo: Repo, pull: Pull) -> Json:
        """A `pull-request-simple`."""
        made = self.sample(
            "pull-request-simple", number=pull.number, state=pull.state, user=self._some_user(pull.author)
        )
        owner = (pull.head_repo or repo.name).split("/")[0]
        head_repo = self.repo(Repo(pull.head_repo), "repository") if pull.head_repo else None
        made["head"] |= {"ref": pull.branch, "label": f"{owner}:{pull.branch}", "repo": head_repo}
        made["base"] |= {
            "ref": pull.base,
            "label": f"{repo.name.split('/')[0]}:{pull.base}",
            "repo": self.repo(repo, "repository"),
        }
        return made | {"html_url": f"{self.web}/{repo.name}/pull/{pull.number}"}

    def issue(self, repo: Repo, issue: Issue) -> Json:
        """An `issue` (with a `pull_request` member when it is one)."""
        kind = "pull" if issue.is_pull else "issues"
        made = self.sample(
            "issue", number=issue.number, title=issue.title, body=issue.body, state=issue.state,
            labels=[self.label(name, repo.labels.get(name, "ededed")) for name in issue.labels],
            assignees=[self.user(User(login)) for login in issue.assignees], user=self._some_user(issue.author),
            html_url=f"{self.web}/{repo.name}/{kind}/{issue.number}", comments=len(issue.comments),
            closed_at=None if issue.state == "open" else issue.closed_at or TIME, state_reason=issue.state_reason,
        )  # fmt: skip
        link = f"{self.api}/repos/{repo.name}/pulls/{issue.number}"
        pull = {"url": link, "html_url": made["html_url"], "diff_url": link, "patch_url": link}
        return made | ({"pull_request": pull} if issue.is_pull else {})

    def comment(self, repo: Repo, issue: Issue, index: int) -> Json:
        """An `issue-comment`."""
        url = f"{self.web}/{repo.name}/issues/{issue.number}#issuecomment-{index}"
        return self.sample(
            "issue-comment", id=index + 1, body=issue.comments[index],
            user=self._some_user(issue.commenters.get(index, issue.author)), html_url=url,
        )  # fmt: skip

    def label(self, name: str, color: str) -> Json:
        """A `label`."""
        return self.sample("label", name=name, color=color)
