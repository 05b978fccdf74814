"""What a wallet is to the ledger, and why money in it cannot be used yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ledger.formatting import format_money

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from ledger.money import Money

OWNER_KIND = "person"
CODE = "wallet"
DEBT_CODE = "debt"
PREFIX = "wal"

MATURING = "MATURING"
PENDING = "PENDING"

# Why money cannot be used, and when that ends: hold reasons of the ledger, and PENDING. %(sum)s is the amount.
REASONS: dict[str, str | Promise] = {
    "TRANSFER": _("%(sum)s is held for payments that are not finished."),
    "WITHDRAWAL": _("%(sum)s is held for withdrawals that are not finished."),
    MATURING: _("%(sum)s was added by card recently. You can send it once the card payment is safe."),
    PENDING: _("%(sum)s is on its way to you."),
}
OTHER_REASON = _("%(sum)s is reserved.")


def sentence(code: str, amount: Money) -> str:
    """Why ``amount`` cannot be used, in the active language."""
    shown = format_money(amount, get_language() or "en")
    return str(REASONS.get(code, OTHER_REASON)) % {"sum": shown}
