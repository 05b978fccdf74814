"""Acting on the bank's messages, each as often as it takes: everything done twice is done once."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from django.db import OperationalError
from django.db.models import F

from payments.payouts import policy
from payments.payouts.models import BankMessage, PayoutBatch
from payments.payouts.records import note_reported
from payments.payouts.services import outcomes
from payments.payouts.services.sending import become_answered, become_refused
from payments.payouts.states import ItemOutcome, MessageState
from payments.providers.bank.client import our_account
from payments.providers.bank.facts import (
    ACCEPTED_STATUSES,
    DUPLICATE,
    REJECTED_STATUSES,
    FileStatus,
    MessageKind,
    Movement,
    PaymentStatus,
    StatementHead,
)
from payments.providers.bank.reader import Unreadable, read_account, read_returns, read_status
from wallet_project.lib import db
from wallet_project.lib.failpoints import failpoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

T = TypeVar("T")

GAVE_UP = "gave_up"
BUSY = frozenset({"40P01", "55P03", "40001"})
"""Somebody else held what we needed (SQLSTATE): nothing is wrong with the message."""


def handle_due(*, at: datetime, limit: int = policy.MESSAGES_PER_RUN) -> int:
    """Acts on kept messages in the bank's order; returns how many are done. Each is claimed alone."""
    done = 0
    for _ in range(limit):
        message = _claim(at=at)
        if message is None:
            break
        done += _handle(message, at=at)
    return done


def _claim(*, at: datetime) -> BankMessage | None:
    """The next one that is due; others have it again if we do not come back from it."""
    with db.transaction():
        due = BankMessage.objects.select_for_update(skip_locked=True).filter(state=MessageState.RECEIVED.value)
        message = due.filter(next_attempt_at__lte=at).order_by("number").first()
        if message is not None and message.attempts >= policy.MESSAGE_ATTEMPTS_MAX:
            message.state, message.problem = MessageState.FAILED.value, GAVE_UP
            message.save(update_fields=["state", "problem"])
        elif message is not None:
            message.attempts, message.next_attempt_at = message.attempts + 1, at + policy.MESSAGE_LEASE
            message.save(update_fields=["attempts", "next_attempt_at"])
    return message


def _handle(message: BankMessage, *, at: datetime) -> bool:
    if message.state != MessageState.RECEIVED:
        return False
    try:
        _act(message, at=at)
        note_reported(at=at)
    except Unreadable as error:
        # What it said before the fault is done and stays done; the rest a person reads.
        problem = str(error)[:60] or "unreadable"
        BankMessage.objects.filter(pk=message.pk).update(state=MessageState.FAILED.value, problem=problem)
        return False
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) not in BUSY:
            raise
        BankMessage.objects.filter(pk=message.pk).update(
            attempts=F("attempts") - 1, next_attempt_at=at + policy.BUSY_PAUSE
        )
        return False
    failpoint("payout.before_handled")
    BankMessage.objects.filter(pk=message.pk).update(
        state=MessageState.HANDLED.value, handled_at=at, next_attempt_at=None
    )
    return True


def _act(message: BankMessage, *, at: datetime) -> None:
    body = message.body.encode()
    if message.kind == MessageKind.STATUS:
        _follow_statuses(body, message, at=at)
    elif message.kind == MessageKind.RETURN:
        for returns in chunks(read_returns(body)):
            outcomes.apply_returns(returns, message=message, at=at)
    elif message.kind in (MessageKind.NOTICE, MessageKind.STATEMENT, MessageKind.REPORT):
        for number, movements in enumerate(chunks(_our_movements(body))):
            failpoint("payout.before_settle")
            outcomes.apply_movements(movements, message=message, first=number * policy.CHUNK, at=at)
            failpoint("payout.after_settle")
    else:
        raise Unreadable("kind_unknown")


def _our_movements(body: bytes) -> Iterator[Movement]:
    """A message may hold statements of several accounts; those of others are none of our business."""
    is_ours = True
    for fact in read_account(body):
        if isinstance(fact, StatementHead):
            is_ours = fact.account in ("", our_account().iban)
        elif is_ours and isinstance(fact, Movement):
            yield fact


def _follow_statuses(body: bytes, message: BankMessage, *, at: datetime) -> None:
    files: list[FileStatus] = []

    def payments() -> Iterator[PaymentStatus]:
        for fact in read_status(body):
            if isinstance(fact, FileStatus):
                files.append(fact)
            else:
                yield fact

    for statuses in chunks(payments()):
        outcomes.apply_statuses(statuses, message=message, at=at)
    for file in files:
        _follow_file(file, message, at=at)


def _follow_file(file: FileStatus, message: BankMessage, *, at: datetime) -> None:
    """What is said of the file counts for those of its payments about which nothing was said."""
    batch = PayoutBatch.objects.defer("file").filter(message_id=file.message_id).first()
    if batch is None or file.reason in DUPLICATE:
        # "I have this already" is about the second copy. The first one is the payment: failing it would pay twice.
        return
    if file.status in REJECTED_STATUSES:
        become_refused(batch.pk, reason=file.reason or "NARR", at=at)
        accepted = batch.items.filter(outcome=ItemOutcome.ACCEPTED.value, booked_on__isnull=True)
        for item_ids in chunks(accepted.order_by("id").values_list("pk", flat=True)):
            outcomes.reject_rest(item_ids, reason=file.reason or "NARR", message=message, at=at)
    elif file.status in ACCEPTED_STATUSES or file.status == "PART":
        become_answered(batch.pk, at=at)
        if file.status in ACCEPTED_STATUSES:
            silent = batch.items.filter(outcome="").order_by("id").values_list("pk", flat=True)
            for item_ids in chunks(silent):
                outcomes.accept_rest(item_ids, at=at)


def chunks(facts: Iterable[T]) -> Iterator[list[T]]:
    """So many at a time that a transaction stays short."""
    source = iter(facts)
    while chunk := list(islice(source, policy.CHUNK)):
        yield chunk
