"""Rules every line follows, read from the code itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "ledger", "payments", "support", "transfers", "wallet_project")
MONEY_APPS = ("accounts", "ledger", "payments", "support", "transfers")
SIMULATOR = "payments/providers/simulator"


def _sources(*folders: str) -> list[Path]:
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in files if "/migrations/" not in str(path)]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", _sources(*MONEY_APPS), ids=_name)
def test_no_floats_where_money_is(path: Path) -> None:
    if SIMULATOR in str(path):
        return
    tree = ast.parse(path.read_text())
    floats = [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float")
        or (isinstance(node, ast.Attribute) and node.attr == "FloatField")
    ]
    assert floats == [], f"{_name(path)} uses floats in lines {floats}"


@pytest.mark.parametrize("path", _sources(*APPS), ids=_name)
def test_files_stay_readable(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", _sources(*MONEY_APPS), ids=_name)
def test_services_take_keywords_and_say_what_they_do(path: Path) -> None:
    if not (path.name == "services.py" or path.parent.name == "services"):
        return
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            where = f"{_name(path)}:{node.lineno} {node.name}"
            assert ast.get_docstring(node), f"{where} has no docstring"
            assert node.returns is not None, f"{where} has no return type"
            positional = [argument.arg for argument in node.args.args]
            assert len(positional) <= 1 or not node.args.args, f"{where} takes positional arguments {positional}"


def test_device_tokens_are_only_checked_under_the_lock() -> None:
    """django_otp's ``device.verify_token`` is racy; only ``django_otp.verify_token`` (row lock) may call it."""
    offenders = []
    for path in _sources(*APPS):
        for node in ast.walk(ast.parse(path.read_text())):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if (
                is_call
                and node.func.attr == "verify_token"
                and ast.unparse(node.func.value) not in {"django_otp", "super()"}
            ):
                offenders.append(f"{_name(path)}:{node.lineno}")
    assert offenders == []
