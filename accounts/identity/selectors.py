"""Who is meant: people by id, handle, e-mail or phone. Equal work for known and unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.db.models import F

from accounts.identity.models import EMAIL_INDEX, PHONE_INDEX, User, handle_skeleton
from accounts.identity.policy import Identifier, IdentifierMalformed, normalise_identifier
from wallet_project.lib.crypto import blind_index
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

__all__ = ["Found", "Identifier", "IdentifierMalformed", "find_person", "normalise_identifier"]

UNVERIFIED_TRIED_MAX = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What an identifier leads to: ``user`` is None where nobody with a wallet has it."""

    user: User | None
    kind: str
    normalised: str


def user_by_id(user_id: UUID) -> User:
    """The person with this id. Raises NotFound."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound
    return user


def find_person(identifier: str, country: str = "DE") -> Found:
    """Who can be paid under a handle, a verified e-mail or a verified phone: one query whatever the answer.

    Staff, closed and never verified accounts are nobody. Raises IdentifierMalformed.
    """
    meant = normalise_identifier(identifier, country)
    people = User.objects.filter(is_staff=False, is_active=True, verified_at__isnull=False)
    return Found(user=_having(people, meant).first(), kind=meant.kind, normalised=meant.value)


def user_by_phone(phone: str) -> User | None:
    """Whose verified number this is (E.164), staff included; None for everybody else's."""
    return _having(User.objects.all(), Identifier("phone", phone)).first()


def candidates_for_sign_in(identifier: Identifier) -> list[User]:
    """Whose password is tried: the verified owner alone, else the newest few who gave this contact unproven.

    The few are bounded, because each costs one slow hash.
    """
    if identifier.kind == "phone":
        index = blind_index(identifier.value, PHONE_INDEX)
        verified_first = F("phone_verified_at").desc(nulls_last=True)
        people = list(User.objects.filter(phone_index=index).order_by(verified_first, "-id")[:UNVERIFIED_TRIED_MAX])
        return people[:1] if people and people[0].phone_verified_at else people
    rows = EmailAddress.objects.filter(email=identifier.value).select_related("user").order_by("-verified", "-pk")
    addresses = list(rows[:UNVERIFIED_TRIED_MAX])
    return [row.user for row in addresses if row.verified] or [row.user for row in addresses]


def is_email_taken(email: str) -> bool:
    """Whether somebody proved this address theirs."""
    return EmailAddress.objects.filter(email=email.lower(), verified=True).exists()


def is_handle_taken(handle: str, *, but: UUID | None = None) -> bool:
    """Whether somebody else has this handle or one that looks like it."""
    owner = User.objects.filter(handle_skeleton=handle_skeleton(handle)).values_list("pk", flat=True).first()
    return owner is not None and owner != but


def _having(people: QuerySet[User], meant: Identifier) -> QuerySet[User]:
    if meant.kind == "handle":
        return people.filter(handle=meant.value)
    if meant.kind == "email":
        return people.filter(email_index=blind_index(meant.value, EMAIL_INDEX))
    return people.filter(phone_index=blind_index(meant.value, PHONE_INDEX), phone_verified_at__isnull=False)
