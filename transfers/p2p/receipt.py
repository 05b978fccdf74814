"""A transfer as its receipt shows it: one of two sides, in words, with what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.stepup.selectors import open_challenge_of
from ledger.money import Money
from transfers.p2p.models import Status
from transfers.p2p.policy import public_id
from transfers.p2p.selectors import steps_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.utils.functional import Promise

    from accounts.identity.models import User
    from transfers.p2p.models import Transfer


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline; ``state`` is done, now, todo or bad."""

    title: str | Promise
    state: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything the page shows. ``can_confirm`` and ``can_cancel`` say what the reader may still do."""

    transfer: Transfer
    reference: str
    outgoing: bool
    name: str
    amount: Money
    fee: Money
    tone: str
    label: str | Promise
    steps: tuple[Step, ...]
    can_confirm: bool
    can_cancel: bool


LABELS: dict[str, tuple[str, str | Promise]] = {
    Status.AWAITING_STEP_UP: ("needs", _("Waiting for your confirmation")),
    Status.UNDER_REVIEW: ("wait", _("Being checked")),
    Status.GRACE: ("wait", _("Being sent")),
    Status.COMPLETED: ("ok", _("Arrived")),
    Status.DECLINED: ("bad", _("Declined")),
    Status.CANCELLED: ("quiet", _("Cancelled")),
    Status.EXPIRED: ("quiet", _("Expired")),
}

_ENDED: dict[str, str | Promise] = {
    Status.DECLINED: _("Declined; the money stayed with you"),
    Status.CANCELLED: _("You cancelled it; the money is available again"),
    Status.EXPIRED: _("Not confirmed in 15 minutes; the money is available again"),
}


def receipt_of(transfer: Transfer, *, viewer: User) -> Receipt:
    """The receipt for one of the two people. The receiver sees when it arrived, not how it was confirmed."""
    outgoing = transfer.sender_id == viewer.pk
    tone, label = LABELS[transfer.status]
    waits = outgoing and transfer.status == Status.AWAITING_STEP_UP
    return Receipt(
        transfer=transfer,
        reference=public_id(transfer),
        outgoing=outgoing,
        name=transfer.payee_shown_name if outgoing else transfer.sender_shown_name,
        amount=Money(transfer.amount_minor, transfer.currency),
        fee=Money(transfer.fee_minor, transfer.currency),
        tone=tone,
        label=label,
        steps=_sent_steps(transfer) if outgoing else _received_steps(transfer),
        can_confirm=waits and open_challenge_of(transfer.pk) is not None,
        can_cancel=waits,
    )


def _received_steps(transfer: Transfer) -> tuple[Step, ...]:
    return (Step(_("Arrived in your wallet"), "done", transfer.completed_at),)


def _sent_steps(transfer: Transfer) -> tuple[Step, ...]:
    reached = steps_of(transfer)
    steps = [Step(_("You asked us to send it"), "done", transfer.created_at)]
    if Status.AWAITING_STEP_UP in reached:
        steps.append(_confirmation(transfer, reached))
    if Status.UNDER_REVIEW in reached:
        now = transfer.status == Status.UNDER_REVIEW
        steps.append(Step(_("Our team is checking it"), "now" if now else "done", reached[Status.UNDER_REVIEW]))
    if transfer.status in _ENDED:
        steps.append(Step(_ENDED[transfer.status], "bad", reached.get(transfer.status)))
    elif transfer.completed_at is not None:
        steps.append(Step(_("Arrived"), "done", transfer.completed_at))
    else:
        steps.append(Step(_("Arrives at once"), "todo"))
    return tuple(steps)


def _confirmation(transfer: Transfer, reached: Mapping[str, datetime]) -> Step:
    if transfer.status == Status.AWAITING_STEP_UP:
        return Step(_("Waiting for your confirmation"), "now", transfer.expires_at)
    confirmed_at = reached.get(Status.UNDER_REVIEW) or reached.get(Status.GRACE)
    if confirmed_at is None:
        return Step(_("Not confirmed"), "bad")
    return Step(_("You confirmed it"), "done", confirmed_at)
