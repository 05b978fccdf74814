"""The verbs of taking money out: the person's, the desk's and the bank's."""

from payments.banking.services.accounts import (
    Added,
    add_bank_account,
    confirm_bank_account,
    correct_bank_account,
    expire_bank_accounts,
    release_bank_account,
    remove_bank_account,
)
from payments.banking.services.closing import cancel_withdrawal, expire_withdrawals, release_withdrawal
from payments.banking.services.confirming import confirm_withdrawal
from payments.banking.services.outcomes import mark_failed, mark_sent, mark_settled
from payments.banking.services.purpose import (
    payload_of_account,
    payload_of_withdrawal,
    show_account,
    show_withdrawal,
)
from payments.banking.services.requesting import Requested, request_withdrawal
from payments.banking.services.returning import record_return, settle_return
from payments.banking.services.reviewing import answer_question, approve, ask, claim, reject, unclaim
from payments.banking.services.second_eyes import (
    approval_ended,
    approve_second,
    execute_approval,
    lock_for_approval,
    look_again,
    payload_for_approval,
    refuse_second,
)
from payments.banking.services.settling import settle_as_booked
from payments.banking.services.submitting import Payout, lock_approved, mark_submitted, mark_unknown

__all__ = [
    "Added",
    "Payout",
    "Requested",
    "add_bank_account",
    "answer_question",
    "approval_ended",
    "approve",
    "approve_second",
    "ask",
    "cancel_withdrawal",
    "claim",
    "confirm_bank_account",
    "confirm_withdrawal",
    "correct_bank_account",
    "execute_approval",
    "expire_bank_accounts",
    "expire_withdrawals",
    "lock_approved",
    "lock_for_approval",
    "look_again",
    "mark_failed",
    "mark_sent",
    "mark_settled",
    "mark_submitted",
    "mark_unknown",
    "payload_for_approval",
    "payload_of_account",
    "payload_of_withdrawal",
    "record_return",
    "refuse_second",
    "reject",
    "release_bank_account",
    "release_withdrawal",
    "remove_bank_account",
    "request_withdrawal",
    "settle_as_booked",
    "settle_return",
    "show_account",
    "show_withdrawal",
    "unclaim",
]
