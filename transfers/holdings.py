"""What transfers hold about a person: whom they looked up or paid, and what they sent. Reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.privacy.registry import Section, holdings
from ledger.money import Money
from transfers.p2p.models import Transfer
from transfers.payees.models import Payee

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from accounts.identity.models import User

CHUNK = 500


def register() -> None:
    """Called by AppConfig.ready()."""
    holdings.register("transfers", of)


def of(*, user: User, at: datetime) -> Iterator[Section]:
    """Payees as they were typed and shown, and transfers sent; received ones are in the activity."""
    payees = Payee.objects.filter(payer_id=user.pk).order_by("created_at", "id")
    yield Section(
        "payees",
        _("People you looked up or paid"),
        {
            "identifier": _("What you typed"),
            "shown_name": _("Name shown to you"),
            "paid_count": _("Payments"),
            "trusted_at": _("Trusted since"),
            "created_at": _("Added"),
        },
        (
            [row.identifier, row.shown_name, row.paid_count, row.trusted_at, row.created_at]
            for row in payees.iterator(CHUNK)
        ),
    )
    sent = Transfer.objects.filter(sender_id=user.pk).order_by("created_at", "id")
    yield Section(
        "transfers_sent",
        _("Money you sent"),
        {
            "created_at": _("When"),
            "amount": _("Amount"),
            "payee_shown_name": _("To"),
            "note": _("Note"),
            "category": _("Category"),
            "status": _("State"),
        },
        (
            [
                row.created_at,
                Money(row.amount_minor, row.currency),
                row.payee_shown_name,
                row.note,
                row.category,
                row.status,
            ]
            for row in sent.iterator(CHUNK)
        ),
    )
