"""Examples in the documents load, and tables of fields say what the schemas and the code say."""

from __future__ import annotations

import runpy
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from coo.actions.guards import GITHUB_GUARDS, MINIMUM, RUN_GUARDS
from coo.actions.remedies import SPECS
from coo.adapters.playbook_file import check_playbook
from coo.adapters.resources import schema
from coo.adapters.rule_files import load_catalog
from coo.adapters.settings import _ENVIRONMENT, SECRET, Settings, load_settings
from coo.adapters.strict_yaml import load_yaml
from coo.core.playbook import Action, When
from coo.core.rule_test import failed_examples
from tests.docs.pages import ROOT, Block, blocks, code_spans, first_column, name_of, tables

DOCS = ROOT / "docs"
OFFERED = schema("playbook")["$defs"]["play"]["properties"]["do"]["enum"]
YAML = [block for block in blocks() if block.language in ("yaml", "yml")]
NAMED = [block for block in YAML if block.said and block.said[0] == "file"]
OTHERS = ("docs/action.md", "docs/cli.md")
"""Pages whose YAML is workflows; tests/action checks those."""


def saved(block: Block, folder: Path) -> Path:
    assert block.said is not None
    path = folder / block.said[1]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")
    return path


def is_rule(path: Path) -> bool:
    return path.parent.parent.name == "rules"


@pytest.mark.parametrize("block", NAMED, ids=lambda block: block.said[1].replace("/", "--"))
def test_examples_load(block: Block, tmp_path: Path) -> None:
    path = saved(block, tmp_path)
    if is_rule(path):
        rule = load_catalog([path.parent.parent]).by_id[path.stem]
        assert failed_examples(rule) == []
    elif path.parent.name == "playbooks":
        playbook, problems = check_playbook(path)
        assert problems == []
        assert playbook is not None and playbook.id == path.stem
    else:
        assert path.name == "coo.yml"
        assert path in [Path(source) for source in load_settings(path, {}, {}).sources.values()]


def test_every_kind_of_file_has_an_example() -> None:
    kinds = {block.said[1].split("/")[0] for block in NAMED if block.said}
    assert kinds == {"rules", "playbooks", ".github"}


def test_no_yaml_goes_unchecked() -> None:
    unnamed = [block for block in YAML if block not in NAMED and name_of(block.page) not in OTHERS]
    assert [block.name for block in unnamed if block.page.name != "README.md"] == []
    (step,) = unnamed
    document, problems = load_yaml(step.text, step.name)
    action, _ = load_yaml((ROOT / "action.yml").read_text(encoding="utf-8"), "action.yml")
    assert problems == [] and document is not None and action is not None
    assert set(document.data[0]["with"]) <= set(action.data["inputs"])


def test_the_fields_of_a_rule_are_all_told() -> None:
    rule = schema("rule")["properties"]
    inner = [f"{name}.{key}" for name in ("match", "examples") for key in rule[name]["properties"]]
    told = first_column(DOCS / "rule-format.md", "field")
    assert sorted(told) == sorted([*rule, *inner])


def test_optional_fields_of_a_rule_are_those_that_the_schema_does_not_ask_for() -> None:
    rule = schema("rule")
    rows = [row for table in tables(DOCS / "rule-format.md") if table[0][0] == "field" for row in table[1:]]
    optional = {row[0].strip("`") for row in rows if row[1].startswith("optional")}
    assert optional == set(rule["properties"]) - set(rule["required"]) - {"replaced_by"}


def test_the_worked_rule_uses_every_field_that_a_new_rule_may_have() -> None:
    (block,) = [block for block in NAMED if block.page.name == "rule-format.md"]
    document, _ = load_yaml(block.text, block.name)
    assert document is not None
    assert list(document.data) == [name for name in schema("rule")["properties"] if name != "replaced_by"]


def test_the_fields_of_a_playbook_are_all_told() -> None:
    whole = schema("playbook")
    play = whole["$defs"]["play"]["properties"]
    owners = next(iter(whole["properties"]["owners"]["patternProperties"].values()))["properties"]
    inner = [f"limits.{name}" for name in whole["properties"]["limits"]["properties"]]
    inner += [f"owners.<OWNER>.{name}" for name in owners]
    outer = [name for name in whole["properties"] if name not in ("limits", "owners")]
    told = first_column(DOCS / "playbooks.md", "field")
    assert sorted(told) == sorted([*outer, *inner, *play])


def test_the_conditions_of_a_play_are_all_told() -> None:
    told = [name.strip(" `") for cell in first_column(DOCS / "playbooks.md", "condition") for name in cell.split(",")]
    assert sorted(told) == sorted(schema("playbook")["$defs"]["when"]["properties"])
    assert sorted(told) == sorted(field.name for field in fields(When))


def test_the_actions_are_all_told() -> None:
    assert first_column(DOCS / "playbooks.md", "action") == OFFERED


def test_the_guards_are_told_with_what_needs_them() -> None:
    (table,) = [table for table in tables(DOCS / "playbooks.md") if table[0][0] == "guard"]
    told = {row[0].strip("`"): row[2] == "yes" for row in table[1:]}
    assert told == {name: name in GITHUB_GUARDS for name in (*RUN_GUARDS, *GITHUB_GUARDS)}
    assert {name for needed in MINIMUM.values() for name in needed} <= set(told)


def test_the_pages_of_actions_are_what_the_actions_say() -> None:
    """After a change to an action: `python docs/generate_actions.py`."""
    pages = runpy.run_path(str(DOCS / "generate_actions.py"))["pages"]()
    assert {path.name: path.read_text() for path in (DOCS / "actions").glob("*.md")} == pages
    assert set(SPECS) == set(MINIMUM) == {Action(name) for name in OFFERED if Action(name).remedies}


def test_the_settings_are_told_with_their_defaults_and_variables() -> None:
    first, second = tables(DOCS / "configuration.md")
    told = {row[0].strip("`"): (row[1].strip("`"), row[2].strip("`")) for row in first[1:]}
    default = Settings()

    def shown(value: Any) -> str:
        return "" if value in (None, ()) else str(value)

    assert told == {
        name: (shown(getattr(default, name.replace("-", "_"))), _ENVIRONMENT.get(name.replace("-", "_"), ""))
        for name in schema("config")["properties"]
    }
    only = {row[0].strip("`"): row[1].strip("`") for row in second[1:]}
    names = {field.name.replace("_", "-") for field in fields(Settings)} - {"sources"}
    assert set(told) | set(only) == names
    assert only == {name: _ENVIRONMENT[name.replace("-", "_")] for name in names - set(told)}
    assert {name.replace("_", "-") for name in SECRET} <= set(only)


def test_the_categories_are_all_told() -> None:
    categories = schema("rule")["properties"]["category"]["enum"]
    assert set(categories) <= code_spans(DOCS / "how-a-verdict-is-made.md")
    assert set(categories) <= code_spans(DOCS / "rule-format.md")
