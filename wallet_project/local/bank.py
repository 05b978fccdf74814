"""The mock bank beside a running copy: its folder, and our account there."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from wallet_project.local.console import Stop

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = {
    "id": "WALLET",
    "name": "Wallet customer funds",
    "iban": "NL84MOCK0000000100",
    "bic": "MOCKNL2A",
    "currency": "EUR",
    "balance": 100_000_000,
}
"""As the development settings name it. Its EUR 1,000,000.00 stand for what people paid in by card."""

ALREADY_THERE = "there is already an account"


def make_folder(var: Path) -> None:
    """Where the bank keeps its state, so that it survives a restart."""
    (var / "bank").mkdir(mode=0o700, parents=True, exist_ok=True)


def open_account(url: str) -> None:
    """Opens our account at the bank, once."""
    request = urllib.request.Request(  # noqa: S310  # our own address
        f"{url}/_mock/accounts",
        data=json.dumps(ACCOUNT).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    try:
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310  # the same
    except urllib.error.HTTPError as refusal:
        said = refusal.read().decode(errors="replace")
        if ALREADY_THERE not in said:
            raise Stop(f"The mock bank did not open our account: {said}") from refusal
