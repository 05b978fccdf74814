"""The states of a withdrawal and its moves (states.md): what rows, rules and the database's own tables share."""

from __future__ import annotations

from enum import StrEnum


class WithdrawalStatus(StrEnum):
    """Where a withdrawal stands. SUBMITTED is committed before the file leaves for the bank."""

    AWAITING_STEP_UP = "AWAITING_STEP_UP"
    SCREENING = "SCREENING"
    UNDER_REVIEW = "UNDER_REVIEW"
    AWAITING_CUSTOMER = "AWAITING_CUSTOMER"
    AWAITING_SECOND_APPROVAL = "AWAITING_SECOND_APPROVAL"
    APPROVED = "APPROVED"
    SUBMITTED = "SUBMITTED"
    UNKNOWN = "UNKNOWN"
    SENT = "SENT"
    SETTLED = "SETTLED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


class BankAccountStatus(StrEnum):
    """Where a bank account stands; its row is never deleted, because withdrawals keep it as their target."""

    AWAITING_STEP_UP = "AWAITING_STEP_UP"
    ACTIVE = "ACTIVE"
    REMOVED = "REMOVED"
    EXPIRED = "EXPIRED"


LIVE_ACCOUNT = (BankAccountStatus.AWAITING_STEP_UP, BankAccountStatus.ACTIVE)

_S = WithdrawalStatus

CREATED = ""
"""What an event's ``from_status`` says when the row was made by it."""

MOVES: dict[str, tuple[WithdrawalStatus, ...]] = {
    CREATED: (_S.AWAITING_STEP_UP,),
    _S.AWAITING_STEP_UP: (_S.SCREENING, _S.CANCELLED, _S.EXPIRED),
    _S.SCREENING: (_S.APPROVED, _S.UNDER_REVIEW, _S.CANCELLED),
    _S.UNDER_REVIEW: (
        _S.AWAITING_CUSTOMER,
        _S.AWAITING_SECOND_APPROVAL,
        _S.APPROVED,
        _S.REJECTED,
        _S.CANCELLED,
    ),
    _S.AWAITING_CUSTOMER: (_S.UNDER_REVIEW, _S.REJECTED, _S.CANCELLED),
    _S.AWAITING_SECOND_APPROVAL: (_S.APPROVED, _S.REJECTED, _S.UNDER_REVIEW, _S.CANCELLED),
    _S.APPROVED: (_S.SUBMITTED, _S.UNDER_REVIEW, _S.CANCELLED),
    _S.SUBMITTED: (_S.SENT, _S.UNKNOWN, _S.FAILED),
    _S.UNKNOWN: (_S.SENT, _S.FAILED),
    _S.SENT: (_S.SETTLED,),
}
"""From where to where; a state that is not a key is terminal."""

TERMINAL = frozenset(status for status in WithdrawalStatus if status not in MOVES)

CANCELLABLE = frozenset(status for status, afters in MOVES.items() if _S.CANCELLED in afters)
"""The person may still take it back: everything before SUBMITTED."""

IN_REVIEW = frozenset({_S.UNDER_REVIEW, _S.AWAITING_CUSTOMER, _S.AWAITING_SECOND_APPROVAL})
"""Staff have it, or wait for an answer."""

UNDER_APPROVAL = frozenset({_S.APPROVED, _S.SUBMITTED, _S.UNKNOWN, _S.SENT, _S.SETTLED, _S.FAILED})
"""Somebody, or the rules, said yes to these."""

AT_THE_BANK = frozenset({_S.SUBMITTED, _S.UNKNOWN})
"""The file has left or is leaving: nothing is released until the bank has said no."""

HELD = frozenset(status for status in WithdrawalStatus if status not in TERMINAL) - {_S.SENT}
"""The amount and the fee are reserved on the wallet."""


def may_move(before: str, after: str) -> bool:
    """Whether the table of moves allows ``before`` → ``after``."""
    return after in MOVES.get(before, ())
