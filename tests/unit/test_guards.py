"""Each guard as a pure function, and the rule that what is not known does not hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coo.actions.facts import OFFLINE, Case, Facts, JobPlay, Missing, ask
from coo.actions.guards import GITHUB_GUARDS, MINIMUM, RUN_GUARDS, check, permits, result
from coo.actions.history import History
from coo.actions.lineage import BaseFacts
from coo.actions.remedies import remedy
from coo.adapters.resources import schema
from coo.core.classify import unknown
from coo.core.errors import RemoteError
from coo.core.model import Category, Classification, GuardResult, Run, Source
from coo.core.patterns import branch_fault, branch_matches, name_matches
from coo.core.playbook import Action
from coo.ports import BranchFacts, Commit, Comparison, Doubt, PullRequest, Room

SHA = "a" * 40
RULED = replace(
    unknown(()), category=Category.BRANCH_CONFLICT, source=Source.RULE, rule_id="git-push-rejected", transient=True
)
RUN = Run(
    repo="acme/shop", id=1, attempt=1, workflow="Agent", workflow_path=".github/workflows/agent.yml", event="push",
    branch="automated/x", sha=SHA, head_repo="acme/shop", status="completed", conclusion="failure", url="",
    default_branch="main",
)  # fmt: skip
DOUBT = Doubt(RUN.workflow_path, SHA, RUN.id, "ab" * 8, 1, "1 failed", "asked")
GOOD = Facts(
    run=RUN,
    branch=BranchFacts("automated/x", SHA, False),
    commits=(),
    pulls=(),
    room=Room(True, 1, 50, "the ledger"),
    history=History(),
    base=BaseFacts(Comparison((), 2)),
    others=(replace(RUN, id=0, status="in_progress", conclusion=None),),
)


VERDICTS = {Action.CONFIRM_FLAKY: replace(RULED, category=Category.TEST_FAILURE, rule_id="pytest-failed")}
"""What an action is for, where it is not a branch conflict."""
FOR = {"every-job-test-failure": Action.CONFIRM_FLAKY}
"""The action of a guard that holds for one kind of failure only."""


def case(action: Action = Action.DELETE_AND_RERUN, verdict: Classification | None = None, **run: object) -> Case:
    """A case for which every guard holds, but for what is given."""
    verdict = verdict or VERDICTS.get(action, RULED)
    job = JobPlay("build", verdict, action)
    changed = replace(RUN, **run)  # type: ignore[arg-type]
    return Case(changed, verdict, (job,), action, ("automated/*",), 3, ("coo",))


@pytest.mark.parametrize(
    "history",
    [
        History(attempts=(replace(RUN, conclusion="success"),)),
        History(attempts=(replace(RUN, conclusion="cancelled"),)),
        History(attempts=(RUN,), causes={(1, 1): "infrastructure"}),
        History(runs=(replace(RUN, id=2),)),
        History(runs=(replace(RUN, id=2, attempt=2, status="in_progress", conclusion=None),)),
        History(runs=(replace(RUN, id=2, attempt=2, conclusion="success"),)),
        History(runs=(replace(RUN, id=2, attempt=2),), causes={(2, 2): "infrastructure"}),
        History(doubts=(DOUBT,)),
        History(doubts=(replace(DOUBT, state="flaky", attempt=2),)),
        History(doubts=(replace(DOUBT, run_id=2),)),
    ],
)
def test_tries_of_a_commit_that_do_not_forbid_another(history: History) -> None:
    assert result("not-failed-for-good", case(Action.CONFIRM_FLAKY), replace(GOOD, history=history)).held


class Asked:
    """Hands that count what they are asked, and can change nothing."""

    def __init__(self, **answers: object) -> None:
        self.questions: list[str] = []
        known: dict[str, object] = {"run": RUN, "branch": GOOD.branch, "commits": (), "pulls": ()}
        self._answers = known | {"attempts": (), "runs": ()}
        self._answers |= {"comparison": Comparison((), 2), "beside": GOOD.others} | answers

    def _answer(self, name: str) -> object:
        self.questions.append(name)
        answer = self._answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def run(self, run_id: int) -> object:
        return self._answer("run")

    def branch(self, name: str) -> object:
        return self._answer("branch")

    def attempts_before(self, run: Run) -> object:
        return self._answer("attempts")

    def runs_of_commit(self, run: Run) -> object:
        return self._answer("runs")

    def commits_since_base(self, base: str, head_sha: str) -> object:
        return self._answer("commits")

    def open_pull_requests(self, branch: str) -> object:
        return self._answer("pulls")

    def comparison(self, base: str, head_sha: str) -> object:
        return self._answer("comparison")

    def runs_beside(self, run: Run) -> object:
        return self._answer("beside")


@pytest.mark.parametrize("name", sorted([*RUN_GUARDS, *GITHUB_GUARDS]))
def test_a_guard_holds_when_all_is_well(name: str) -> None:
    assert result(name, case(FOR.get(name, Action.DELETE_AND_RERUN)), GOOD).held


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("rule-verdict", case(verdict=replace(RULED, source=Source.MODEL))),
        ("rule-verdict", case(verdict=replace(RULED, ambiguous=True))),
        ("rule-verdict", case(verdict=replace(RULED, category=Category.UNKNOWN))),
        ("rule-verdict", case(verdict=replace(RULED, rule_id=None))),
        ("rule-verdict", replace(case(), jobs=(JobPlay("b", unknown(()), Action.DELETE_AND_RERUN),))),
        ("every-job-agrees", replace(case(), jobs=())),
        ("every-job-agrees", replace(case(), jobs=(JobPlay("b", RULED, Action.ESCALATE),))),
        ("every-job-transient", replace(case(), jobs=())),
        ("every-job-transient", case(verdict=replace(RULED, transient=False))),
        ("every-job-test-failure", case()),
        ("every-job-test-failure", replace(case(Action.CONFIRM_FLAKY), jobs=())),
        ("attempts-left", replace(case(Action.CONFIRM_FLAKY, attempt=3), attempts=9)),
        ("not-own-workflow", case(workflow="COO")),
        ("not-own-workflow", replace(case(), own_workflows=(".github/workflows/AGENT.yml",))),
        ("attempts-left", case(attempt=3)),
        ("attempts-left", case(attempt=9)),
        ("branch-pattern", case(branch="feature/x")),
        ("branch-pattern", replace(case(), branch_patterns=())),
        ("same-repository", case(head_repo="mallory/shop")),
        ("same-repository", case(head_repo=None)),
        ("not-default", case(default_branch="automated/x")),
        ("not-default", case(default_branch="Automated/X")),
        ("not-default", case(default_branch="")),
    ],
)
def test_a_guard_over_the_run_does_not_hold(name: str, bad: Case) -> None:
    assert not result(name, bad, GOOD).held


def commit(author: str | None, bot: bool, committer: str | None = "bot[bot]", committer_bot: bool = True) -> Facts:
    """Facts of a branch with one commit."""
    return replace(GOOD, commits=(Commit(SHA, author, bot, committer, committer_bot),))


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("run-still-failed", replace(GOOD, run=replace(RUN, attempt=2))),
        ("run-still-failed", replace(GOOD, run=replace(RUN, status="in_progress"))),
        ("run-still-failed", replace(GOOD, run=replace(RUN, conclusion="success"))),
        ("run-still-failed", replace(GOOD, run=replace(RUN, conclusion="cancelled"))),
        ("run-still-failed", replace(GOOD, run=replace(RUN, branch="main"))),
        ("run-still-failed", replace(GOOD, run=replace(RUN, sha="b" * 40))),
        ("run-still-failed", replace(GOOD, run=replace(RUN, repo="acme/other"))),
        ("run-still-failed", replace(GOOD, run=replace(RUN, head_repo="mallory/shop"))),
        ("run-still-failed", replace(GOOD, run=replace(RUN, default_branch="automated/x"))),
        ("not-failed-for-good", replace(GOOD, history=History(attempts=(RUN,)))),
        ("not-failed-for-good", replace(GOOD, history=History(runs=(replace(RUN, id=2, attempt=2),)))),
        ("not-failed-for-good", replace(GOOD, history=History(doubts=(replace(DOUBT, state="real"),)))),
        ("not-failed-for-good", replace(GOOD, history=History(doubts=(replace(DOUBT, state="other"),)))),
        ("not-failed-for-good", replace(GOOD, history=History(doubts=(replace(DOUBT, attempt=0),)))),
        ("branch-unprotected", replace(GOOD, branch=BranchFacts("automated/x", SHA, True))),
        ("branch-unprotected", replace(GOOD, branch=BranchFacts("automated/x", SHA, None))),
        ("head-unchanged", replace(GOOD, branch=BranchFacts("automated/x", "b" * 40, False))),
        ("bot-commits-only", commit("mona", False)),
        ("bot-commits-only", commit(None, False)),
        ("bot-commits-only", commit(None, True)),
        ("bot-commits-only", commit("bot[bot]", True, "mona", False)),
        ("bot-commits-only", commit("bot[bot]", True, None, False)),
        ("no-open-pull-request", replace(GOOD, pulls=(PullRequest(7, "mona", False, ""),))),
        ("base-mergeable", replace(GOOD, base=None)),
        ("base-mergeable", replace(GOOD, base=BaseFacts(Comparison((), 0)))),
        ("has-superseded-runs", replace(GOOD, others=())),
    ],
)
def test_a_guard_over_a_fact_does_not_hold(name: str, facts: Facts) -> None:
    assert not result(name, case(), facts).held


@pytest.mark.parametrize("name", sorted(GITHUB_GUARDS))
def test_a_missing_fact_does_not_hold_and_says_why(name: str) -> None:
    need = GITHUB_GUARDS[name][0]
    refused = result(name, case(), replace(GOOD, **{need: Missing("403 for the token")}))
    assert refused == GuardResult(name, False, "403 for the token")
    assert result(name, case(), replace(GOOD, **{need: OFFLINE})).asked is False


@pytest.mark.parametrize("name", ["branch-unprotected", "head-unchanged", "bot-commits-only"])
def test_a_branch_that_is_gone_has_nothing_to_lose(name: str) -> None:
    assert result(name, case(), replace(GOOD, branch=None, commits=())).held


def test_a_bot_is_told_from_web_flow_by_the_author() -> None:
    assert result("bot-commits-only", case(), commit("bot[bot]", True, "web-flow", False)).held
    assert not result("bot-commits-only", case(), commit("mona", False, "web-flow", False)).held


def test_the_minimum_is_checked_whatever_the_playbook_wants() -> None:
    for action, needed in MINIMUM.items():
        assert {guard.id for guard in check(case(action), (), Asked())} == set(needed)  # type: ignore[arg-type]


def test_guards_stand_in_the_playbooks_order() -> None:
    ids = [guard.id for guard in check(case(), ["not-default", "head-unchanged"], Asked())]  # type: ignore[arg-type]
    assert ids[:2] == ["not-default", "head-unchanged"]


def test_github_is_not_asked_when_the_run_itself_says_no() -> None:
    hands = Asked()
    results = check(case(branch="feature/x"), (), hands)  # type: ignore[arg-type]
    assert hands.questions == []
    assert not {guard.id for guard in results} & set(GITHUB_GUARDS)


def test_only_the_facts_that_are_needed_are_asked() -> None:
    hands = Asked()
    check(case(Action.RERUN), (), hands)  # type: ignore[arg-type]
    assert hands.questions == ["run"]


def test_a_refused_question_is_a_missing_fact() -> None:
    facts = ask(case(), Asked(pulls=RemoteError("x", "no pulls for you")), ("pulls",))  # type: ignore[arg-type]
    assert facts.pulls == Missing("GitHub did not say: no pulls for you")


def test_commits_are_not_asked_of_a_branch_that_is_unknown() -> None:
    hands = Asked(branch=RemoteError("x", "no branch for you"))
    facts = ask(case(), hands, ("commits",))  # type: ignore[arg-type]
    assert facts.commits == Missing("GitHub did not say: no branch for you")
    assert hands.questions == ["branch"]


def all_held(action: Action, leave_out: str = "") -> tuple[GuardResult, ...]:
    return tuple(GuardResult(name, True, "") for name in MINIMUM[action] if name != leave_out)


@pytest.mark.parametrize(("action", "name"), [(action, name) for action, names in MINIMUM.items() for name in names])
def test_an_action_refuses_without_each_of_its_guards(action: Action, name: str) -> None:
    assert permits(case(action), all_held(action))
    assert not permits(case(action), all_held(action, leave_out=name))
    assert not permits(case(action), (*all_held(action, name), GuardResult(name, False, "")))
    with pytest.raises(ValueError, match="without its guards"):
        remedy(case(action), all_held(action, leave_out=name), Asked(), act=True)  # type: ignore[arg-type]


def test_the_schema_knows_exactly_the_guards_there_are() -> None:
    assert set(schema("playbook")["$defs"]["guard-id"]["enum"]) == {*RUN_GUARDS, *GITHUB_GUARDS}


@pytest.mark.parametrize(
    "name",
    [
        "", "refs/heads/automated/x", "automated/../main", "automated/x..y", "automated//x", "/automated",
        "automated/", "automated/x.", "automated./x", "automated/x.lock", "-automated/x", "automated/-x", ".x/y",
        "automated/.x", "automated/x%2f..", "automated/х", "automated/x\u200b", "automated/x\n", "automated/x\x00",
        "automated/x y", "automated/x~1", "automated/x^", "automated/x:y", "automated/x@{1}", "automated\\x",
        "automated/*", "automated/[x]", "automated/x?", "@",
    ],
)  # fmt: skip
def test_branch_names_that_coo_keeps_its_hands_off(name: str) -> None:
    assert branch_fault(name)
    assert not result("branch-pattern", replace(case(branch=name), branch_patterns=("**",)), GOOD).held


@pytest.mark.parametrize("name", ["automated/implement-72", "auto/a.b_c+d", "bot/2026-11-02", "dependabot/npm/x-1.2.3"])
def test_plain_branch_names(name: str) -> None:
    assert branch_fault(name) is None


@pytest.mark.parametrize(
    ("name", "pattern", "matches"),
    [
        ("automated/x", "automated/*", True),
        ("automated/x/y", "automated/*", False),
        ("automated/x/y", "automated/**", True),
        ("automated/", "automated/*", True),
        ("Automated/x", "automated/*", False),
        ("automated/x\n", "automated/x", False),
        ("x/automated/x", "automated/*", False),
        ("automatedx", "automated?", True),
        ("automated/", "automated?", False),
        ("release-1", "release-[1]", False),
        ("a.b", "a?b", True),
        ("axb", "a.b", False),
    ],
)
def test_branch_patterns(name: str, pattern: str, matches: bool) -> None:
    assert branch_matches(name, pattern) is matches


def test_names_match_without_regard_to_case() -> None:
    assert name_matches("Deploy to Production", "*deploy*")
    assert not name_matches("Deploy", "deploy-*")


@given(st.text(max_size=60))
def test_a_name_that_passes_is_plain(name: str) -> None:
    if branch_fault(name) is None:
        assert name.isascii() and name.isprintable()
        assert ".." not in name and "//" not in name
        assert not name.lower().startswith("refs/")
        assert not set(name) & set(" ~^:?*[]\\%@{}<>|\"'")
