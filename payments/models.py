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
from payments.payouts.models import BankMessage, PayoutBatch, PayoutItem
from payments.reconciliation.models import BankStatement, ClearingCheck, ReconciliationBreak

__all__ = [
    "BankAccount",
    "BankMessage",
    "BankStatement",
    "ClearingCheck",
    "MaturedAtOnce",
    "PayoutBatch",
    "PayoutItem",
    "ProviderEvent",
    "ReconciliationBreak",
    "TopUp",
    "TopUpEvent",
    "Withdrawal",
    "WithdrawalCondition",
    "WithdrawalEvent",
    "WithdrawalQuestion",
    "WithdrawalReturn",
]
