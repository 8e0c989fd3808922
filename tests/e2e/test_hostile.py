"""Every hostile case against the stateful local GitHub: what it received decides, and what every report shows."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from coo.actions.issue import issue_text
from coo.adapters.actions import write_outputs
from coo.adapters.ledger import Ledger, open_ledger
from coo.cli.publish import _outputs
from coo.core.errors import NothingToTriage
from coo.core.incident import incident_of
from coo.core.model import Triage
from coo.core.notice import notice
from coo.core.redact import redact
from coo.ports import Model
from coo.report.as_json import dumps, triage_json, triage_object
from coo.report.github import triage_annotations
from coo.report.incidents import incident_json, incident_text, incidents_csv, incidents_text
from coo.report.markdown import triage_markdown
from coo.report.sarif import triage_sarif
from coo.report.text import triage_text
from tests.e2e.world import go
from tests.support import hostile
from tests.support.github_server import GitHubServer, Issue, Repo
from tests.support.hostile import RUN, Case

ALL = hostile.cases()
NOW = 1_793_620_800.0
SIGNS = re.compile(r"evil|mallory|pwned|666", re.IGNORECASE)
"""What hostile text in these cases holds: no link, picture, heading or element of a page may."""
MENTION = re.compile(r"@(?:mallory|evil)|#666|GH-666|evil\S*://|https?://\S*evil|www\.evil", re.IGNORECASE)
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
COMMAND = re.compile(r"##\w*\[|^\s*::", re.MULTILINE)
ANNOTATION = re.compile(r"::(?:error|notice) title=[^:,\r\n]*::[^\r\n]*")
ELEMENT = re.compile(r"</?(?:details|summary|sub|sup|kbd|br|b|i|p)>")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """One ledger for all cases."""
    book = open_ledger(str(tmp_path_factory.mktemp("ledger") / "ledger.db"))
    yield book
    book.close()


def test_there_are_enough_of_them_and_none_twice() -> None:
    names = [case.id for case in ALL]
    assert len(names) == len(set(names)) >= 150


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_a_hostile_case(case: Case, ledger: Ledger, tmp_path: Path) -> None:
    expect = case.part("expect")
    with GitHubServer(strict=case.part("github").get("strict", True)) as gh, a_model(case) as model:
        repo = hostile.build(case, gh)
        prepare(case, gh, repo, model)
        done = []
        for _ in range(1 + int(case.data.get("again", 0))):
            with contextlib.suppress(NothingToTriage) if done else contextlib.nullcontext():
                if "refused" in expect:
                    with pytest.raises(NothingToTriage) as refused:
                        run(case, gh, model)
                    assert refused.value.code == expect["refused"]
                else:
                    done.append(run(case, gh, model))
        received(case, gh, repo, expect)
        for issue in repo.issues.values():
            words(case, issue, gh)
    never = (*case.secrets, *expect.get("never", ()))
    sent = "\n".join(f"{dumps(one.body)} {one.body}" for one in gh.requests)
    holds_none((*never, *expect.get("never_sent", ())), {"request": sent})
    if done:
        decided(done[0], expect)
        pages = reports(done[0], ledger, tmp_path)
        harmless(pages)
        holds_none(never, pages)


@contextlib.contextmanager
def a_model(case: Case) -> Iterator[Model | None]:
    """The model of a case: a verdict as it is, or an answer over HTTP."""
    if "answer" in case.data:
        from coo.adapters.openai import OpenAIModel
        from tests.support.model_server import KEY, ModelServer, says

        with ModelServer(says(**case.data["answer"])) as server:
            yield OpenAIModel(KEY, base_url=server.base_url, deadline_s=5, retries=0)
    elif "model" in case.data:
        verdict = dict(case.data["model"])
        yield hostile.Fake(verdict, verdict.pop("play", None))
    else:
        yield None


def run(case: Case, gh: GitHubServer, model: Model | None, act: bool | None = None) -> Triage:
    """Triage the case's run."""
    options = case.part("options")
    if "own_workflows" in options:
        options["own_workflows"] = tuple(options["own_workflows"])
    act = bool(case.data.get("act", True)) if act is None else act
    book = hostile.playbook(str(case.data.get("playbook", "default")))
    if model is not None:
        options |= {"system_prompt": "Judge.", "boundary": lambda: "b" * 24}
    return go(gh, act, book, model, case.data.get("event_attempt"), **options)


def prepare(case: Case, gh: GitHubServer, repo: Repo, model: Model | None) -> None:
    """Put the issues there that stood there before, with the markers of this very run, then the faults."""
    if case.part("github").get("issues"):
        first = run(case, gh, model, act=False)
        text = issue_text(first.run, first.jobs, first.classification, first.decision)
        hostile.add_issues(case, repo, text.fingerprint_marker, text.run_marker)
        gh.requests.clear()
    hostile.add_faults(case, gh, repo)


def received(case: Case, gh: GitHubServer, repo: Repo, expect: Mapping[str, Any]) -> None:
    """The requests that change something are exactly the expected ones, with the expected labels and people."""
    base = f"/repos/{hostile.REPO}"
    labels: list[str] = []
    if "to" in expect:
        owner, priority, category = expect["to"].split(" ")
        labels = ["coo", f"agent:{owner}", priority, f"workflow:{category}", *expect.get("labels", ())]
    wanted: list[str] = []
    for word in expect.get("writes", ()):
        known = {
            "delete": [f"DELETE {base}/git/refs/heads/{case.branch}"],
            "rerun": [f"POST {base}/actions/runs/{RUN}/rerun-failed-jobs"],
            "issue": [*[f"POST {base}/labels"] * missing(case, labels), f"POST {base}/issues"],
        }
        comment = re.fullmatch(r"comment (\d+)", word)
        wanted += [f"POST {base}/issues/{comment[1]}/comments"] if comment else known.get(word, [word])
    counted = re.compile(rf"PATCH {base}/issues/\d+|PATCH {base}/issues/comments/\d+")
    assert [write for write in gh.writes if not counted.fullmatch(write)] == wanted
    for write in filter(counted.fullmatch, gh.writes):
        assert any("comment" in word for word in expect.get("writes", ())), write
    for one in gh.sent("POST", "/labels$"):
        assert one.body["name"] in labels
    for one in gh.sent("POST", "/issues$"):
        assert one.body["labels"] == labels
        assert one.body.get("assignees", []) == expect.get("assignees", [])
    if "comments" in expect:
        assert [len(issue.comments) for issue in repo.issues.values()] == expect["comments"]
    assert not gh.sent("GET", "/contents/")  # no rules, playbook or configuration of any commit
    for one in gh.requests:
        assert one.host == "logs" or one.path == "/user" or one.path.startswith(base), one.path


def missing(case: Case, labels: Sequence[str]) -> int:
    """How many labels of an issue are not there yet."""
    github = case.part("github")
    there = set(github.get("labels", labels))
    there |= {label for one in github.get("issues", ()) for label in one.get("labels", ["coo"])}
    return len(set(labels) - there)


def words(case: Case, issue: Issue, gh: GitHubServer) -> None:
    """What coo wrote into an issue shows hostile text and does nothing of what it says."""
    sent = [one.body for one in gh.sent("POST", "/issues$|/comments$") + gh.sent("PATCH", "/issues/")]
    for body in (str(each["body"]) for each in sent if each.get("body") is not None):
        assert len(body) <= 65_536
        assert not CONTROL.search(body)
        calm(body)
        for marker in re.findall(r"<!--.*?-->", body, re.DOTALL):
            assert re.fullmatch(r"<!-- coo:[a-z-]+=[0-9a-f/:, .TZ+-]+ -->", marker), marker
            assert "666" not in marker
    for each in sent:
        if "title" in each:
            assert not re.search(r"[@#](?=mallory|evil|666)|[\r\n]", str(each["title"]))
            assert not CONTROL.search(str(each["title"]))


def calm(page: str) -> None:
    """A rendered page has no link, picture, element, heading or mention that hostile text made."""
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page):
        if token.type == "html_block":
            rest = ELEMENT.sub("", re.sub(r"<!-- coo:[^<>]*? -->", "", token.content))
            assert "<" not in rest, rest
        for child in token.children or ():
            assert child.type != "image"
            if child.type == "html_inline":
                assert ELEMENT.fullmatch(child.content) or re.fullmatch(r"<!-- coo:[^<>]*? -->", child.content)
            if child.type == "link_open":
                assert not SIGNS.search(str(child.attrs["href"])), child.attrs
            if child.type == "text":
                assert not MENTION.search(child.content), child.content
    headings = MarkdownIt("commonmark").parse(page)
    for at, token in enumerate(headings):
        if token.type == "heading_open" and ": `" not in headings[at + 1].content:  # coo's own names the workflow
            assert not SIGNS.search(headings[at + 1].content)


def decided(done: Triage, expect: Mapping[str, Any]) -> None:
    """The decision and the outcome, where a case says them."""
    if "action" in expect:
        assert done.decision.action == expect["action"]
    if "planned" in expect:
        assert done.decision.planned == expect["planned"]
    if "failed" in expect:
        assert [guard.id for guard in done.decision.failed_guards] == expect["failed"]
    if "status" in expect:
        assert done.outcome.status == expect["status"], done.outcome


def reports(done: Triage, ledger: Ledger, tmp_path: Path) -> dict[str, str]:
    """The triage in every form that coo has for it."""
    from dataclasses import replace

    out = tmp_path / "outputs"
    write_outputs(_outputs(done, tmp_path), out)
    kept = ledger.incident(ledger.record(incident_of(done, NOW, redact)))
    assert kept is not None
    pages = {
        "text": triage_text(done, now=NOW),
        "narrow": triage_text(done, width=40, unicode=False, now=NOW),
        "markdown": triage_markdown(done, now=NOW),
        "json": triage_json(done),
        "jsonl": dumps(triage_object(done)),
        "sarif": triage_sarif(done),
        "annotations": triage_annotations(done),
        "outputs": out.read_text(),
        "row": repr(replace(kept, id=0)),
        "incident": incident_text(kept),
        "incidents": incidents_text([kept], False),
        "incident-json": incident_json(kept),
        "csv": incidents_csv([kept]),
        "slack": notice("slack", done).body.decode(),
        "webhook": notice("webhook", done).body.decode(),
    }
    pages |= {f"{name}-read": read(json.loads(pages[name])) for name in ("json", "sarif", "incident-json", "slack")}
    return pages


def read(value: Any) -> str:
    """Every string of a JSON document as it was before it was escaped."""
    if isinstance(value, dict):
        return "\n".join(read(each) for each in value.values())
    return "\n".join(map(read, value)) if isinstance(value, list) else str(value)


def harmless(pages: Mapping[str, str]) -> None:
    """Nothing in a report acts on what shows it: a terminal, a runner, a page, a spreadsheet."""
    for name, page in pages.items():
        if name.endswith("-read") or name == "row":
            continue
        assert not CONTROL.search(page.replace("\r\n", "\n")), name
        if name not in ("annotations", "webhook"):  # a webhook is printed nowhere
            assert not COMMAND.search(page), (name, COMMAND.search(page))
    for line in pages["annotations"].splitlines():
        assert ANNOTATION.fullmatch(line) and "##[" not in line
    calm(pages["markdown"])
    assert "<!--" not in pages["markdown"]
    for line in pages["outputs"].splitlines():
        assert re.fullmatch(r"[a-z-]+=[A-Za-z0-9_./:+-]*", line)
    slack = str(json.loads(pages["slack"])["text"])
    assert set(re.findall(r"<(?!http)[^>]*>?", slack)) == set()  # no <!channel>, no <@user>
    assert not SIGNS.search(re.sub(r"`[^`\n]*`|<http[^|>]*\|[^>]*>", "", slack)), slack
    rows = list(csv.reader(io.StringIO(pages["csv"], newline="")))
    assert len(rows) == 2 and len(rows[0]) == len(rows[1])
    for cell in rows[1]:
        assert not cell.lstrip().startswith(("=", "+", "@", "\t", "＝", "＋", "－", "＠"))
        assert not cell.startswith("-") or re.fullmatch(r"-?[\d.]+", cell)


def holds_none(never: tuple[str, ...], pages: Mapping[str, str]) -> None:
    """None of the strings stands in any page."""
    for name, page in pages.items():
        found = [word for word in never if word in page]
        assert not found, (name, found)
