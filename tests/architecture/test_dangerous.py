"""What no part of the wallet does, read from its source: run text, make objects of bytes, roll dice, hash with MD5."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from wallet_project.local.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

APPS = ("accounts", "ledger", "payments", "support", "transfers", "wallet_project")
NOT_SERVED = ("wallet_project/local/", "payments/providers/simulator/", "/migrations/")
"""What starts a copy on a developer's machine, and the stranger that plays the card provider there."""

RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
MAKES_OBJECTS = {"pickle", "marshal", "shelve", "dill", "yaml", "jsonpickle"}
STARTS_PROGRAMS = {"subprocess": {"accounts/statements/pdf_file.py": "our own typesetter, a list of words, no shell"}}
CHANCE = {"random"}
CIPHERS = {"AESGCM", "AESSIV"}
HASHES = {"sha256", "sha384", "sha512", "blake2b"}


@cache
def sources() -> dict[str, ast.Module]:
    files = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    named = {str(path.relative_to(ROOT)): path for path in files}
    return {
        name: ast.parse(path.read_text())
        for name, path in named.items()
        if not any(part in name for part in NOT_SERVED)
    }


def nodes(*kinds: Any) -> Iterator[tuple[str, Any]]:
    for name, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, kinds):
                yield name, node


def imports() -> Iterator[tuple[str, str, str]]:
    """File, module, name."""
    for name, node in nodes(ast.Import, ast.ImportFrom):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            yield name, module or alias.name, alias.name


def test_the_reading_reads_the_wallet() -> None:
    assert {"accounts/identity/limiter.py", "ledger/money.py", "wallet_project/lib/crypto.py"} <= set(sources())
    assert len(sources()) > 300


def test_nothing_runs_what_it_was_sent() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, node in nodes(ast.Call)
        if isinstance(node.func, ast.Name) and node.func.id in RUNS_TEXT
    ]
    found += [f"{name}:{node.lineno}" for name, node in nodes(ast.keyword) if node.arg == "shell"]
    found += [
        f"{name}:{node.lineno}"
        for name, node in nodes(ast.Attribute)
        if isinstance(node.value, ast.Name) and node.value.id == "os" and node.attr in {"system", "popen", "execv"}
    ]
    found += [f"{name} {module}" for name, module, _ in imports() if module.split(".")[0] in MAKES_OBJECTS]
    for program, allowed in STARTS_PROGRAMS.items():
        users = {name for name, module, _ in imports() if module.split(".")[0] == program}
        assert users == set(allowed)
    assert found == []


def test_chance_comes_from_the_system() -> None:
    assert [f"{name} {module}" for name, module, _ in imports() if module.split(".")[0] in CHANCE] == []
    assert any(module == "secrets" for _, module, _ in imports())


def test_ciphers_and_hashes_are_the_approved_ones() -> None:
    used = {what for _, module, what in imports() if module.startswith("cryptography") and ".ciphers" in module}
    assert used == CIPHERS
    hashes = {
        node.attr for _, node in nodes(ast.Attribute) if isinstance(node.value, ast.Name) and node.value.id == "hashlib"
    }
    assert hashes <= HASHES


def test_values_travel_apart_from_the_sql() -> None:
    assert settings.DATABASES["default"]["OPTIONS"]["server_side_binding"] is True
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert "S" in rules["select"]  # S608: a statement joined from values
    assert "S608" not in rules["ignore"]
    loosened = {path for path, codes in rules["per-file-ignores"].items() if "S608" in codes}
    assert loosened == {"ledger/se*s.py", "ledger/services/*.py", "tests/**"}
