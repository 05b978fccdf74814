"""Refusals of the payees room."""

from __future__ import annotations

from wallet_project.lib.errors import WalletError


class SelfTransfer(WalletError):
    """The identifier is the payer's own."""

    code = "self_transfer"


class PayeeCannotReceive(WalletError):
    """Nobody there, no wallet, frozen or closed: the payer is told the same in every case."""

    code = "payee_cannot_receive"
