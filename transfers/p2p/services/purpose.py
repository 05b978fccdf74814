"""What step-up asks this room: what a confirmation is bound to, and what a person reads before giving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.stepup.registry import Shown
from ledger.formatting import format_money
from ledger.money import Money
from transfers.p2p import policy
from transfers.p2p.models import Transfer
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from uuid import UUID


def payload_of_transfer(subject_id: UUID) -> dict[str, Any]:
    """The values the challenge is bound to. Raises NotFound, StateConflict when it waits no more."""
    return policy.payload(_waiting(subject_id))


def show_transfer(subject_id: UUID) -> Shown:
    """The payment in words, in every state: a used confirmation leads on to its page. Raises NotFound."""
    transfer = _found(subject_id)
    amount = Money(transfer.amount_minor, transfer.currency)
    lines = [
        (_("To"), transfer.payee_shown_name),
        (_("Fee"), _shown(Money(transfer.fee_minor, transfer.currency))),
        (_("Arrives"), _("At once")),
    ]
    if transfer.note:
        lines.append((_("Note"), transfer.note))
    return Shown(
        title=_("Send %(amount)s to %(name)s") % {"amount": _shown(amount), "name": transfer.payee_shown_name},
        lines=lines,
        amount=amount,
        payee=transfer.payee_shown_name,
        after_url=reverse("transfer", args=[policy.public_id(transfer)]),
    )


def _shown(amount: Money) -> str:
    return format_money(amount, get_language() or "en")


def _found(transfer_id: UUID) -> Transfer:
    transfer = Transfer.objects.filter(pk=transfer_id).first()
    if transfer is None:
        raise NotFound
    return transfer


def _waiting(transfer_id: UUID) -> Transfer:
    transfer = _found(transfer_id)
    policy.require_waiting(transfer)
    return transfer
