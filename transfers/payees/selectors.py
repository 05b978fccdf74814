"""Questions about payees."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from transfers.payees.models import Payee
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.identity.models import User

RECENT_COUNT = 8
NOBODY = UUID(int=0)


def payee_of(payer: User, payee_id: UUID) -> Payee:
    """One of the payer's own payees; somebody else's is NotFound."""
    found = Payee.objects.filter(pk=payee_id, payer=payer).select_related("user").first()
    if found is None:
        raise NotFound
    return found


def was_paid(payer: User, person: User | None) -> bool:
    """Whether the payer has paid this person before, under whatever name. One query, also for nobody."""
    return Payee.objects.filter(payer=payer, user=person or NOBODY, paid_count__gt=0).exists()


def is_first_time(payee: Payee) -> bool:
    """Whether the payer has never paid the person behind this payee."""
    if payee.paid_count:
        return False
    if payee.user_id is None:
        return True
    return not Payee.objects.filter(payer_id=payee.payer_id, user_id=payee.user_id, paid_count__gt=0).exists()


def known_payees(payer: User) -> QuerySet[Payee]:
    """Whom the payer has paid or trusts and did not remove, last paid first."""
    known = Payee.objects.filter(payer=payer, hidden_at__isnull=True)
    return known.filter(Q(paid_count__gt=0) | Q(trusted_at__isnull=False)).order_by("-last_paid_at", "-id")


def recent_payees(payer: User) -> list[Payee]:
    """The last people paid, each once, though the payer may know them by several names. One query."""
    newer = Payee.objects.filter(
        payer=payer, user_id=OuterRef("user_id"), hidden_at__isnull=True, last_paid_at__gt=OuterRef("last_paid_at")
    )
    return list(known_payees(payer).filter(paid_count__gt=0).exclude(Exists(newer))[:RECENT_COUNT])
