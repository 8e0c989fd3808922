"""The cases of `fixtures/hostile/cases/`: read, and built as a stateful GitHub.

A file is a list of cases, or `{defaults: {...}, cases: [...]}`; a case's own values win over the defaults, key by key
one level down. The keys of a case:

name      what is tried
log       types (one TypeScript error, also without this key), push (a rejected push), lost (a runner), tests,
          strange (no rule knows it) or ambiguous. `fill` is put into the line that decides, `say` are lines before it
          in the failed step; `raw` is a whole log instead
job, step the names of the failed job and step; or `jobs`: a list of {name, log, say, fill, raw, step, conclusion}
run       branch, default_branch, sha, head_repo, event, attempt, status, conclusion, workflow, path, actor
github    exists (false: there is no such branch); author, committer, message of the branch's commit; commits: further
          ones; moved: who pushed since; protected, rules; pulls: [{author, head_repo, branch, state}]; issues: [{body,
          labels, author, state, is_pull, comments: [{by, body}]}], where {fingerprint} and {run} are coo's markers of
          this very run; account: whose token it is; labels: those that are there (else all that coo uses); assignable,
          permissions, faults; race: {at: METHOD path, skip, do: push | rerun | protect | pull | delete}; strict
model     a verdict that a model gives as it is; or `answer`: a model's JSON over HTTP
playbook  default, people (with assignees and labels), wide (every branch is an automation's), merge (what is deleted
          by default is merged), or careless (plays without guards, sources and confidences)
act       false for a dry run; options: of `coo.triage.Options`; event_attempt: as from that attempt's event
again     how often the same is done once more
expect    writes: delete, rerun, issue, comment N, or METHOD path, in order; to: owner, priority and category of the
          issue; labels (further ones), assignees; refused: the code of the refusal; action, planned, status;
          failed: the guards; comments: how many each issue has; never: strings that are in no request and in no
          report; never_sent: in no request

`{kind}` in a text is a secret of tests/support/hostile_secrets.py, which must never be seen; `{x*50}` is 50 times x.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from coo.core.classify import unknown
from coo.core.model import Category, Confidence, ModelUse, Owner, Severity, Source
from coo.core.playbook import Action, GuardSpec, Play, Playbook, Team
from coo.ports import Answer, Question
from tests.e2e import world
from tests.support.github_server import BOT, PERSON, WEB_FLOW, GitHubServer, Job, Repo, Step, User
from tests.support.hostile_secrets import KEY_LINES, SECRETS

CASES = Path(__file__).resolve().parents[2] / "fixtures" / "hostile" / "cases"
REPO, RUN, BRANCH = "acme/shop", world.RUN, world.BRANCH
KEYS = {"name", "log", "fill", "say", "raw", "job", "step", "jobs", "run", "github", "model", "answer", "playbook",
             "act", "options", "event_attempt", "again", "expect"}  # fmt: skip
_PLACE = re.compile(r"\{([a-z][a-z0-9-]*|.\*\d+)\}")
_BLOCK = "\n".join(("-----BEGIN RSA PRIVATE " + "KEY-----", *KEY_LINES, "-----END RSA PRIVATE " + "KEY-----"))
_KNOWN = SECRETS | {
    "private-key-block": _BLOCK,
    "tail-of-github-classic": SECRETS["github-classic"].removeprefix("ghp_"),
}


@dataclass(frozen=True)
class Case:
    """One case; `secrets`: those that it holds."""

    topic: str
    name: str
    data: Mapping[str, Any]
    secrets: tuple[str, ...]

    def part(self, name: str) -> dict[str, Any]:
        """One of the parts that are a mapping."""
        return dict(self.data.get(name) or {})

    @property
    def id(self) -> str:
        """The name as pytest shows it."""
        return f"{self.topic}: {self.name}"

    @property
    def branch(self) -> str:
        """The run's branch."""
        return str(self.part("run").get("branch", BRANCH if self.data.get("log") == "push" else "feature/x"))


def cases() -> list[Case]:
    """Every case of every file."""
    found = []
    for path in sorted(CASES.glob("*.yml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        defaults = data.get("defaults", {}) if isinstance(data, dict) else {}
        for one in data["cases"] if isinstance(data, dict) else data:
            found.append(_case(path.stem, _merged(defaults, one)))
    return found


def _merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    whole = {**defaults, **own}
    for key, value in own.items():
        if isinstance(value, dict) and isinstance(defaults.get(key), dict):
            whole[key] = {**defaults[key], **value}
    return whole


def _case(topic: str, data: dict[str, Any]) -> Case:
    assert data.keys() <= KEYS, f"{topic}: {data.get('name')}: unknown keys {data.keys() - KEYS}"
    used: list[str] = []

    def put(match: re.Match[str]) -> str:
        word = match[1]
        if word[1:2] == "*":
            return word[0] * int(word[2:])
        if word not in _KNOWN:
            return match[0]
        used.append(word)
        return _KNOWN[word]

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return _PLACE.sub(put, value)
        if isinstance(value, list):
            return [filled(item) for item in value]
        if isinstance(value, dict):
            return {key: filled(item) for key, item in value.items()}
        return value

    name = str(data.pop("name"))
    data = filled(data)
    assert topic != "secrets" or used, f"{name}: holds no secret"
    secrets = [SECRETS[word] for word in used if word in SECRETS]
    return Case(topic, name, data, (*secrets, *(KEY_LINES if "private-key-block" in used else ())))


def log_of(kind: str, values: Mapping[str, Any], branch: str) -> bytes:
    """The raw log of a failed job."""
    if "raw" in values:
        return str(values["raw"]).encode("utf-8", "surrogatepass")
    step = _valid(values.get("step") or "make all").replace("\n", " ")
    say = _valid(values["say"]).split("\n") if "say" in values else []
    fill = _valid(values.get("fill", "Type 'string' is not assignable to type 'number'."))
    if kind == "lost":
        return world.LOST
    if kind == "ambiguous":
        runs = CASES.parents[1] / "runs" / "ambiguous" / "logs"
        return next(iter(sorted(runs.glob("*.log")))).read_bytes()
    told = {
        "types": [f"src/shop.ts(3,5): error TS2322: {fill}"],
        "tests": [
            "=========================== short test summary info ============================",
            f"FAILED tests/test_shop.py::test_total - {fill}",
            "========================= 1 failed, 11 passed in 0.31s =========================",
        ],
        "push": [
            "To https://github.com/acme/shop",
            f" ! [rejected]        {branch} -> {branch} (fetch first)",
            "error: failed to push some refs to 'https://github.com/acme/shop'",
            "hint: Updates were rejected because the remote contains work that you do not",
        ],
        "strange": ["the frobnicator is not amused", fill],
    }
    return world.log(step, *say, *told[kind])


def _valid(text: object) -> str:
    """Text as a log can hold it."""
    return str(text).encode("utf-8", "replace").decode()


def jobs_of(case: Case) -> list[Job]:
    """The failed jobs."""
    data = case.data
    listed = data.get("jobs") or [{"name": data.get("job", "build")}]
    made = []
    for number, one in enumerate(listed, 1):
        values = {
            **{key: data[key] for key in ("say", "fill", "raw", "step") if key in data and not data.get("jobs")},
            **one,
        }
        kind = str(one.get("log", data.get("log", "types")))
        ended = str(one.get("conclusion", "failure"))
        steps = (Step("Set up job"), Step(str(values.get("step") or "Run make all"), ended))
        made.append(Job(number, str(one["name"]), ended, log_of(kind, values, case.branch), steps))
    return made


def account(who: Any) -> User | None:
    """`bot`, `person`, `nobody`, `web-flow`, a login of a person, or {login, type}."""
    known = {"bot": BOT, "person": PERSON, "nobody": None, "web-flow": WEB_FLOW}
    if isinstance(who, dict):
        return User(who["login"], who.get("type", "User"))
    return known[who] if who in known else User(str(who))


def build(case: Case, gh: GitHubServer) -> Repo:
    """The repository of a case, with its failed run."""
    run, github = case.part("run"), case.part("github")
    repo = gh.repo(REPO, default_branch=run.pop("default_branch", "main"))
    branch = case.branch
    run.pop("branch", None)
    pushed = {"author": account(github.get("author", "bot")), "message": github.get("message", "Work")}
    if "committer" in github:
        pushed["committer"] = account(github["committer"])
    if github.get("exists", True):
        repo.push(branch, **pushed)
        for who in github.get("commits", ()):
            repo.push(branch, author=account(who))
        repo.branches[branch].protected = bool(github.get("protected", False))
        repo.branches[branch].rules = list(github.get("rules", ()))
    if "actor" in run:
        run["actor"] = account(run["actor"])
    values = {"workflow": "CI", "path": ".github/workflows/ci.yml"} | run
    made = repo.run(RUN, branch, jobs_of(case), **values)
    repo.runs[RUN] = [*(replace(made, attempt=number) for number in range(1, min(made.attempt, 5))), made]
    if github.get("moved"):
        repo.push(branch, author=account(github["moved"]))
    for pull in github.get("pulls", ()):
        repo.pull(
            pull.get("branch", branch), account(pull.get("author", "person")),
            head_repo=pull.get("head_repo", REPO), state=pull.get("state", "open"),
        )  # fmt: skip
    if "labels" not in github:
        owners = [f"agent:{owner.lower()}" for owner in Owner]
        names = ["coo", *owners, "p0", "p1", "p2", "p3", *(f"workflow:{category}" for category in Category)]
        github["labels"] = [*names, *(f"team-{owner.lower()}" for owner in Owner)]
    repo.labels |= dict.fromkeys(github["labels"], "ededed")
    repo.assignable |= set(github.get("assignable", ()))
    gh.permissions |= github.get("permissions", {})
    gh.account = account(github.get("account", "bot")) or BOT
    return repo


def add_issues(case: Case, repo: Repo, fingerprint: str, run: str) -> None:
    """The issues and comments that stand there already; {fingerprint} and {run} become coo's own markers."""

    def marked(text: str) -> str:
        return text.replace("{fingerprint}", fingerprint).replace("{run}", run)

    for one in case.part("github").get("issues", ()):
        made = repo.issue(
            one.get("title", "CI: failing"), marked(one.get("body", "{fingerprint}")), one.get("labels", ["coo"]),
            author=account(one.get("author", "bot")), state=one.get("state", "open"), is_pull=one.get("is_pull", False),
        )  # fmt: skip
        for place, comment in enumerate(one.get("comments", ())):
            made.comments.append(marked(comment["body"]))
            made.commenters[place] = account(comment.get("by", "bot"))


def add_faults(case: Case, gh: GitHubServer, repo: Repo) -> None:
    """What goes wrong, and what others do meanwhile."""
    github, branch = case.part("github"), case.branch
    for fault in github.get("faults", ()):
        values = dict(fault)
        gh.fault(values.pop("method"), values.pop("path"), **values)
    deeds = {
        "push": lambda: repo.push(branch, author=PERSON),
        "rerun": lambda: repo.rerun(RUN),
        "protect": lambda: setattr(repo.branches[branch], "protected", True),
        "pull": lambda: repo.pull(branch, PERSON),
        "delete": lambda: repo.branches.pop(branch, None),
    }
    if race := github.get("race"):
        method, path = race["at"].split(" ", 1)
        gh.fault(method, path, do=deeds[race["do"]], skip=race.get("skip", 0))


class Fake:
    """A model that gives the verdict it was told to, checked by nobody."""

    def __init__(self, verdict: Mapping[str, Any], play: str | None = None) -> None:
        kinds: dict[str, Any] = {
            "category": Category, "severity": Severity, "confidence": Confidence, "owner": Owner, "source": Source
        }  # fmt: skip
        values = {key: kinds[key](value) if key in kinds else value for key, value in verdict.items()}
        self.play = play
        self.verdict = replace(unknown(()), **({"source": Source.MODEL} | values))

    def ask(self, question: Question) -> Answer:
        """The verdict."""
        return Answer(self.verdict, ModelUse("fake", 10, 0, 5, 0.001), self.play)


def playbook(name: str) -> Playbook:
    """One of the playbooks that cases may ask for."""
    book = world.playbook()
    if name == "people":
        people = {owner: Team((f"{owner.lower()}-lead",), (f"team-{owner.lower()}",)) for owner in Owner}
        return replace(book, owners=people)
    if name == "wide":
        return replace(book, plays=tuple(_wide(play) for play in book.plays))
    if name == "merge":
        keep = [replace(play, action=Action.MERGE_AND_RERUN) if _deletes(play) else play for play in book.plays]
        return replace(book, plays=tuple(keep))
    if name == "careless":
        plays = [replace(play, when=replace(play.when, source=(), confidence=()), guards=()) for play in book.plays]
        return replace(book, plays=tuple(plays))
    return book


def _deletes(play: Play) -> bool:
    return play.action is Action.DELETE_AND_RERUN


def _wide(play: Play) -> Play:
    guards: Sequence[GuardSpec] = [
        replace(spec, patterns=("**",)) if spec.id == "branch-pattern" else spec for spec in play.guards
    ]
    return replace(play, guards=tuple(guards))
