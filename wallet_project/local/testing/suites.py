"""The tests, from the fastest to the browser; one pytest run per group, so that progress is seen."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from wallet_project.local import places, processes
from wallet_project.local.console import say
from wallet_project.local.testing import browser

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

GROUPS: dict[str, tuple[str, ...]] = {
    "unit": ("unit", "architecture"),
    "integration": ("integration", "properties"),
    "races and attacks": ("concurrency", "attacks", "faults"),
    "browser": ("journeys",),
}
QUICK = ("unit", "integration")
MARKS = {"quick": "not slow and not full and not browser", "default": "not full", "full": ""}
NO_TESTS = 5


def choose_seed(environment: MutableMapping[str, str]) -> None:
    """Large matrices are sampled by this seed; give it again to get the same sample."""
    seed = environment.setdefault("WALLET_TEST_SEED", str(secrets.randbelow(1_000_000)))
    say(f"  Sampling seed: {seed} (WALLET_TEST_SEED={seed} repeats it)")


def run_all(environment: Mapping[str, str], size: str) -> list[str]:
    """Every group of this size; the names of those that failed."""
    failed = []
    variables = dict(environment) | ({"WALLET_TEST_FULL": "1"} if size == "full" else {})
    for name in QUICK if size == "quick" else GROUPS:
        folders = [f"tests/{folder}" for folder in GROUPS[name] if _has_tests(folder)]
        if not folders:
            continue
        say(f"\nTests: {name}")
        if name == "browser":
            variables |= browser.ensure()
        if not _passes(folders, variables, MARKS[size]):
            failed.append(f"tests ({name})")
    return failed


def _has_tests(folder: str) -> bool:
    return any((places.ROOT / "tests" / folder).rglob("test_*.py"))


def _passes(folders: list[str], environment: Mapping[str, str], marks: str) -> bool:
    side_by_side = str(min(2, os.cpu_count() or 1))
    command = [str(places.PYTHON), "-m", "pytest", "-q", "-n", side_by_side, "--dist", "loadfile", "-m", marks]
    command += [f"--hypothesis-seed={environment['WALLET_TEST_SEED']}", *folders]
    code = processes.run_to_end(command, environment)
    if code not in (0, 1, NO_TESTS):
        say(f"  pytest did not finish: it ended with code {code} (a signal, if negative).")
    return code in (0, NO_TESTS)
