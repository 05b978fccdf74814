"""The states of a batch of payouts and of a message from the bank."""

from __future__ import annotations

from enum import StrEnum

from payments.banking.states import WithdrawalStatus

NOT_PAID = (WithdrawalStatus.FAILED, WithdrawalStatus.REJECTED, WithdrawalStatus.CANCELLED)
"""A withdrawal in one of these states has its money in the wallet again: nothing of it can come back."""


class BatchStatus(StrEnum):
    """A payment file on its way to the bank."""

    PREPARED = "PREPARED"
    """Written; not handed in, or surely not taken in."""
    SENDING = "SENDING"
    """Somebody is handing it in, or died doing it."""
    ANSWERED = "ANSWERED"
    """The bank has it. What becomes of each payment comes as messages."""
    UNKNOWN = "UNKNOWN"
    """The bank may have it: never sent again, nothing released, the bank is asked."""
    REFUSED = "REFUSED"
    """The bank refused the whole file, or surely never got it."""


BATCH_MOVES: dict[str, frozenset[str]] = {
    BatchStatus.PREPARED: frozenset({BatchStatus.SENDING, BatchStatus.ANSWERED, BatchStatus.REFUSED}),
    BatchStatus.SENDING: frozenset(
        {BatchStatus.PREPARED, BatchStatus.ANSWERED, BatchStatus.UNKNOWN, BatchStatus.REFUSED}
    ),
    BatchStatus.UNKNOWN: frozenset({BatchStatus.ANSWERED, BatchStatus.REFUSED}),
    BatchStatus.ANSWERED: frozenset({BatchStatus.REFUSED}),
    BatchStatus.REFUSED: frozenset(),
}
"""The only moves; a trigger of the database says the same."""


class ItemOutcome(StrEnum):
    """What the bank said about one payment; "" while it has said nothing."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


class MessageState(StrEnum):
    """A message from the bank: kept first, acted on afterwards."""

    RECEIVED = "RECEIVED"
    HANDLED = "HANDLED"
    IGNORED = "IGNORED"
    """About another account of the shared mailbox; its body is not kept."""
    FAILED = "FAILED"
    """It could not be read: a person looks at it."""
