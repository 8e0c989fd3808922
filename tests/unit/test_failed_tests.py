"""The names of failed tests, and the fingerprints that they tell apart."""

from __future__ import annotations

import pytest

from coo.core.classify import classify
from coo.core.failed_tests import MAX_NAMES, failed_tests, stable
from coo.core.fingerprint import fingerprint
from coo.core.logs import read_log
from tests.e2e.world import engine

RUNNERS = {
    "pytest": ("FAILED tests/test_cart.py::test_total - assert 3 == 4", "tests/test_cart.py::test_total"),
    "pytest, with spaces": ("FAILED tests/test_cart.py::test_total[a b] - x", "tests/test_cart.py::test_total[a b]"),
    "pytest, verbose": ("tests/test_cart.py::test_total FAILED      [ 40%]", "tests/test_cart.py::test_total"),
    "pytest, a module": ("ERROR tests/test_cart.py - ImportError: total", "tests/test_cart.py"),
    "pytest, in a build": ("#12 34.56 FAILED tests/test_cart.py::test_total - x", "tests/test_cart.py::test_total"),
    "pytest-xdist": ("[gw1] [ 40%] FAILED tests/test_cart.py::test_total", "tests/test_cart.py::test_total"),
    "pytest-sugar": ("           - tests/test_cart.py:12 test_total", "tests/test_cart.py test_total"),
    "unittest": ("FAIL: test_total (tests.test_cart.CartTests.test_total)", None),
    "go": ("--- FAIL: TestTotal (0.00s)", "TestTotal"),
    "go, inner": ("    --- FAIL: TestTotal/empty (0.01s)", "TestTotal/empty"),
    "cargo": ("test cart::tests::total ... FAILED", "cart::tests::total"),
    "nextest": ("        FAIL [   0.003s] (1/3) shop cart::tests::total", "shop cart::tests::total"),
    "jest": ("  ● cart › adds up", "cart › adds up"),
    "vitest": (" FAIL  src/cart.test.ts > cart > adds up 12ms", "src/cart.test.ts > cart > adds up"),
    "playwright": ("  1) [chromium] › a.spec.ts:3:1 › shows cart ────", "[chromium] › a.spec.ts › shows cart"),
    "node": ("✖ adds up (1.25ms)", "adds up"),
    "rspec": ("rspec ./spec/cart_spec.rb:12 # Cart adds up", "./spec/cart_spec.rb Cart adds up"),
    "minitest": ("CartTest#test_total [test/cart_test.rb:5]:", "CartTest#test_total"),
    "maven": ("[ERROR] a.CartTest.total -- Time elapsed: 0.012 s <<< FAILURE!", "a.CartTest.total"),
    "gradle": ("CartTest > total() FAILED", "CartTest > total()"),
    "dotnet": ("  Failed Shop.Tests.Total [12 ms]", "Shop.Tests.Total"),
    "gtest": ("[  FAILED  ] Cart.Total (0 ms)", "Cart.Total"),
    "ctest": ("\t  3 - cart_total (Failed)", "cart_total"),
    "xctest": ("Test Case '-[ShopTests.CartTests testTotal]' failed (0.003 seconds).", "ShopTests.CartTests testTotal"),
    "dart": ("00:01 +3 -1: test/cart_test.dart: adds up [E]", "test/cart_test.dart: adds up"),
    "mocha": ("  1) cart", "cart"),
}


def names(text: str) -> tuple[str, ...]:
    log = read_log(text.encode(), "log")
    return failed_tests(log, log.sections)


@pytest.mark.parametrize(("line", "name"), RUNNERS.values(), ids=RUNNERS)
def test_a_runner_names_its_failed_test(line: str, name: str | None) -> None:
    assert names(f"before\n{line}\nafter\n") == (name or line.removeprefix("FAIL: "),)


@pytest.mark.parametrize(
    "line",
    [
        "tests/test_cart.py::test_total PASSED    [ 40%]",
        "--- PASS: TestTotal (0.00s)",
        "test cart::tests::total ... ok",
        "> Task :test FAILED",
        "[  FAILED  ] 2 tests, listed below:",
        "[ERROR] Tests run: 3, Failures: 1, Skipped: 0, Time elapsed: 0.05 s <<< FAILURE! -- in a.CartTest",
        "1) Failure:",
        "ERROR    shop.cart:cart.py:12 total is negative",
    ],
)
def test_what_names_no_failed_test(line: str) -> None:
    assert names(f"{line}\n") == ()


def test_the_first_family_that_names_a_test_is_the_runner() -> None:
    text = "  1) a list that the test printed\nFAILED tests/test_cart.py::test_total - x\n"
    assert names(text) == ("tests/test_cart.py::test_total",)


def test_names_are_sorted_and_told_once() -> None:
    assert names("--- FAIL: TestB (0.00s)\n--- FAIL: TestA (0.00s)\n--- FAIL: TestB (0.00s)\n") == ("TestA", "TestB")


def test_very_many_failed_tests_are_one_failure() -> None:
    assert len(names("".join(f"--- FAIL: Test{i} (0.00s)\n" for i in range(MAX_NAMES)))) == MAX_NAMES
    assert names("".join(f"--- FAIL: Test{i} (0.00s)\n" for i in range(MAX_NAMES + 1))) == ()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("test_total_2", "test_total_2"),
        ("t.py::test_a[0x7f3b2c001d90]", "t.py::test_a[<address>]"),
        ("t.py::test_a[2026-11-02T10:00:00Z]", "t.py::test_a[<time>]"),
        ("t.py::test_a[6f1c2d3e-0000-4000-8000-00aa11bb22cc]", "t.py::test_a[<uuid>]"),
        ("/home/runner/work/shop/tests/t.py::test_a", "/t.py::test_a"),
    ],
)
def test_what_varies_from_run_to_run_is_no_part_of_a_name(name: str, kept: str) -> None:
    assert stable(name) == kept


def pytest_log(*tests: str, counts: str = "3 passed in 1.21s") -> str:
    told = "".join(f"FAILED {test}\n" for test in tests)
    return f"=== short test summary info ===\n{told}=== {len(tests)} failed, {counts} ===\n"


def judged(text: str) -> tuple[str | None, str]:
    found, _ = classify(engine(), read_log(text.encode(), "log"))
    return found.rule_id, found.fingerprint


def test_two_broken_tests_are_two_failures_and_one_is_one() -> None:
    one = judged(pytest_log("t.py::test_a - assert 1 == 2"))
    again = judged(pytest_log("t.py::test_a - assert 7 == 8", counts="9 passed, 4 warnings in 0.10s"))
    other = judged(pytest_log("t.py::test_b - assert 1 == 2"))
    both = judged(pytest_log("t.py::test_a - assert 1 == 2", "t.py::test_b - assert 1 == 2"))
    assert one[0] == "pytest-failed"
    assert one == again
    assert len({one, other, both}) == 3


def test_where_no_test_is_named_the_line_tells_as_before() -> None:
    assert judged("=== 1 failed, 3 passed in 1.2s ===\n") == judged("=== 2 failed, 9 passed in 3.4s ===\n")


def test_a_line_that_says_more_than_a_count_stays_part_of_the_fingerprint() -> None:
    one = fingerprint("test_failure", "x", "x", "coverage is too low", ("a",))
    assert one != fingerprint("test_failure", "x", "x", "the build is broken", ("a",))
    assert one != fingerprint("test_failure", "x", "x", "coverage is too low", ("b",))


def test_names_of_another_step_do_not_count() -> None:
    stamp = "2026-11-22T10:00:00.1234567Z "
    end = "##[error]Process completed with exit code 1.\n"
    text = f"job\tone\t{stamp}--- FAIL: TestOther (0.00s)\n" + "".join(
        f"job\ttwo\t{stamp}{line}\n" for line in ("=== 1 failed, 3 passed in 1.2s ===", end.strip())
    )
    plain = f"job\ttwo\t{stamp}=== 1 failed, 3 passed in 1.2s ===\njob\ttwo\t{stamp}{end}"
    assert judged(text) == judged(plain)
