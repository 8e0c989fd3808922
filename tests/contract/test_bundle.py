"""Saved runs: what is saved is what is read, and nothing else is believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coo.adapters import bundle as bundle_module
from coo.adapters.bundle import Bundle, is_bundle, save_bundle
from coo.adapters.target import RunTarget
from coo.core.errors import InputError, NothingToTriage
from coo.core.model import Job, Run, Step
from tests.contract.conftest import LOG, RUN, Connect
from tests.support.github_server import Repo

A_RUN = Run(
    "acme/shop", 7, 2, "CI ü", ".github/workflows/ci.yml", "push", "automated/x", "a" * 40, None, "completed",
    "failure", "https://github.com/acme/shop/actions/runs/7", "main",
)  # fmt: skip
JOBS = (
    Job(
        1, "build", "failure", "https://x", (Step("Set up", 1, "success"), Step("Make", 2, None)), "t1", "t2", "runner"
    ),
    Job(2, "lint", "success"),
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    directory = tmp_path / "deep" / "run"
    save_bundle(directory, A_RUN, JOBS, {1: LOG}, {"action": "completed"})
    return directory


def test_what_is_saved_is_what_is_read(saved: Path) -> None:
    bundle = Bundle(saved)
    assert (bundle.run(), bundle.jobs(), bundle.job_log(JOBS[0])) == (A_RUN, JOBS, LOG)
    files = sorted(str(path.relative_to(saved)) for path in saved.rglob("*") if path.is_file())
    assert files == ["event.json", "jobs.json", "logs/1.log", "run.json"]
    assert json.loads((saved / "run.json").read_text())["version"] == 1


def test_a_run_of_github_survives_the_way_through_a_directory(repo: Repo, connect: Connect, tmp_path: Path) -> None:
    source = connect().source(RunTarget(repo.name, RUN))
    run, jobs = source.run(), source.jobs()
    save_bundle(tmp_path, run, jobs, {jobs[0].id: source.job_log(jobs[0])})
    again = Bundle(tmp_path)
    assert (again.run(), again.jobs(), again.job_log(jobs[0])) == (run, jobs, LOG)


def test_a_newer_run_replaces_an_older_one(saved: Path) -> None:
    save_bundle(saved, A_RUN, JOBS, {2: b"other"})
    assert [path.name for path in (saved / "logs").iterdir()] == ["2.log"]
    assert not (saved / "event.json").exists()


def test_a_directory_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "1.log").write_text("mine")
    with pytest.raises(InputError, match="not a saved run"):
        save_bundle(tmp_path, A_RUN, JOBS, {})
    assert (tmp_path / "logs" / "1.log").read_text() == "mine"
    with pytest.raises(InputError):
        save_bundle(tmp_path / "logs" / "1.log", A_RUN, JOBS, {})


def test_a_save_that_breaks_off_leaves_no_half_bundle(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device", "disk")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(InputError, match="No space left"):
        save_bundle(saved, A_RUN, JOBS, {1: b"x"})
    assert not is_bundle(saved)
    assert [path for path in saved.rglob("*") if path.is_file()] == []


def test_a_log_that_was_not_saved(saved: Path) -> None:
    (saved / "logs" / "1.log").unlink()
    with pytest.raises(NothingToTriage, match="build") as caught:
        Bundle(saved).job_log(JOBS[0])
    assert caught.value.code == "logs-gone"


def test_a_directory_without_logs(saved: Path) -> None:
    (saved / "logs" / "1.log").unlink()
    (saved / "logs").rmdir()
    with pytest.raises(InputError, match="has no directory `logs`") as caught:
        Bundle(saved).job_log(JOBS[0])
    assert "coo fetch" in caught.value.help


def test_a_log_that_is_too_large(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_module, "MAX_LOG_BYTES", len(LOG) - 1)
    with pytest.raises(NothingToTriage) as caught:
        Bundle(saved).job_log(JOBS[0])
    assert caught.value.code == "log-too-large"


@pytest.mark.parametrize("name", ["run.json", "jobs.json"])
@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "not-a-bundle"),
        ("", "bundle-invalid"),
        ("[1]", "bundle-invalid"),
        ("{", "bundle-invalid"),
        ("[" * 100_000, "bundle-invalid"),
        ("{}", "bundle-version"),
        ('{"version": 2}', "bundle-version"),
        ('{"version": 1}', "bundle-invalid"),
    ],
    ids=["missing", "empty", "list", "truncated", "deep", "no-version", "newer", "no-fields"],
)
def test_a_broken_file_is_named(saved: Path, name: str, text: str | None, code: str) -> None:
    path = saved / name
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=name) as caught:
        (Bundle(saved).run if name == "run.json" else Bundle(saved).jobs)()
    assert caught.value.code == code
    assert "coo fetch" in caught.value.help


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "../../etc/passwd"),
        ("id", True),
        ("id", -1),
        ("branch", None),
        ("repo", "a/b/../c"),
        ("sha", 5),
        ("url", []),
    ],
)
def test_a_run_with_a_wrong_field(saved: Path, field: str, value: object) -> None:
    path = saved / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    with pytest.raises(InputError, match=field):
        Bundle(saved).run()


@pytest.mark.parametrize(
    "job",
    [
        "x",
        {},
        {"id": "../../../etc/passwd", "name": "n", "conclusion": None},
        {"id": 1.5, "name": "n", "conclusion": None},
        {"id": 1, "name": None, "conclusion": None},
        {"id": 1, "name": "n", "conclusion": 3},
        {"id": 1, "name": "n", "conclusion": None, "steps": {}},
        {"id": 1, "name": "n", "conclusion": None, "steps": [1]},
        {"id": 1, "name": "n", "conclusion": None, "steps": [{"name": "s"}]},
    ],
)
def test_a_job_with_a_wrong_field(saved: Path, job: object) -> None:
    (saved / "jobs.json").write_text(json.dumps({"version": 1, "jobs": [job]}))
    with pytest.raises(InputError, match=r"jobs\[0\]"):
        Bundle(saved).jobs()


def test_fields_of_a_later_version_are_passed_over(saved: Path) -> None:
    for name in ("run.json", "jobs.json"):
        path = saved / name
        path.write_text(json.dumps(json.loads(path.read_text()) | {"added_later": {"x": 1}}))
    assert (Bundle(saved).run(), Bundle(saved).jobs()) == (A_RUN, JOBS)


def test_a_directory_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no run\.json"):
        Bundle(tmp_path / "nothing").run()
