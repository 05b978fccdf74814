"""Which events become notices, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from accounts.audit.events import SecurityEvent
from accounts.audit.registry import Recorded, subscribe
from accounts.identity.events import PasswordChanged, PersonVerified
from accounts.identity.selectors import user_by_id
from accounts.privacy.events import ExportEnded
from accounts.privacy.registry import forgetting
from accounts.statements.events import StatementFailed, StatementIssued
from payments.funding.events import TopUpClosed, TopUpCredited
from payments.funding.policy import GIVEN_BACK
from support.notifications import money_out, services
from support.notifications.services import NewNotice
from transfers.p2p.events import TransferCompleted, TransferDeclined, TransferExpired
from transfers.p2p.models import Transfer

if TYPE_CHECKING:
    from accounts.identity.models import User

SECURITY_KINDS = {
    "pin_set": "pin_set",
    "pin_changed": "pin_changed",
    "pin_reset": "pin_reset",
    "pin_locked": "pin_locked",
    "pin_reset_forced": "pin_reset_forced",
    "second_factor_added": "second_factor_added",
    "second_factor_removed": "second_factor_removed",
}


def connect() -> None:
    """Subscribes the notices to the events of the rooms below, and says how old ones end."""
    forgetting.register("notices", services.forget_notices)
    subscribe(PersonVerified, "notifications.person_verified", welcome)
    subscribe(PasswordChanged, "notifications.password_changed", password_changed)
    subscribe(SecurityEvent, "notifications.security_event", security_event)
    subscribe(ExportEnded, "notifications.export_ended", export_ended)
    subscribe(StatementIssued, "notifications.statement_issued", statement_issued)
    subscribe(StatementFailed, "notifications.statement_failed", statement_failed)
    subscribe(TopUpCredited, "notifications.top_up_credited", top_up_credited)
    subscribe(TopUpClosed, "notifications.top_up_closed", top_up_closed)
    subscribe(TransferCompleted, "notifications.transfer_completed", transfer_completed)
    subscribe(TransferDeclined, "notifications.transfer_declined", transfer_not_sent)
    subscribe(TransferExpired, "notifications.transfer_expired", transfer_not_sent)
    money_out.connect()


def welcome(event: Recorded) -> None:
    """The wallet is open."""
    _tell(_person(event), event, "welcome")


def password_changed(event: Recorded) -> None:
    """Somebody, we hope the person, changed the password."""
    _tell(_person(event), event, "password_changed")


def security_event(event: Recorded) -> None:
    """The few security events a person must hear of; the others are for the desk."""
    kind = SECURITY_KINDS.get(event.payload["kind"])
    if kind is not None:
        _tell(_person(event), event, kind)


def top_up_credited(event: Recorded) -> None:
    """Card money arrived."""
    _tell(_person(event), event, "top_up_credited", facts=_money(event))


def top_up_closed(event: Recorded) -> None:
    """A top-up ended without money. Who stopped it by hand knows already."""
    if event.payload["status"] != "CANCELLED":
        kind = "top_up_given_back" if event.payload["reason"] == GIVEN_BACK else "top_up_failed"
        _tell(_person(event), event, kind, facts=_money(event))


def transfer_completed(event: Recorded) -> None:
    """Both sides hear of it, each with the name they saw."""
    transfer = _transfer(event)
    facts = _money(event)
    received = NewNotice(
        user=transfer.receiver, kind="money_received", facts=facts, counterparty_shown=transfer.sender_shown_name
    )
    sent = NewNotice(user=transfer.sender, kind="money_sent", facts=facts, counterparty_shown=transfer.payee_shown_name)
    services.notify(event_id=event.id, notices=[received, sent], at=event.occurred_at)


def transfer_not_sent(event: Recorded) -> None:
    """Only the sender hears of money that did not go."""
    transfer = _transfer(event)
    _tell(transfer.sender, event, "transfer_declined", facts=_money(event), who=transfer.payee_shown_name)


def statement_issued(event: Recorded) -> None:
    """Who waited at the page has it already; the others hear that it is there."""
    if event.payload["in_background"]:
        _tell(_person(event), event, "statement_ready", facts={"subject_id": event.payload["statement_id"]})


def statement_failed(event: Recorded) -> None:
    """It could not be made after every try."""
    _tell(_person(event), event, "statement_failed", facts={"subject_id": event.payload["statement_id"]})


def export_ended(event: Recorded) -> None:
    """A copy of everything exists, or could not be made: whoever did not ask for it must hear of it, too."""
    kind = "export_ready" if event.payload["status"] == "READY" else "export_failed"
    _tell(_person(event), event, kind, facts={"subject_id": event.payload["export_id"]})


def _person(event: Recorded) -> User:
    return user_by_id(UUID(event.payload["user_id"]))


def _transfer(event: Recorded) -> Transfer:
    return Transfer.objects.select_related("sender", "receiver").get(pk=event.payload["transfer_id"])


def _money(event: Recorded) -> dict[str, Any]:
    payload = event.payload
    return {
        "subject_id": str(event.subject_id),
        "amount_minor": payload["amount_minor"],
        "currency": payload["currency"],
    }


def _tell(user: User, event: Recorded, kind: str, *, facts: dict[str, Any] | None = None, who: str = "") -> None:
    notice = NewNotice(user=user, kind=kind, facts=facts or {}, counterparty_shown=who)
    services.notify(event_id=event.id, notices=[notice], at=event.occurred_at)
