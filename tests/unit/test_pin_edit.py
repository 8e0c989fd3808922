"""One line of a file, changed to pin a package, or left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coo.core.pin_edit import Refused, form_of, pinned
from coo.core.pins import Manager, Package

PIP = Package(Manager.PIP, "acme-core", "1.2")
NPM = Package(Manager.NPM, "@acme/ui", "1.2.3")
CARGO = Package(Manager.CARGO, "acme", "v1.2.3")


def edit(path: str, text: str, package: Package) -> str | None:
    """The new text, or None when it was refused."""
    out = pinned(path, text.encode(), package)
    return None if isinstance(out, Refused) else out.decode()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("acme-core", "acme-core==1.2"),
        ("Acme_Core>=1,<2", "Acme_Core==1.2"),
        ("acme.core ~= 1.0", "acme.core==1.2"),
        ("acme-core[fast,x]==1.3 ; python_version < '3.12'", "acme-core[fast,x]==1.2 ; python_version < '3.12'"),
        ("acme-core==1.3  # the core", "acme-core==1.2  # the core"),
        ("acme-core==1.3 \\", None),
        ("acme-core @ https://registry.example/acme.whl", None),
        ("acme-core-extra==1.0", None),
        ("my-acme-core==1.0", None),
        ("# acme-core was here", None),
        ("--extra-index-url=x acme-core", None),
    ],
)
def test_requirements(line: str, wanted: str | None) -> None:
    out = edit("requirements.txt", f"other==1.0\r\n{line}\r\nlast\r\n", PIP)
    assert out == (f"other==1.0\r\n{wanted}\r\nlast\r\n" if wanted else None)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('"@acme/ui": "^2.0.0"', '"@acme/ui": "1.2.3"'),
        ('"@acme/ui":">=1 <3 || 4.x"', '"@acme/ui":"1.2.3"'),
        ('"@acme/ui": "2.0.0 || 3.0.0"', '"@acme/ui": "1.2.3"'),
        ('"@acme/ui": "*"', '"@acme/ui": "1.2.3"'),
        ('"@acme/ui": "workspace:*"', None),
        ('"@acme/ui": "git+https://git.example/x"', None),
        ('"@acme/ui": "file:../ui"', None),
        ('"ui": "^2.0.0"', None),
    ],
)
def test_package_json(line: str, wanted: str | None) -> None:
    whole = '{{\n  "dependencies": {{\n    {line},\n    "b": "1.0.0"\n  }}\n}}\n'
    assert edit("web/package.json", whole.format(line=line), NPM) == (wanted and whole.format(line=wanted))


@pytest.mark.parametrize("line", ['"scripts": {\n"test": "jest"\n}', '"test": "1.0.0"'])
def test_what_is_no_dependency_is_not_changed(line: str) -> None:
    assert edit("package.json", f"{{\n{line}\n}}", Package(Manager.NPM, "test", "1.2.3")) is None


def test_a_crate_called_version() -> None:
    whole = '[package]\nversion = "1.0.0"\n'
    assert edit("Cargo.toml", whole, Package(Manager.CARGO, "version", "v3.0.0")) is None


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('acme = "1.3"', 'acme = "=1.2.3"'),
        (
            'acme = { version = "^1.3", features = ["x"] }  # why',
            'acme = { version = "=1.2.3", features = ["x"] }  # why',
        ),
        ('acme = { path = "../acme" }', None),
        ('acme = { git = "https://git.example/acme" }', None),
        ("acme.workspace = true", None),
        ('acme-extra = "1.0"', None),
    ],
)
def test_cargo_toml(line: str, wanted: str | None) -> None:
    out = edit("Cargo.toml", f"[dependencies]\n{line}\n", CARGO)
    assert out == (f"[dependencies]\n{wanted}\n" if wanted else None)


@pytest.mark.parametrize(
    "package",
    [
        Package(Manager.PIP, "acme-core", "1.2+evil"),
        Package(Manager.PIP, "acme-core", "1.2 --index-url=https://evil.example"),
        Package(Manager.PIP, "acme-core", "1.2\nevil"),
        Package(Manager.PIP, "acme-core", "latest"),
        Package(Manager.PIP, "acme-core", "1!2.0"),
        Package(Manager.NPM, "acme-core", "1.2.3"),
        Package(Manager.PIP, "acme.*", "1.2"),
        Package(Manager.PIP, "acme core", "1.2"),
    ],
)
def test_what_is_not_of_the_plain_form_is_never_written(package: Package) -> None:
    assert edit("requirements.txt", "acme-core==1.3\n", package) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_a_log_says_only_a_version_takes_the_place_of_a_version(name: str, version: str) -> None:
    before = "acme-core==1.3\nother==1.0\n"
    for chosen in (name, "acme-core"):
        out = edit("requirements.txt", before, Package(Manager.PIP, chosen, version))
        if out is not None:
            assert set(version) <= set("0123456789.abcdeoprstv")
            assert out in (f"acme-core=={version}\nother==1.0\n", f"acme-core==1.3\nother=={version}\n")


def test_files_that_cannot_be_read_are_left_alone() -> None:
    assert isinstance(pinned("requirements.txt", b"acme-core==1.3 # \xff\n", PIP), Refused)
    assert edit("package.json", '{"@acme/ui": "1.0.0",}', NPM) is None
    assert edit("Cargo.toml", 'acme = "1.0"\nacme = "2.0"\n', CARGO) is None
    assert edit("setup.py", "acme-core", PIP) is None


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("requirements.txt", "requirements.txt"),
        ("api/requirements-dev.txt", "requirements.txt"),
        ("dev-requirements.txt", "requirements.txt"),
        ("constraints.txt", "requirements.txt"),
        ("web/package.json", "package.json"),
        ("Cargo.toml", "Cargo.toml"),
        ("notes.txt", None),
        (".github/workflows/ci.yml", None),
        ("package.json.bak", None),
    ],
)
def test_the_kinds_of_files(path: str, form: str | None) -> None:
    assert form_of(path) == form
