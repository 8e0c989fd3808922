"""What a log says was installed, and what an issue says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coo.core.classify import unknown
from coo.core.model import Classification, Evidence
from coo.core.pin_advice import Green, advice, changes, news, pin_lines, suspects
from coo.core.pins import MAX_PACKAGES, MAX_VERSIONS, Installed, Manager, Package, installed

DIGEST = "sha256:" + "ab" * 32
GREEN = Green("[run 7](<https://github.com/acme/shop/actions/runs/7>)", False)


def read(text: str) -> list[tuple[str, str, str]]:
    return [(str(one.manager), one.name, one.version) for one in installed(text.split("\n")).packages()]


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("Using cached acme_core-1.2-py3-none-any.whl (20 kB)", ("pip", "acme-core", "1.2")),
        ("  Downloading acme-2.0.1-cp312-cp312-manylinux_2_17_x86_64.whl.metadata (4 kB)", ("pip", "acme", "2.0.1")),
        (
            "Requirement already satisfied: acme[x]>=1 in /opt/py/lib (from -r r.txt (line 1)) (1.2)",
            ("pip", "acme", "1.2"),
        ),
        ("Requirement already satisfied: acme in /opt/py/lib (1.2)", ("pip", "acme", "1.2")),
        (" + acme-core==1.2", ("uv", "acme-core", "1.2")),
        (" ~ acme==1.2 (from file:///x)", None),
        (" - acme==1.1", None),
        ("  - Installing acme (1.2)", ("poetry", "acme", "1.2")),
        ("  • Installing acme (1.2): Installing...", ("poetry", "acme", "1.2")),
        ("added @acme/ui@1.2.3", ("npm", "@acme/ui", "1.2.3")),
        ("add acme 1.2.3", ("npm", "acme", "1.2.3")),
        ("├── acme@18.2.0", ("npm", "acme", "18.2.0")),
        ("added 3 packages, and audited 4 packages in 2s", None),
        ("+ acme 18.2.0", ("pnpm", "acme", "18.2.0")),
        ("+ @acme/ui 1.0.0 (2.0.0 is available)", ("pnpm", "@acme/ui", "1.0.0")),
        ("└─ acme@1.3.0", ("yarn", "acme", "1.3.0")),
        ("➤ YN0013: │ acme@npm:1.3.0 can't be found in the cache and will be fetched", ("yarn", "acme", "1.3.0")),
        ("   Compiling acme v1.0.219", ("cargo", "acme", "v1.0.219")),
        ("   Compiling shop v0.1.0 (/home/runner/work/shop)", None),
        ("  Downloaded acme v1.0.1", ("cargo", "acme", "v1.0.1")),
        ("go: downloading go.example/acme/v5 v5.3.1", ("go", "go.example/acme/v5", "v5.3.1")),
        ("  - Installing acme/core (1.2.0): Extracting archive", ("composer", "acme/core", "1.2.0")),
        (
            "Downloading from central: https://registry.example/maven2/org/acme/core/1.2/core-1.2.jar",
            ("maven", "org.acme:core", "1.2"),
        ),
        ("Download https://registry.example/m2/org/acme/core/1.2/core-1.2.pom", ("maven", "org.acme:core", "1.2")),
        ("Downloading from central: https://registry.example/maven2/org/acme/core/1.2/other-1.2.jar", None),
        ("Setting up libacme1:amd64 (1:2.1-5+b1) ...", ("apt", "libacme1", "1:2.1-5+b1")),
        ("#8 2.006    Compiling acme v1.0.0", ("cargo", "acme", "v1.0.0")),
        ("Using CPython 3.12.1", None),
        ("the words Setting up acme (1.2) inside of a line", None),
        ("+ `rm -rf /` 1.2.3", None),
        ("added acme@1.2.3`; echo", None),
        ("Setting up <b>acme</b> (1.2)", None),
    ],
)
def test_one_line(line: str, package: tuple[str, str, str] | None) -> None:
    assert read(line) == ([package] if package else [])


def test_several_lines() -> None:
    assert read("Successfully installed acme-core-1.2 Tidy_Up-2.0.dev3 oddity") == [
        ("pip", "acme-core", "1.2"),
        ("pip", "tidy-up", "2.0.dev3"),
    ]
    gems = "Fetching gem metadata from https://registry.example/....\nUsing rake 13.0.6\nInstalling acme 7.1.0"
    assert read(gems) == [("bundler", "rake", "13.0.6"), ("bundler", "acme", "7.1.0")]
    assert read("Resolving dependencies in shop...\n+ acme_core 1.2.0\nGot dependencies!") == [
        ("pub", "acme_core", "1.2.0")
    ]
    pulled = f"latest: Pulling from acme/base\nDigest: {DIGEST}\nStatus: Downloaded newer image for acme/base:latest"
    assert read(pulled) == [("docker", "acme/base:latest", DIGEST)]
    assert read("Status: Image is up to date for acme/base:latest") == []


def test_what_pip_took_counts_before_what_it_looked_at() -> None:
    looked = "Downloading acme-2.0-py3-none-any.whl.metadata (1 kB)\nDownloading acme-1.9-py3-none-any.whl (1 kB)"
    assert read(looked) == [("pip", "acme", "2.0"), ("pip", "acme", "1.9")]
    assert read(f"{looked}\nSuccessfully installed acme-1.9") == [("pip", "acme", "1.9")]


def test_what_is_read_is_bounded() -> None:
    many = installed(f"+ p{number} 1.0.0" for number in range(MAX_PACKAGES * 2))
    assert len(many) <= MAX_PACKAGES and many.cut
    one = installed(f"+ acme {number}.0.0" for number in range(50))
    assert one.versions[Manager.PNPM, "acme"] == ("46.0.0", "47.0.0", "48.0.0", "49.0.0")
    assert len(one.versions[Manager.PNPM, "acme"]) == MAX_VERSIONS


@pytest.mark.parametrize(
    "line",
    [
        "Successfully installed " + "a-" * 100_000,
        "Using cached " + "a-1" * 50_000,
        "Requirement already satisfied: a in b (from " + "(" * 100_000,
        "Downloading https://" + "a/" * 100_000,
        "go: downloading " + "a/" * 100_000,
        "+ " + "@" * 100_000,
    ],
)
def test_a_line_made_to_take_long_gives_nothing(line: str) -> None:
    assert not installed([line] * 200)


@given(st.text(max_size=300))
def test_whatever_is_read_has_plain_characters(text: str) -> None:
    starts = ("+ ", "added ", "Setting up ", "Successfully installed ", "go: downloading ", "- Installing ")
    for package in installed([start + text for start in starts]).packages():
        assert all(
            char.isascii() and (char.isalnum() or char in "@/._-+!~:") for char in package.name + package.version
        )


def verdict(line: str = "", **captures: str) -> Classification:
    return replace(unknown(()), captures=captures, evidence=(Evidence(1, line),))


WORKED = installed(
    [
        "Successfully installed acme-core-1.2 other-3.0",
        "+ @acme/ui 1.0.0",
        f"Digest: {DIGEST}",
        "Status: Downloaded newer image for acme/base:latest",
        "go: downloading go.example/acme v1.2.3",
    ]
)


@pytest.mark.parametrize(
    ("failure", "name"),
    [
        (verdict(package="Acme_Core"), "acme-core"),
        (verdict(requirement="acme-core==1.3"), "acme-core"),
        (verdict(requirement="acme_core>=1.3"), "acme-core"),
        (verdict(package="@acme/ui@^2.0.0"), "@acme/ui"),
        (verdict("Hash mismatch for `acme-core==1.3`"), "acme-core"),
        (verdict("    acme_core-1.3.tar.gz has another hash"), "acme-core"),
        (verdict(image="acme/base"), "acme/base:latest"),
        (verdict(module="go.example/acme@v1.2.4"), "go.example/acme"),
    ],
)
def test_the_package_that_broke_is_one_of_the_green_log(failure: Classification, name: str) -> None:
    assert [one.name for one in suspects(failure, WORKED)] == [name]


@pytest.mark.parametrize(
    "failure",
    [
        verdict("other people say that no version of it is there"),
        verdict(package="evil"),
        verdict(url="acme-core"),
        verdict(),
    ],
)
def test_a_name_that_the_green_log_has_not_is_nobodys(failure: Classification) -> None:
    assert suspects(failure, WORKED) == ()


def test_what_differs_between_two_logs() -> None:
    failed = installed(["Successfully installed acme-core-1.3 other-3.0 extra-1.0", "+ alone 1.0.0 "])
    green = installed(["Successfully installed acme-core-1.2 other-3.0 gone-1.0"])
    assert [(one.name, one.before, one.after) for one in changes(green, failed)] == [("acme-core", ("1.2",), ("1.3",))]
    assert [one.name for one in news(green, failed)] == ["extra"]  # `alone` is of a tool that the green log has not


@pytest.mark.parametrize("manager", list(Manager))
def test_every_manager_has_a_line_to_pin(manager: Manager) -> None:
    lines = pin_lines(Package(manager, "acme:core" if manager is Manager.MAVEN else "acme", "1.2.3"))
    assert lines and all("1.2.3" in line and "acme" in line for _, line in lines)


def test_the_section() -> None:
    failed = installed(["Successfully installed acme-core-1.3 other-3.0"])
    told = advice(verdict(package="acme-core"), GREEN, WORKED, failed)
    assert "`acme-core` (pip) worked at **`1.2`**. The failed run names `1.3`." in told
    assert "acme-core==1.2" in told
    assert "pip  acme-core  1.2 -> 1.3" in told
    assert "same commit" not in told
    assert "same commit" in advice(verdict(), Green("it", True), WORKED, failed)
    assert "names no package that this log also names" in advice(verdict(), GREEN, WORKED, failed)
    assert "does not say which versions" in advice(verdict(), GREEN, Installed(), failed)


def test_a_secret_that_looks_like_a_package_is_hidden() -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"
    green = installed([f"+ {token} 1.0.0"])
    told = advice(verdict(package=token), GREEN, green, installed([f"+ {token} 2.0.0"]))
    assert token not in told and "[redacted:" in told
