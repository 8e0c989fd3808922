"""GitHub's run-log archive (zip) -> Log. Nothing is extracted to disk, and every size is bounded.

The archive holds a file for each job (`0_build.txt`) and, for most runs, a folder for each job with a file for
each step (`build/3_Run tests.txt`).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from coo.core.errors import InputError
from coo.core.logs import MAX_BYTES, Log, Part, read_parts

MAX_ENTRIES = 10_000
MAX_RATIO = 250
"""Unpacked bytes for one packed byte, of an entry over 1 MiB; logs pack about 10 to 40 times."""

_JOB = re.compile(r"-?(\d+)_(.+)\.txt")
_STEP = re.compile(r"([^/]+)/(\d+)_(.+)\.txt")


def is_zip(data: bytes) -> bool:
    """Whether the bytes begin as a zip archive does."""
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def read_archive(data: bytes, name: str) -> Log:
    """Read all jobs of an archive. Raises `InputError` for a broken, hostile or foreign archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = _checked(archive, name)
            parts = _parts(archive, entries)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError) as error:
        raise InputError(
            "broken-zip", f"{name}: not a whole zip archive ({error})", "download the run's logs again"
        ) from None
    if not parts:
        raise InputError(
            "no-logs", f"{name}: no job logs in this archive",
            "give the archive of a run's logs (0_<job>.txt, <job>/<n>_<step>.txt) or a log",
        )  # fmt: skip
    return read_parts(parts, name, len(data))


def _checked(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    entries = [info for info in archive.infolist() if not info.is_dir()]
    total = sum(info.file_size for info in entries)
    if len(entries) > MAX_ENTRIES or total > MAX_BYTES:
        raise InputError(
            "archive-too-large", f"{name}: {len(entries)} files with {total:,} bytes unpacked",
            f"at most {MAX_ENTRIES:,} files and {MAX_BYTES:,} bytes; give the failed jobs' logs one by one",
        )  # fmt: skip
    for info in entries:
        if info.file_size > 1 << 20 and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise InputError(
                "zip-bomb", f"{name}: '{ascii(info.filename)[1:-1][:80]}' unpacks to {info.file_size:,} bytes"
                f" from {info.compress_size:,}", "this is not a run's log",
            )  # fmt: skip
    return entries


def _parts(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> list[Part]:
    jobs: list[tuple[int, str, zipfile.ZipInfo]] = []
    steps: dict[str, list[tuple[int, str, zipfile.ZipInfo]]] = {}
    for info in entries:
        if match := _JOB.fullmatch(info.filename):
            jobs.append((int(match[1]), match[2], info))
        elif match := _STEP.fullmatch(info.filename):
            steps.setdefault(match[1], []).append((int(match[2]), match[3], info))
    jobs.sort(key=lambda job: (job[0], job[1]))
    parts: list[Part] = []
    for _, job, info in jobs:
        parts += _job_parts(archive, job, info, steps.pop(job, []))
    for job, files in steps.items():
        parts += _step_parts(archive, job, files)
    return parts


def _job_parts(
    archive: zipfile.ZipFile, job: str, info: zipfile.ZipInfo, files: list[tuple[int, str, zipfile.ZipInfo]]
) -> list[Part]:
    """The job's own file, cut into steps where the step files together are exactly it."""
    whole = _read(archive, info)
    named = _step_parts(archive, job, files)
    if named and b"".join(part.data for part in named) == whole:
        return named
    return [Part(info.filename, whole, job)]


def _step_parts(archive: zipfile.ZipFile, job: str, files: list[tuple[int, str, zipfile.ZipInfo]]) -> list[Part]:
    files = sorted(files, key=lambda file: file[0])
    return [
        Part(info.filename, _read(archive, info), job, step, continues=place > 0)
        for place, (_, step, info) in enumerate(files)
    ]


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Read an entry, and no more than it says it holds: a lying header must not fill the memory."""
    with archive.open(info) as file:
        data = file.read(info.file_size + 1)
    if len(data) > info.file_size:
        raise zipfile.BadZipFile(f"{info.filename!a} holds more than it says")
    return data
