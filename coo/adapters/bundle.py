"""A saved run: the directory that `coo fetch` writes and that `triage`, `classify` and the tests read.

run.json         {"version": 1, and the fields of `Run`}
jobs.json        {"version": 1, "jobs": [the fields of `Job`, with its steps]}
logs/<id>.log    the raw log of each failed job, byte by byte; none for a log that GitHub had no more
event.json       the event that started it (only if there was one)
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from coo.adapters.target import is_repo
from coo.core.errors import InputError, NothingToTriage
from coo.core.model import Job, Run, Step

VERSION = 1
MAX_JSON_BYTES = 32 * 1024 * 1024
MAX_LOG_BYTES = 256 * 1024 * 1024
_AGAIN = "save the run again with `coo fetch TARGET -o DIR`"
_NUMBERS = {"id", "attempt", "number"}
_NULLABLE = {"head_repo", "conclusion", "created_at", "updated_at", "started_at", "completed_at", "runner"}
T = TypeVar("T", Run, Job, Step)


def save_bundle(
    directory: Path, run: Run, jobs: Iterable[Job], logs: Mapping[int, bytes], event: Mapping[str, Any] | None = None
) -> None:
    """Write a bundle; `logs` maps job ids to raw logs. An older bundle there is replaced.

    `run.json` comes last, so that a directory with one is complete. Raises `InputError` for a directory that holds
    something else or cannot be written.
    """
    try:
        _make_room(directory)
        for job_id, data in logs.items():
            _write(directory / "logs" / f"{int(job_id)}.log", data)
        if event is not None:
            _write(directory / "event.json", _json(event))
        _write(directory / "jobs.json", _json({"version": VERSION, "jobs": [dataclasses.asdict(job) for job in jobs]}))
        _write(directory / "run.json", _json({"version": VERSION} | dataclasses.asdict(run)))
    except OSError as error:
        hint = "choose a directory that you may write to"
        raise InputError("bundle-not-written", f"cannot write {error.filename}: {error.strerror}", hint) from error


class Bundle:
    """A `RunSource` over a saved run. Raises `InputError` for a missing or invalid file, when it is read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def run(self) -> Run:
        """The run, as it was when it was saved."""
        path = self._directory / "run.json"
        run = _build(Run, _load(path, self._directory), path, "")
        if not is_repo(run.repo):
            raise _invalid(path, f"repo {run.repo!r} is not owner/name")
        return run

    def jobs(self) -> tuple[Job, ...]:
        """All jobs of the saved attempt."""
        path = self._directory / "jobs.json"
        listed = _load(path, self._directory).get("jobs")
        if not isinstance(listed, list):
            raise _invalid(path, "jobs is not a list")
        return tuple(_job(item, path, f"jobs[{index}]") for index, item in enumerate(listed))

    def job_log(self, job: Job) -> bytes:
        """The raw log of a job. Raises `NothingToTriage`: `logs-gone` when none was saved, `log-too-large`."""
        logs = self._directory / "logs"
        if not logs.is_dir():
            raise InputError("bundle-without-logs", f"{self._directory} has no directory `logs`", _AGAIN)
        path = logs / f"{int(job.id)}.log"
        try:
            if path.stat().st_size > MAX_LOG_BYTES:
                told = f"{path} is larger than {MAX_LOG_BYTES:,} bytes and was not read"
                raise NothingToTriage("log-too-large", told, "give its last part to `coo classify`")
            return path.read_bytes()
        except FileNotFoundError:
            told = f"no log of job {job.name!r} was saved: {path} does not exist"
            raise NothingToTriage("logs-gone", told, "GitHub had it no more, or it was not copied") from None
        except OSError as error:
            raise InputError("bundle-unreadable", f"cannot read {path}: {error.strerror}", _AGAIN) from error


def is_bundle(directory: Path) -> bool:
    """Whether a directory looks like a saved run."""
    return (directory / "run.json").is_file()


def _make_room(directory: Path) -> None:
    """An empty bundle directory; refuses to mix a run with other things."""
    logs = directory / "logs"
    if directory.exists() and not is_bundle(directory) and not (directory.is_dir() and not any(directory.iterdir())):
        raise InputError("not-a-bundle", f"{directory} exists and is not a saved run", "choose a new directory")
    logs.mkdir(parents=True, exist_ok=True)
    for name in ("run.json", "jobs.json", "event.json"):
        (directory / name).unlink(missing_ok=True)
    for old in logs.iterdir():
        if re.fullmatch(r"[0-9]+\.log", old.name):
            old.unlink()


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)  # noqa: PTH101 - mkstemp makes files that only their owner may read
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _json(data: Any) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def _load(path: Path, directory: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise _invalid(path, f"larger than {MAX_JSON_BYTES:,} bytes")
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise InputError("not-a-bundle", f"{directory} is not a saved run: it has no {path.name}", _AGAIN) from None
    except OSError as error:
        raise InputError("bundle-unreadable", f"cannot read {path}: {error.strerror}", _AGAIN) from error
    except (ValueError, RecursionError) as error:
        raise _invalid(path, f"not JSON: {error}") from error
    if not isinstance(data, dict):
        raise _invalid(path, "not an object")
    if data.get("version") != VERSION:
        found = data.get("version")
        raise InputError("bundle-version", f"{path} has version {found!r}, and this coo reads {VERSION}", _AGAIN)
    return data


def _job(data: Any, path: Path, where: str) -> Job:
    if not isinstance(data, dict) or not isinstance(data.get("steps", []), list):
        raise _invalid(path, f"{where} is not a job")
    steps = tuple(_build(Step, item, path, f"{where}.steps[{n}].") for n, item in enumerate(data.get("steps", [])))
    return _build(Job, {**data, "steps": steps}, path, f"{where}.", lambda name: name == "steps")


def _build(kind: type[T], data: Any, path: Path, where: str, done: Callable[[str], bool] = lambda _: False) -> T:
    """A dataclass from JSON; fields that it does not have are passed over, as a later version may add some."""
    if not isinstance(data, dict):
        raise _invalid(path, f"{where.rstrip('.')} is not an object")
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if field.name not in data:
            if field.default is dataclasses.MISSING and field.name not in _NULLABLE:
                raise _invalid(path, f"{where}{field.name} is missing")
            values[field.name] = None if field.default is dataclasses.MISSING else field.default
            continue
        value = values[field.name] = data[field.name]
        if not done(field.name) and not _fits(field.name, value):
            raise _invalid(path, f"{where}{field.name} is {value!r:.60}")
    return kind(**values)


def _fits(name: str, value: Any) -> bool:
    if name in _NUMBERS:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return isinstance(value, str) or (value is None and name in _NULLABLE)


def _invalid(path: Path, why: str) -> InputError:
    return InputError("bundle-invalid", f"{path}: {why}", _AGAIN)
