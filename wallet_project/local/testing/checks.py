"""What is checked before any test runs: form, types, contracts, migrations, and the settings of production."""

from __future__ import annotations

import base64
import secrets
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from wallet_project.local import places
from wallet_project.local.console import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def run_all(environment: Mapping[str, str]) -> list[str]:
    """Runs every check, also after one has failed; the names of those that failed."""
    python, tools = str(places.PYTHON), places.PYTHON.parent
    manage = [python, "manage.py"]
    checks: list[tuple[str, Sequence[object], Mapping[str, str]]] = [
        ("lint (ruff)", [tools / "ruff", "check", "."], environment),
        ("format (ruff)", [tools / "ruff", "format", "--check", "."], environment),
        ("templates (djlint)", [tools / "djlint", "--quiet", "--lint", "templates"], environment),
        ("import contracts", [tools / "lint-imports"], environment),
        ("types (mypy)", [tools / "mypy"], environment),
        ("migrations: none missing", [*manage, "makemigrations", "--check", "--dry-run"], environment),
        ("migrations: forward, back, forward; then check --database", [python, "-m", "tests.migrations"], environment),
        (
            "settings of production (check --deploy)",
            [*manage, "check", "--deploy", "--fail-level", "WARNING"],
            {**environment, **production()},
        ),
    ]
    say("\nChecks")
    with ThreadPoolExecutor(max_workers=2) as two:
        passed = list(two.map(lambda check: _passes(*check), checks))
    return [name for (name, _, _), good in zip(checks, passed, strict=True) if not good]


def _passes(name: str, command: Sequence[object], environment: Mapping[str, str]) -> bool:
    """Says in one piece how it went: two run at a time."""
    started = time.monotonic()
    done = subprocess.run(
        [str(part) for part in command],
        env={**environment, "NO_COLOR": "1"}, cwd=places.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    verdict = "ok" if done.returncode == 0 else "FAILED"
    lines = [f"  {name}: {verdict}, {time.monotonic() - started:.1f} s"]
    if done.returncode:
        lines += [f"      {line}" for line in (done.stdout + done.stderr).strip().splitlines()[-80:]]
    say("\n".join(lines))
    return done.returncode == 0


def production() -> dict[str, str]:
    """What an operator would set, with secrets made for this one check."""

    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return {
        "WALLET_ENV": "prod",
        "DJANGO_SETTINGS_MODULE": "wallet_project.settings.prod",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_KEYS": f"1:{key()}",
        "BLIND_INDEX_KEY": key(),
        "PIN_PEPPER": key(),
        "LEDGER_SIGNING_KEY": key(),
        "STRIPE_API_KEY": f"sk_live_{secrets.token_hex(24)}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(24)}",
        "ALLOWED_HOSTS": "wallet.invalid",
        "PUBLIC_URL": "https://wallet.invalid",
        "EMAIL_HOST": "mail.wallet.invalid",
        "SMS_GATEWAY_URL": "https://sms.wallet.invalid/messages",
        "BANK_URL": "https://bank.invalid",
        "BANK_ACCOUNT_ID": "WALLET",
        "BANK_ACCOUNT_IBAN": "NL84MOCK0000000100",
        "BANK_ACCOUNT_BIC": "MOCKNL2A",
        "BANK_ACCOUNT_HOLDER": "Wallet customer funds",
    }
