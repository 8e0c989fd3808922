"""For each family of tools the failures that hit people most: the named rule decides, with the named line as proof.

`families/<family>.yml` holds at least five failures of one family: `what` went wrong, the `rule` that has to win over
the whole catalogue, the first line of `evidence`, and a `log` of a few lines in the tool's own form.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from coo.adapters.rule_files import load_catalog
from coo.adapters.strict_yaml import load_yaml
from coo.core.classify import classify
from coo.core.engine import Engine
from coo.core.logs import read_log
from coo.core.redact import redact

FOLDER = Path(__file__).with_name("families")
LEAST = 5
REQUIRED = set(
    """
git actions-runner actions-cache actions-artifact actions-checkout actions-setup actions-oidc actions-permissions
actions-concurrency workflow-syntax github-api
pip uv poetry conda python-build npm yarn-classic yarn-berry pnpm bun maven gradle go cargo rustc nuget dotnet bundler
rubygems composer cocoapods xcode swiftpm apt apk dnf homebrew
docker-build docker-push docker-compose container-registries kubernetes helm terraform opentofu pulumi cloudformation
cdk aws gcp azure
python-tests javascript-tests playwright cypress java-tests kotlin-tests go-tests rust-tests ruby-tests php-tests
dotnet-tests cpp-tests elixir-tests swift-tests android
python-linters javascript-linters jvm-linters go-linters rust-linters ruby-linters php-linters dotnet-linters
cpp-linters elixir-linters swift-linters
docs-builders coverage-gates size-and-performance-gates
semantic-release changesets goreleaser twine npm-publish
trivy grype snyk npm-audit yarn-audit pnpm-audit pip-audit safety bandit semgrep codeql gitleaks trufflehog
dependency-review cargo-audit cargo-deny govulncheck osv-scanner checkov tfsec hadolint zizmor
owasp-dependency-check sonarqube-gate
runner-loss cancellation timeouts disk memory network dns tls server-errors service-containers quotas-and-billing
""".split()  # noqa: SIM905
)


@cache
def engine() -> Engine:
    return Engine(load_catalog())


def read(path: Path) -> dict[str, Any]:
    """One family's file."""
    document, problems = load_yaml(path.read_text(encoding="utf-8"), path.name)
    assert problems == []
    assert document is not None
    data: dict[str, Any] = document.data
    assert set(data) == {"family", "failures"}
    return data


FILES = sorted(FOLDER.glob("*.yml"))
FAILURES = [(path.stem, failure) for path in FILES for failure in read(path)["failures"]]


def test_no_family_is_missing() -> None:
    assert sorted(REQUIRED - {path.stem for path in FILES}) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_family_has_five_different_failures(path: Path) -> None:
    data = read(path)
    assert data["family"] == path.stem
    assert len({failure["what"] for failure in data["failures"]}) == len(data["failures"]) >= LEAST
    assert len({failure["log"] for failure in data["failures"]}) == len(data["failures"])


@pytest.mark.parametrize("failure", [pytest.param(f, id=f"{family}: {f['what']}") for family, f in FAILURES])
def test_the_rule_of_a_failure_wins(failure: dict[str, str]) -> None:
    assert set(failure) == {"what", "rule", "evidence", "log"}
    log = read_log(failure["log"].encode(), "family.log")
    verdict, _ = classify(engine(), log, (), redact)
    assert verdict.rule_id == failure["rule"]
    assert verdict.evidence[0].text.strip() == redact(failure["evidence"].strip())
