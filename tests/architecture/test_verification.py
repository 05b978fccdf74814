"""PINs and codes are judged in one way only: by ``django_otp.verify_token``, which holds the row's lock."""

from __future__ import annotations

import ast
from pathlib import Path

from django_otp import device_classes

from accounts.mfa.models import (
    AuthenticatorDevice,
    EmailDevice,
    PasswordDevice,
    PaymentPinDevice,
    SMSDevice,
)

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("accounts", "ledger", "payments", "support", "transfers", "wallet_project", "benchmarks")


def calls_of(name: str) -> list[tuple[str, str]]:
    """Every call of something named ``name``: where it stands, and on what it is called."""
    found = []
    for app in APPS:
        for file in sorted((ROOT / app).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == name:
                    found.append((file.relative_to(ROOT).as_posix(), ast.unparse(node.func)))
    return found


def test_no_device_is_asked_directly() -> None:
    """``device.verify_token(…)`` runs without the lock: of forty guesses at once many would be compared."""
    assert calls_of("verify_token") == [("accounts/mfa/services.py", "django_otp.verify_token")]


def test_nobody_uses_the_helpers_that_try_every_device() -> None:
    assert calls_of("match_token") == []


def test_the_devices_are_the_ones_we_know() -> None:
    assert set(device_classes()) == {
        AuthenticatorDevice,
        EmailDevice,
        PasswordDevice,
        PaymentPinDevice,
        SMSDevice,
    }
