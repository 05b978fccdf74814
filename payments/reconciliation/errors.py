"""Refusals of the reconciliation room. Nothing moved in any of them."""

from __future__ import annotations

from wallet_project.lib.errors import WalletError


class MayBePaid(WalletError):
    """What we know does not show that the bank never paid it, or what it paid. ``why`` is what is missing."""

    code = "payout_may_be_paid"
