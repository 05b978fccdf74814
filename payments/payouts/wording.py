"""The states of files, payments and messages as the desk says them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from payments.payouts.states import BatchStatus, ItemOutcome, MessageState
from payments.providers.bank.facts import Standing

if TYPE_CHECKING:
    from django.utils.functional import Promise

BATCH_WORDS: dict[str, str | Promise] = {
    BatchStatus.PREPARED: _("Prepared"),
    BatchStatus.SENDING: _("Being handed in"),
    BatchStatus.ANSWERED: _("At the bank"),
    BatchStatus.UNKNOWN: _("Not known"),
    BatchStatus.REFUSED: _("Refused"),
}
OUTCOME_WORDS: dict[str, str | Promise] = {
    "": _("Open"),
    ItemOutcome.ACCEPTED: _("Accepted"),
    ItemOutcome.REJECTED: _("Refused"),
}
ANSWER_WORDS: dict[str, str | Promise] = {
    "": _("No answer"),
    Standing.NOT_THERE: _("The bank does not have it"),
    Standing.ACCEPTED: _("The bank has accepted it"),
    Standing.REJECTED: _("The bank has rejected it"),
}
MESSAGE_WORDS: dict[str, str | Promise] = {
    MessageState.RECEIVED: _("Received"),
    MessageState.HANDLED: _("Followed"),
    MessageState.IGNORED: _("About another account"),
    MessageState.FAILED: _("Could not be read"),
}
