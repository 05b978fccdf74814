"""Every room's rows, for Django."""

from transfers.p2p.models import Transfer, TransferEvent
from transfers.payees.models import Payee

__all__ = ["Payee", "Transfer", "TransferEvent"]
