"""What a person does about a message with a problem: have it followed again, or say that nothing is left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.approvals.errors import NotPermitted
from accounts.approvals.policy import require_reason
from accounts.audit.services import publish
from payments.payouts.events import BankMessageClosed, BankMessageReplayed
from payments.payouts.models import BankMessage
from payments.payouts.selectors import needing_a_person
from payments.payouts.states import MessageState
from wallet_project.lib import db
from wallet_project.lib.errors import NotFound, WalletError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from wallet_project.lib.origin import Origin

RESOLVE = "payments.resolve_bankmessage"


class NothingToAttend(WalletError):
    """Somebody did this before, or the message has no problem."""

    code = "state_conflict"


def replay(*, message_id: UUID, by: User, note: str, origin: Origin, at: datetime) -> BankMessage:
    """FAILED → RECEIVED: it is followed from its beginning again, with all its attempts. What it did before stays done.

    ``note`` says why. Raises NotFound, NotPermitted, ReasonMissing, NothingToAttend.
    """
    said = _require(by, note)
    with db.transaction():
        message = _lock(message_id)
        if message.state != MessageState.FAILED:
            raise NothingToAttend
        event = BankMessageReplayed(message_id=message.pk, problem=message.problem)
        message.state, message.problem, message.is_closed = MessageState.RECEIVED.value, "", False
        message.attempts, message.next_attempt_at = 0, at
        _write(message, said, by, at)
        publish(event, actor=f"staff:{by.pk}", subject_id=message.pk, origin=origin, at=at)
    return message


def close(*, message_id: UUID, by: User, note: str, origin: Origin, at: datetime) -> BankMessage:
    """Seen, nothing to do: it leaves the queue. Moves no money; ``note`` says what it was.

    Raises NotFound, NotPermitted, ReasonMissing, NothingToAttend.
    """
    said = _require(by, note)
    with db.transaction():
        message = _lock(message_id)
        if not needing_a_person(BankMessage.objects.filter(pk=message.pk)).exists():
            raise NothingToAttend
        message.is_closed = True
        _write(message, said, by, at)
        event = BankMessageClosed(message_id=message.pk, problem=message.problem)
        publish(event, actor=f"staff:{by.pk}", subject_id=message.pk, origin=origin, at=at)
    return message


def _require(by: User, note: str) -> str:
    if not (by.is_staff and by.has_perm(RESOLVE)):
        raise NotPermitted
    return require_reason(note)


def _lock(message_id: UUID) -> BankMessage:
    message = BankMessage.objects.select_for_update().defer("body").filter(pk=message_id).first()
    if message is None:
        raise NotFound
    return message


def _write(message: BankMessage, note: str, by: User, at: datetime) -> None:
    message.note, message.noted_by, message.noted_at = note, by, at
    fields = ["state", "problem", "is_closed", "attempts", "next_attempt_at", "note", "noted_by", "noted_at"]
    message.save(update_fields=fields)
