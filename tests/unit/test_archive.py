"""GitHub's run-log archive, and archives that mean harm."""

from __future__ import annotations

import io
import zipfile

import pytest

from coo.adapters.archive import read_archive
from coo.core.errors import InputError

STAMP = "2026-11-22T10:00:00.1234567Z "


def archive(files: dict[str, str | bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as made:
        for name, text in files.items():
            made.writestr(name, text)
    return buffer.getvalue()


def test_jobs_and_steps_with_the_numbers_of_the_jobs_file() -> None:
    one, two = f"{STAMP}a\n{STAMP}b\n", f"{STAMP}c\n"
    data = archive({
        "0_build.txt": one + two, "build/1_Set up job.txt": one, "build/2_Run tests.txt": two,
        "1_lint.txt": f"{STAMP}d\n",
    })  # fmt: skip
    log = read_archive(data, "logs.zip")
    assert [(line.job, line.step, line.number, line.text) for line in log.lines(0, 9)] == [
        ("build", "Set up job", 1, "a"),
        ("build", "Set up job", 2, "b"),
        ("build", "Run tests", 3, "c"),
        ("lint", None, 1, "d"),
    ]


def test_step_files_that_are_not_the_whole_job_do_not_replace_it() -> None:
    data = archive({"0_build.txt": f"{STAMP}a\n{STAMP}b\n", "build/1_Set up job.txt": f"{STAMP}a\n"})
    assert len(read_archive(data, "logs.zip")) == 2


def test_step_files_alone_are_enough() -> None:
    data = archive({"build/2_Run tests.txt": f"{STAMP}b\n", "build/1_Set up job.txt": f"{STAMP}a\n"})
    assert [line.text for line in read_archive(data, "x").lines(0, 9)] == ["a", "b"]


@pytest.mark.parametrize("cut", [10, 60, -30])
def test_a_truncated_archive_is_said(cut: int) -> None:
    with pytest.raises(InputError) as caught:
        read_archive(archive({"0_build.txt": "x\n" * 1000})[:cut], "logs.zip")
    assert caught.value.code == "broken-zip"


def test_a_zip_bomb_is_refused_without_unpacking() -> None:
    with pytest.raises(InputError) as caught:
        read_archive(archive({"0_build.txt": b"\0" * (50 << 20)}), "logs.zip")
    assert caught.value.code == "zip-bomb"


def test_an_archive_of_something_else_is_said() -> None:
    with pytest.raises(InputError) as caught:
        read_archive(archive({"readme.md": "hello", "../../etc/passwd": "no"}), "logs.zip")
    assert caught.value.code == "no-logs"


def test_a_header_that_lies_about_its_size_is_refused() -> None:
    data = bytearray(archive({"0_build.txt": "x\n" * 4000}, zipfile.ZIP_STORED))
    for at in (data.find(b"PK\x03\x04") + 22, data.find(b"PK\x01\x02") + 24):
        data[at : at + 4] = (100).to_bytes(4, "little")
    with pytest.raises(InputError):
        read_archive(bytes(data), "logs.zip")
