"""Django's entry to the rooms' rows."""

from payments.banking.models import (
    BankAccount,
    Withdrawal,
    WithdrawalCondition,
    WithdrawalEvent,
    WithdrawalQuestion,
    WithdrawalReturn,
)
from payments.funding.models import MaturedAtOnce, TopUp, TopUpEvent
from payments.inbox.models import ProviderEvent

__all__ = [
    "BankAccount",
    "MaturedAtOnce",
    "ProviderEvent",
    "TopUp",
    "TopUpEvent",
    "Withdrawal",
    "WithdrawalCondition",
    "WithdrawalEvent",
    "WithdrawalQuestion",
    "WithdrawalReturn",
]
