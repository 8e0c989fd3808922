"""Every kind of report of every kind of triage, as a person gets it."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from coo.report.github import classify_annotations, triage_annotations
from coo.report.listing import classify_text
from coo.report.listing_markdown import classify_markdown
from coo.report.markdown import triage_markdown
from coo.report.text import triage_text
from tests.report.samples import EXAMPLE, LOGS, NOW, TRIAGES


@pytest.mark.parametrize("name", TRIAGES)
def test_triage_in_a_terminal(name: str, snapshot: SnapshotAssertion) -> None:
    assert triage_text(TRIAGES[name], now=NOW) == snapshot


@pytest.mark.parametrize("name", TRIAGES)
def test_triage_in_markdown(name: str, snapshot: SnapshotAssertion) -> None:
    assert triage_markdown(TRIAGES[name], now=NOW) == snapshot


@pytest.mark.parametrize("name", TRIAGES)
def test_triage_as_annotations(name: str, snapshot: SnapshotAssertion) -> None:
    assert triage_annotations(TRIAGES[name]) == snapshot


@pytest.mark.parametrize("width", [60, 120])
def test_triage_in_other_widths(width: int, snapshot: SnapshotAssertion) -> None:
    assert triage_text(TRIAGES["refused"], now=NOW, width=width) == snapshot


def test_triage_in_colour(snapshot: SnapshotAssertion) -> None:
    assert triage_text(EXAMPLE, now=NOW, colour=True).replace("\x1b", "<ESC>") == snapshot


def test_triage_in_ascii(snapshot: SnapshotAssertion) -> None:
    assert triage_text(TRIAGES["refused"], now=NOW, unicode=False) == snapshot


def test_logs_in_a_terminal(snapshot: SnapshotAssertion) -> None:
    assert classify_text(LOGS) == snapshot


def test_one_log_in_a_terminal(snapshot: SnapshotAssertion) -> None:
    assert classify_text(LOGS[:1]) == snapshot


def test_logs_explained(snapshot: SnapshotAssertion) -> None:
    assert classify_text(LOGS, explain=True) == snapshot


def test_logs_in_markdown(snapshot: SnapshotAssertion) -> None:
    assert classify_markdown(LOGS) == snapshot


def test_logs_as_annotations(snapshot: SnapshotAssertion) -> None:
    assert classify_annotations(LOGS) == snapshot
