"""docs/asvs.csv is honest: every requirement is judged once, and whatever is claimed names a test that runs."""

from __future__ import annotations

import ast
import csv
import re
from collections import Counter
from functools import cache

import pytest

from wallet_project.local.places import ROOT

STATUSES = ("met", "not_applicable", "open")
SLEEPING = {"skip", "skipif", "xfail"}
NOT_JUDGED = "Not judged yet."


def wanted() -> list[tuple[str, str]]:
    """Each identifier of OWASP ASVS 5.0.0 with its level, in its order."""
    lines = (ROOT / "docs/asvs-ids.txt").read_text().splitlines()
    return [(name, level) for name, level in (line.split() for line in lines if line and not line.startswith("#"))]


def rows() -> list[dict[str, str]]:
    with (ROOT / "docs/asvs.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def claims() -> list[tuple[str, str]]:
    return [(row["id"], proof) for row in rows() for proof in row["proof"].split()]


@cache
def _tree(path: str) -> ast.Module | None:
    file = ROOT / path
    return ast.parse(file.read_text()) if file.is_file() else None


def _marks(decorators: list[ast.expr]) -> set[str]:
    return {node.attr for one in decorators for node in ast.walk(one) if isinstance(node, ast.Attribute)}


def wrong_with(proof: str) -> str:
    """Why this is no test that runs, or nothing."""
    path, *names = proof.split("::")
    in_a_file_of_tests = path.startswith("tests/") and path.rpartition("/")[2].startswith("test_")
    found: ast.Module | ast.ClassDef | ast.FunctionDef | None = _tree(path) if in_a_file_of_tests else None
    if found is None:
        return "no such file of tests"
    for name in names:
        inside = {node.name: node for node in found.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
        if name not in inside:
            return f"no {name} there"
        found = inside[name]
        if SLEEPING & _marks(found.decorator_list):
            return f"{name} does not run"
    if not isinstance(found, ast.FunctionDef) or not found.name.startswith("test_"):
        return "no test"
    return "" if any(isinstance(node, ast.Assert | ast.With) for node in ast.walk(found)) else "asserts nothing"


def test_every_requirement_is_judged_once_in_order() -> None:
    assert [(row["id"], row["level"]) for row in rows()] == wanted()
    assert len(wanted()) == 345
    assert Counter(level for _, level in wanted()) == {"1": 70, "2": 183, "3": 92}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_a_row_says_what_it_must(row: dict[str, str]) -> None:
    assert row["status"] in STATUSES
    assert bool(row["proof"]) == (row["status"] == "met")
    assert row["note"].endswith(".")
    assert row["note"] != NOT_JUDGED or (row["status"] == "open" and row["level"] != "1")


@pytest.mark.parametrize(("requirement", "proof"), claims())
def test_what_is_claimed_is_shown_by_a_test(requirement: str, proof: str) -> None:
    assert wrong_with(proof) == "", requirement


@pytest.mark.parametrize(
    ("proof", "why"),
    [
        ("tests/architecture/test_asvs.py::test_nowhere", "no test_nowhere there"),
        ("tests/architecture/test_nowhere.py::test_a", "no such file of tests"),
        ("tests/architecture/test_asvs.py::rows", "no test"),
        ("tests/architecture/test_asvs.py", "no test"),
        ("docs/security.md", "no such file of tests"),
    ],
)
def test_an_invented_proof_is_found(proof: str, why: str) -> None:
    assert wrong_with(proof) == why


def test_the_page_tells_the_same_numbers() -> None:
    page = (ROOT / "docs/security.md").read_text()
    told = {
        level: tuple(int(number) for number in numbers)
        for level, *numbers in re.findall(r"^\| L([123]) \| (\d+) \| (\d+) \| (\d+) \|$", page, re.MULTILINE)
    }
    counted = Counter((row["level"], row["status"]) for row in rows())
    assert told == {level: tuple(counted[level, status] for status in STATUSES) for level in "123"}
    still_open = [row["id"] for row in rows() if row["level"] == "1" and row["status"] == "open"]
    listed = re.search(r"^Open at L1: (.*)\.$", page, re.MULTILINE)
    assert listed is not None
    assert listed[1].split(", ") == still_open


def test_what_the_page_names_exists() -> None:
    page = (ROOT / "docs/security.md").read_text()
    named = re.findall(r"`(tests/[^`]+::[^`]+)`", page)
    assert len(named) >= 20
    assert {proof: wrong_with(proof) for proof in named if wrong_with(proof)} == {}
