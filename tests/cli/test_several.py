"""Several logs at once: each has its object, in the order given, whatever happens to the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cli.conftest import NPM, ROOT, Coo

SCHEMA = json.loads((ROOT / "coo/schemas/classification-v1.schema.json").read_text())
ORDER = ["z.log", "missing.log", "a.log", "empty.log", "unknown.log"]


@pytest.fixture(autouse=True)
def logs(world: Path) -> None:
    for name in ("z.log", "a.log"):
        (world / name).write_bytes(NPM)
    (world / "empty.log").write_bytes(b"")
    (world / "unknown.log").write_bytes(b"the frobnicator is not amused\n")


def valid(objects: list[Any]) -> list[Any]:
    for each in objects:
        Draft202012Validator(SCHEMA).validate(each)
    return objects


def test_one_object_a_line_in_the_order_given(coo: Coo) -> None:
    done = coo("classify", *ORDER, "--format", "jsonl").harmless()
    assert done.code == 2
    told = valid([json.loads(line) for line in done.out.splitlines()])
    assert [one["log"] for one in told] == ORDER
    assert [one.get("error", {}).get("code") for one in told] == [None, "no-such-file", None, "empty-log", None]
    assert [one["classification"]["rule_id"] for one in told if "classification" in one] == [
        "npm-eresolve", "npm-eresolve", None,
    ]  # fmt: skip
    assert done.err.count("error[") == 2
    assert done.err.count("  help: ") == 2


def test_json_is_an_array_of_the_same_objects(coo: Coo) -> None:
    lines = coo("classify", *ORDER, "--format", "jsonl")
    array = coo("classify", *ORDER, "--format", "json")
    assert array.code == 2
    assert valid(json.loads(array.out)) == [json.loads(line) for line in lines.out.splitlines()]


@pytest.mark.parametrize("format", ["text", "markdown", "sarif", "github"])
def test_every_format_tells_of_all_of_them(coo: Coo, format: str) -> None:
    done = coo("classify", *ORDER, "--format", format).harmless()
    assert done.code == 2
    assert "missing.log" in done.err and "empty.log" in done.err
    assert done.out.index("z.log") < done.out.index("a.log")
    if format == "text":
        assert "2 not readable" in done.out


def test_the_same_log_twice_is_two_objects(coo: Coo) -> None:
    told = json.loads(coo("classify", "a.log", "a.log", "--format", "json").out)
    assert [one["log"] for one in told] == ["a.log", "a.log"]


def test_nothing_readable_is_still_an_array(coo: Coo) -> None:
    done = coo("classify", "missing.log", "--format", "json").refused(2, "no-such-file")
    assert [one["error"]["code"] for one in valid(json.loads(done.out))] == ["no-such-file"]


def test_require_match(coo: Coo) -> None:
    assert coo("classify", "a.log", "unknown.log").code == 0
    assert coo("classify", "a.log", "--require-match").code == 0
    assert coo("classify", "a.log", "unknown.log", "--require-match").code == 1
    assert coo("classify", "unknown.log", "missing.log", "--require-match").code == 2, "the graver code wins"
