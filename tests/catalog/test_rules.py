"""The bundled catalogue: valid, and every rule true to its own examples."""

from __future__ import annotations

from collections import Counter

import pytest

from coo.adapters.rule_files import load_catalog
from coo.core.catalog import Rule
from coo.core.engine import Engine
from coo.core.existence import EVERYTHING, existence
from coo.core.model import Category
from coo.core.redact import redact
from coo.core.rule_test import failed_examples

CATALOG = load_catalog(check=True)


def test_there_are_rules_for_every_category() -> None:
    counts = Counter(rule.category for rule in CATALOG.rules)
    assert set(counts) == set(Category) - {Category.UNKNOWN}
    assert sum(counts.values()) >= 300
    assert min(counts.values()) >= 20


@pytest.mark.parametrize("rule", CATALOG.rules, ids=lambda rule: rule.id)
def test_examples(rule: Rule) -> None:
    assert failed_examples(rule) == []


@pytest.mark.parametrize("rule", [rule for rule in CATALOG.rules if rule.captures], ids=lambda rule: rule.id)
def test_a_summary_does_not_look_like_a_secret(rule: Rule) -> None:
    summary = f"{rule.title}: @acme/stock-keeper-2"
    assert redact(summary) == summary


def test_every_pattern_can_be_scanned_in_one_pass() -> None:
    anchors = {p for rule in CATALOG.rules for p in (*rule.match.any, *rule.match.all)}
    assert [pattern for pattern in sorted(anchors) if existence(pattern) == EVERYTHING] == []


def test_the_catalogue_fits_one_engine() -> None:
    assert len(Engine(CATALOG).catalog.rules) == len(CATALOG.rules)
