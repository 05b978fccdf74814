"""Refusals of who may use what."""

from __future__ import annotations

from wallet_project.lib.errors import WalletError


class StaffOwnNoWallet(WalletError):
    """A staff account never owns money, so what customers use is closed to it (security.md)."""

    code = "staff_own_no_wallet"
